package handlers

import (
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
)

// tokenForm is the body of POST /token, for the document.
type tokenForm struct {
	GrantType    string `json:"grant_type,omitempty" enum:"password,refresh_token" default:"password"`
	Username     string `json:"username,omitempty" doc:"For the password grant" example:"marisol"`
	Password     string `json:"password,omitempty" doc:"For the password grant" format:"password"`
	RefreshToken string `json:"refresh_token,omitempty" doc:"For the refresh token grant"`
	Scope        string `json:"scope,omitempty" doc:"Accepted and ignored"`
	ClientID     string `json:"client_id,omitempty" doc:"Accepted and ignored: clients are public"`
	ClientSecret string `json:"client_secret,omitempty" doc:"Accepted and ignored"`
}

// tokenResponse is the success of POST /token (RFC 6749 5.1).
type tokenResponse struct {
	AccessToken string `json:"access_token" doc:"The access token, a JWT. Send it as a bearer token" example:"eyJhbGciOi…"`
	TokenType   string `json:"token_type" enum:"bearer" example:"bearer"`
	ExpiresIn   int    `json:"expires_in" doc:"The lifetime of the access token in seconds" example:"900"`
	Refresh     string `json:"refresh_token" doc:"Works once: exchange it with grant_type=refresh_token"`
}

func (h *Handler) tokenDocs(op *huma.Operation) {
	op.Summary = "Exchange a grant for tokens"
	op.Description = "The OAuth 2.0 token endpoint (RFC 6749), with the password grant and the refresh token grant.\n\n" +
		"Clients are public: `client_id`, `client_secret`, `scope` and a Basic header are accepted and ignored.\n\n" +
		"With a proof, the password grant binds the refresh token to the key that made it (RFC 9449 5), and each use of the " +
		"refresh token needs a proof too. Access tokens remain bearer tokens."
	op.Tags = []string{tagAuthentication}
	h.describeForm(op, reflect.TypeFor[tokenForm]())
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The tokens.", Content: h.content(jsonType, reflect.TypeFor[tokenResponse]())},
		"401": h.oauthResponse("`invalid_grant`: Incorrect username or password"),
	}
}

// token is the token endpoint of OAuth 2.0 (RFC 6749 3.2).
func (h *Handler) token(c echo.Context) error {
	form, err := readForm(c.Request())
	if err != nil {
		return err
	}
	t, err := h.exchange(c.Request().Context(), callerOf(c), form)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Pragma", "no-cache") // RFC 6749 5.1
	return c.JSON(http.StatusOK, tokenResponse{t.access, "bearer", h.expiresIn(), t.refresh})
}

// exchange exchanges the grant in a form for tokens.
func (h *Handler) exchange(ctx context.Context, from caller, form map[string]string) (tokens, error) {
	switch form["grant_type"] {
	case "refresh_token":
		return h.exchangeRefreshToken(ctx, from, form["refresh_token"])
	case "password", "": // clients written for the tutorials leave it out
		if h.passwordGrant {
			return h.exchangePassword(ctx, from, form)
		}
		return tokens{}, newOAuthError(http.StatusBadRequest, unsupportedGrantType, "The password grant is turned off.")
	}
	return tokens{}, newOAuthError(http.StatusBadRequest, unsupportedGrantType, "This grant type is not supported.")
}

func (h *Handler) exchangePassword(ctx context.Context, from caller, form map[string]string) (tokens, error) {
	username, password := form["username"], form["password"]
	if username == "" || password == "" {
		return tokens{}, newOAuthError(http.StatusBadRequest, invalidRequest, "Send username and password in the body.")
	}
	user, err := h.verifyCredentials(ctx, from.actor(), username, password)
	if err != nil {
		return tokens{}, err
	}
	return h.beginSession(ctx, from, user, models.SessionParams{Remembered: true})
}

func (h *Handler) exchangeRefreshToken(ctx context.Context, from caller, text string) (tokens, error) {
	if text == "" {
		return tokens{}, newOAuthError(http.StatusBadRequest, invalidRequest, "Send refresh_token in the body.")
	}
	token, err := h.refreshTokens.Parse(text)
	if err != nil {
		return tokens{}, err
	}
	return h.renewSession(ctx, from, token)
}
