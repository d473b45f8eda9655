package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/views"
)

type loginRequest struct {
	Body struct {
		Name     string `json:"name" doc:"User name, in any case" example:"marisol"`
		Password string `json:"password" doc:"Password" example:"correct horse battery"`
	}
}

type loginAnswer struct {
	Body struct {
		Token     string `json:"token" doc:"Access token: a JWT to send as a bearer" example:"eyJhbGciOi…"`
		TokenType string `json:"token_type" enum:"bearer" example:"bearer"`
		ExpiresIn int    `json:"expires_in" doc:"Seconds until the token ends" example:"900"`
	}
}

// loginPage is the form that uses POST /login.
func (h *Handler) loginPage(c echo.Context) error {
	return h.render(c, 200, views.Login(views.LoginPage{Page: h.page("Log in")}))
}

func loginDocs(op *huma.Operation) {
	op.Summary = "Log in"
	op.Description = "Begins a session and answers with an access token for it. Any wrong pair, and a disabled user, is a 401 " +
		"with the same answer after the same time. Pages of other origins are refused; they use `/token`."
	op.Tags = []string{tagAuthentication}
	op.Errors = append(op.Errors, http.StatusUnauthorized)
}

// login begins a session and answers with an access token for it.
func (h *Handler) login(ctx context.Context, in *loginRequest) (*loginAnswer, error) {
	token, err := h.logIn(ctx, in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, err
	}
	answer := &loginAnswer{}
	answer.Body.Token = token
	answer.Body.TokenType = "bearer"
	answer.Body.ExpiresIn = h.expiresIn()
	return answer, nil
}

// logIn exchanges credentials for the access token of a new session. It is
// the one way in: POST /login and POST /token only dress it differently.
func (h *Handler) logIn(ctx context.Context, username, password string) (token string, err error) {
	user, err := h.Store.Authenticate(ctx, username, password)
	if err != nil {
		return "", fmt.Errorf("logging in: %w", err)
	}
	session, err := h.Store.CreateSession(ctx, user)
	if err != nil {
		return "", fmt.Errorf("logging in: %w", err)
	}
	token, err = h.Issuer.Issue(auth.Principal{
		UserID: user.ID, SessionID: session.ID, Username: user.Username, Roles: user.Roles,
	})
	if err != nil {
		return "", fmt.Errorf("logging in: %w", err)
	}
	h.note(ctx, "logged in", "user", user.ID, "session", session.ID)
	return token, nil
}

// expiresIn is how many seconds a new access token lives.
func (h *Handler) expiresIn() int { return int(h.Issuer.TTL().Seconds()) }
