package handlers

import (
	"context"
	"fmt"

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
		Token     string `json:"token" doc:"Access token: a JWT to send as a bearer"`
		TokenType string `json:"token_type" enum:"bearer"`
		ExpiresIn int    `json:"expires_in" doc:"Seconds until the token ends" example:"900"`
	}
}

// loginPage is the form that uses POST /login.
func (h *Handler) loginPage(c echo.Context) error {
	return h.render(c, 200, views.Login(views.LoginPage{Page: h.page("Log in")}))
}

// login begins a session and answers with an access token for it.
func (h *Handler) login(ctx context.Context, in *loginRequest) (*loginAnswer, error) {
	user, err := h.Store.Authenticate(ctx, in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	session, err := h.Store.CreateSession(ctx, user)
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	token, err := h.Issuer.Issue(auth.Principal{
		UserID: user.ID, SessionID: session.ID, Username: user.Username, Roles: user.Roles,
	})
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	h.note(ctx, "logged in", "user", user.ID, "session", session.ID)
	answer := &loginAnswer{}
	answer.Body.Token = token
	answer.Body.TokenType = "bearer"
	answer.Body.ExpiresIn = int(h.Issuer.TTL().Seconds())
	return answer, nil
}
