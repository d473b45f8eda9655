package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

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
		"with the same answer after the same time. It sets the refresh cookie, which only `/refresh` and `/logout` read, and ends " +
		"the session of one that it brings. Pages of other origins are refused; they use `/token`."
	op.Tags = []string{tagAuthentication}
	op.Errors = append(op.Errors, http.StatusUnauthorized)
}

// login begins a session and answers with an access token for it. A session
// that the browser had before is over then: nobody could see it any more.
func (h *Handler) login(ctx context.Context, in *loginRequest) (*loginAnswer, error) {
	c := echoContext(ctx)
	before, _ := h.refreshCookie(c.Request()) // none, or none of ours, replaces nothing
	g, err := h.logIn(ctx, in.Body.Name, in.Body.Password, before.SessionID)
	if err != nil {
		return nil, err
	}
	h.setCookie(c.Response(), g.refresh, g.session)
	return h.answerLogin(g), nil
}

// logIn exchanges credentials for a new session, which may replace another:
// the one way in, for POST /login and POST /token.
func (h *Handler) logIn(ctx context.Context, username, password, replaces string) (grant, error) {
	user, err := h.Store.Authenticate(ctx, actorOf(ctx), username, password)
	if err != nil {
		return grant{}, fmt.Errorf("logging in: %w", err)
	}
	session, err := h.Store.CreateSession(ctx, actorOf(ctx), user, replaces)
	if err != nil {
		return grant{}, fmt.Errorf("logging in: %w", err)
	}
	h.note(ctx, "logged in", "user", user.ID, "session", session.ID, "replaces", replaces)
	return h.grantOf(user, session)
}

// answerLogin tells a page of its new access token.
func (h *Handler) answerLogin(g grant) *loginAnswer {
	answer := &loginAnswer{}
	answer.Body.Token = g.access
	answer.Body.TokenType = "bearer"
	answer.Body.ExpiresIn = h.expiresIn()
	return answer
}

// expiresIn is how many seconds a new access token lives.
func (h *Handler) expiresIn() int { return int(h.Issuer.TTL().Seconds()) }
