package handlers

import (
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
	GrantType    string `json:"grant_type,omitempty" enum:"password" default:"password"`
	Username     string `json:"username" example:"marisol"`
	Password     string `json:"password" format:"password"`
	Scope        string `json:"scope,omitempty" doc:"Accepted and ignored"`
	ClientID     string `json:"client_id,omitempty" doc:"Accepted and ignored: clients are public"`
	ClientSecret string `json:"client_secret,omitempty" doc:"Accepted and ignored"`
}

// token is OAuth2's token endpoint (RFC 6749 3.2). It is no operation of
// Huma's: a form format registered there would open every other operation to
// the forms of other sites.
func (h *Handler) token(c echo.Context) error {
	answer, err := h.grant(c.Request())
	if err != nil {
		return h.refuseGrant(c, err)
	}
	c.Response().Header().Set("Pragma", "no-cache") // RFC 6749 5.1
	return c.JSON(http.StatusOK, answer)
}

// grant exchanges what the form holds for a token.
func (h *Handler) grant(r *http.Request) (*oauthAnswer, error) {
	form, err := readForm(r)
	if err != nil {
		return nil, err
	}
	switch form["grant_type"] {
	case "password", "": // the tutorials' clients leave it out
		if !h.PasswordGrant {
			return nil, oauthRefusal(http.StatusBadRequest, unsupportedGrantType, "The password grant is switched off here.")
		}
	default:
		return nil, oauthRefusal(http.StatusBadRequest, unsupportedGrantType, "This grant type is not known here.")
	}
	if form["username"] == "" || form["password"] == "" {
		return nil, oauthRefusal(http.StatusBadRequest, invalidRequest, "Send username and password in the body.")
	}
	token, err := h.logIn(r.Context(), form["username"], form["password"])
	if err != nil {
		return nil, err
	}
	return &oauthAnswer{token, "bearer", h.expiresIn()}, nil
}

// refuseGrant answers with an error as OAuth clients read it.
func (h *Handler) refuseGrant(c echo.Context, err error) error {
	var refusal *oauthError
	if errors.As(err, &refusal) {
		c.Set(causeKey, err)
		return c.JSON(refusal.status, refusal)
	}
	p := h.finish(c, describeError(err))
	code := "server_error"
	switch p.Status {
	case http.StatusUnauthorized:
		code = invalidGrant
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		code = unavailable
	}
	return c.JSON(p.Status, oauthRefusal(p.Status, code, p.Detail))
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
	h.openToOrigins["POST /token"] = true
	registry := h.api.OpenAPI().Components.Schemas
	content := func(mediaType string, body reflect.Type) map[string]*huma.MediaType {
		return map[string]*huma.MediaType{mediaType: {Schema: registry.Schema(body, true, "")}}
	}
	responses := map[string]*huma.Response{
		"200": {Description: "The grant was exchanged.", Content: content(jsonType, reflect.TypeFor[oauthAnswer]())},
	}
	for status, text := range map[string]string{
		"400": "The form is not right, or the grant type is not known or switched off.",
		"401": "`invalid_grant`: incorrect username or password.",
		"413": "The body is larger than 16384 bytes.",
		"415": "The body is not a form.",
		"500": "A fault of the server.",
		"503": "Busy: `Retry-After` says how many seconds to wait.",
	} {
		responses[status] = &huma.Response{Description: text, Content: content(jsonType, reflect.TypeFor[oauthError]())}
	}
	h.api.OpenAPI().AddOperation(&huma.Operation{
		Method: http.MethodPost, Path: "/token", OperationID: "post-token", Tags: []string{tagAuthentication},
		Summary: "Exchange a grant for a token",
		Description: "The token endpoint of OAuth2 (RFC 6749) with the password grant, for clients that expect one. " +
			"Clients are public: a client's id and secret, a scope and a Basic header are accepted and ignored.",
		Security:    []map[string][]string{},
		RequestBody: &huma.RequestBody{Required: true, Content: content(formType, reflect.TypeFor[tokenForm]())},
		Responses:   responses,
	})
}
