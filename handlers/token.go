package handlers

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
)

const formType = "application/x-www-form-urlencoded"

// Error codes of RFC 6749 5.2, and the one of 4.1.2.1 for a server that is
// busy, which 5.2 has none for.
const (
	invalidRequest       = "invalid_request"
	invalidGrant         = "invalid_grant"
	unsupportedGrantType = "unsupported_grant_type"
	unavailable          = "temporarily_unavailable"
)

// oauthAnswer is the success of POST /token (RFC 6749 5.1).
type oauthAnswer struct {
	AccessToken string `json:"access_token" doc:"A JWT to send as a bearer"`
	TokenType   string `json:"token_type" enum:"bearer"`
	ExpiresIn   int    `json:"expires_in" doc:"Seconds until the token ends" example:"900"`
	Refresh     string `json:"refresh_token" doc:"Opaque and good for one use: send it as grant_type=refresh_token"`
}

// oauthError is its failure (RFC 6749 5.2). Detail is the same sentence as
// Description, where clients of the tutorials look for it.
type oauthError struct {
	Code        string `json:"error" enum:"invalid_request,invalid_grant,unsupported_grant_type,temporarily_unavailable,server_error" example:"invalid_grant"`
	Description string `json:"error_description" example:"Incorrect username or password"`
	Detail      string `json:"detail" example:"Incorrect username or password"`
	status      int
}

// Error implements error.
func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func oauthRefusal(status int, code, sentence string) *oauthError {
	return &oauthError{Code: code, Description: sentence, Detail: sentence, status: status}
}

// tokenForm is the body of POST /token, for the document.
type tokenForm struct {
	GrantType    string `json:"grant_type,omitempty" enum:"password,refresh_token" default:"password"`
	Username     string `json:"username,omitempty" doc:"For password" example:"marisol"`
	Password     string `json:"password,omitempty" doc:"For password" format:"password"`
	RefreshToken string `json:"refresh_token,omitempty" doc:"For refresh_token"`
	Scope        string `json:"scope,omitempty" doc:"Accepted and ignored"`
	ClientID     string `json:"client_id,omitempty" doc:"Accepted and ignored: clients are public"`
	ClientSecret string `json:"client_secret,omitempty" doc:"Accepted and ignored"`
}

// token is OAuth2's token endpoint (RFC 6749 3.2). It is no operation of
// Huma's: a form format registered there would open every other operation to
// the forms of other sites.
func (h *Handler) token(c echo.Context) error {
	g, err := h.exchange(c.Request())
	if err != nil {
		return h.refuseGrant(c, err)
	}
	c.Response().Header().Set("Pragma", "no-cache") // RFC 6749 5.1
	return c.JSON(http.StatusOK, oauthAnswer{g.access, "bearer", h.expiresIn(), g.refresh})
}

// exchange exchanges what the form holds for tokens.
func (h *Handler) exchange(r *http.Request) (grant, error) {
	form, err := readForm(r)
	if err != nil {
		return grant{}, err
	}
	switch form["grant_type"] {
	case "refresh_token":
		return h.exchangeRefreshToken(r.Context(), form["refresh_token"])
	case "password", "": // the tutorials' clients leave it out
		if h.PasswordGrant {
			return h.exchangePassword(r.Context(), form["username"], form["password"])
		}
		return grant{}, oauthRefusal(http.StatusBadRequest, unsupportedGrantType, "The password grant is switched off here.")
	}
	return grant{}, oauthRefusal(http.StatusBadRequest, unsupportedGrantType, "This grant type is not known here.")
}

func (h *Handler) exchangePassword(ctx context.Context, username, password string) (grant, error) {
	if username == "" || password == "" {
		return grant{}, oauthRefusal(http.StatusBadRequest, invalidRequest, "Send username and password in the body.")
	}
	return h.logIn(ctx, username, password, "")
}

func (h *Handler) exchangeRefreshToken(ctx context.Context, text string) (grant, error) {
	if text == "" {
		return grant{}, oauthRefusal(http.StatusBadRequest, invalidRequest, "Send refresh_token in the body.")
	}
	token, err := h.RefreshTokens.Parse(text)
	if err != nil {
		return grant{}, err
	}
	return h.rotate(ctx, token)
}

// refuseGrant answers with an error as OAuth clients read it. A refresh token
// that is over is a 400 (RFC 6749 5.2); wrong credentials are a 401, because
// the clients people bring expect that.
func (h *Handler) refuseGrant(c echo.Context, err error) error {
	var refusal *oauthError
	if errors.As(err, &refusal) {
		c.Set(causeKey, err)
		return c.JSON(refusal.status, refusal)
	}
	p := h.finish(c, describeError(err))
	refusal = oauthRefusal(p.Status, "server_error", p.Detail)
	switch {
	case errors.Is(err, models.ErrInvalidCredentials):
		refusal.Code = invalidGrant
	case p.Status == http.StatusUnauthorized:
		c.Response().Header().Del(echo.HeaderWWWAuthenticate)
		refusal = oauthRefusal(http.StatusBadRequest, invalidGrant, "The refresh token is not valid, or its session has ended. Log in again.")
	case p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests:
		refusal.Code = unavailable
	}
	return c.JSON(refusal.status, refusal)
}

// readForm reads a form as RFC 6749 3.2 says: from the body alone, every
// parameter at most once, an empty one as if it were not there.
func readForm(r *http.Request) (map[string]string, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || mediaType != formType || r.Header.Get(echo.HeaderContentEncoding) != "" {
		return nil, oauthRefusal(http.StatusUnsupportedMediaType, invalidRequest, "The body must be sent as "+formType+".")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if len(body) > maxBody {
		return nil, oauthRefusal(http.StatusRequestEntityTooLarge, invalidRequest, string(errTooLarge))
	}
	values, parseErr := url.ParseQuery(string(body))
	if err != nil || parseErr != nil {
		return nil, oauthRefusal(http.StatusBadRequest, invalidRequest, "The body is not a valid form.")
	}
	form := map[string]string{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, oauthRefusal(http.StatusBadRequest, invalidRequest, "The body holds a parameter twice.")
		}
		if !utf8.ValidString(all[0]) || strings.ContainsRune(all[0], 0) {
			return nil, oauthRefusal(http.StatusBadRequest, invalidRequest, string(errNoText))
		}
		form[name] = all[0]
	}
	return form, nil
}

// documentToken adds the endpoint to the document, and to what other origins
// may use, by hand.
func (h *Handler) documentToken() {
	h.documentForm(huma.Operation{
		Path: "/token", Summary: "Exchange a grant for tokens",
		Description: "The token endpoint of OAuth2 (RFC 6749) with the password grant, for clients that expect one, and the refresh token grant. " +
			"Clients are public: a client's id and secret, a scope and a Basic header are accepted and ignored.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The grant was exchanged.", Content: h.content(jsonType, reflect.TypeFor[oauthAnswer]())},
			"401": h.oauthErrorResponse("`invalid_grant`: incorrect username or password."),
		},
	}, reflect.TypeFor[tokenForm]())
}

// documentForm adds an operation that takes a form, and answers errors as
// RFC 6749 5.2 has them.
func (h *Handler) documentForm(op huma.Operation, form reflect.Type) {
	op.Method = http.MethodPost
	op.OperationID = "post" + strings.ReplaceAll(op.Path, "/", "-")
	op.Tags = []string{tagAuthentication}
	op.Security = []map[string][]string{}
	op.RequestBody = &huma.RequestBody{Required: true, Content: h.content(formType, form)}
	for status, text := range map[string]string{
		"400": "The form is not right, or what it asks for is not to be had.",
		"413": "The body is larger than 16384 bytes.",
		"415": "The body is not a form.",
		"500": "A fault of the server.",
		"503": "Busy: `Retry-After` says how many seconds to wait.",
	} {
		op.Responses[status] = h.oauthErrorResponse(text)
	}
	h.openToOrigins["POST "+op.Path] = true
	h.api.OpenAPI().AddOperation(&op)
}

func (h *Handler) oauthErrorResponse(text string) *huma.Response {
	return &huma.Response{Description: text, Content: h.content(jsonType, reflect.TypeFor[oauthError]())}
}

func (h *Handler) content(mediaType string, body reflect.Type) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{mediaType: {Schema: h.api.OpenAPI().Components.Schemas.Schema(body, true, "")}}
}
