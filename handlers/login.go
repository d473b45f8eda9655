package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
	"latchkey/views"
)

// loginPage is the form that sends POST /login.
func (h *Handler) loginPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.Login(views.LoginPage{Page: h.pageData("Log in")}))
}

type loginRequest struct {
	client
	Body struct {
		Name     string `json:"name" doc:"The username, in any case" example:"marisol"`
		Password string `json:"password" doc:"The password" format:"password" example:"correct horse battery"`
	}
}

// loginResponse gives a browser the tokens of its session: the access token in the body, where
// scripts can read it, and the refresh token in the cookie, where they cannot.
type loginResponse struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The refresh cookie (HttpOnly, SameSite=Strict)"`
	Body      accessToken
}

type accessToken struct {
	Token     string `json:"token" doc:"The access token, a JWT. Send it as a bearer token" example:"eyJhbGciOi…"`
	TokenType string `json:"token_type" enum:"bearer" example:"bearer"`
	ExpiresIn int    `json:"expires_in" doc:"The lifetime of the access token in seconds" example:"900"`
}

func loginDocs(op *huma.Operation) {
	op.Summary = "Log in"
	op.Description = "Creates a session and returns an access token for it. The refresh cookie, which is set as well, renews the " +
		"token at `/refresh`. If the request carries the cookie of an earlier session, that session ends.\n\n" +
		"An unknown username, a wrong password and a disabled user all produce the same response.\n\n" +
		"Requests from other origins are refused: apps on another origin use `/token`."
	op.Tags = []string{tagAuthentication}
	readsCookie(op)
	canFail(op, models.ErrInvalidCredentials, models.ErrBusy)
}

// login creates a session. The browser's earlier session ends, since nothing could use it any more.
func (h *Handler) login(ctx context.Context, in *loginRequest) (*loginResponse, error) {
	user, err := h.verify(ctx, in.actor(), in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, err
	}
	earlier, _ := h.parseRefreshCookie(in.cookies) // an invalid cookie names no session
	t, err := h.begin(ctx, in.actor(), user, earlier.SessionID)
	if err != nil {
		return nil, err
	}
	return &loginResponse{h.sessionCookie(t), h.newAccessToken(t)}, nil
}

// verify is the first step of every login: it returns the user with these credentials.
func (h *Handler) verify(ctx context.Context, by models.Actor, username, password string) (models.User, error) {
	user, err := h.store.Authenticate(ctx, by, username, password)
	if err != nil {
		return models.User{}, fmt.Errorf("verifying credentials: %w", err)
	}
	return user, nil
}

// begin is the last step of every login: it creates a session of a user whom verify returned and
// issues its tokens. The session whose id is replaces ends, if there is one.
func (h *Handler) begin(ctx context.Context, by models.Actor, user models.User, replaces string) (tokens, error) {
	session, err := h.store.CreateSession(ctx, by, user, replaces)
	if err != nil {
		return tokens{}, fmt.Errorf("beginning a session: %w", err)
	}
	h.logEvent(by, "logged in", "user", user.ID, "session", session.ID, "replaces", replaces)
	return h.issueTokens(user, session)
}

// newAccessToken returns the access token as a browser receives it.
func (h *Handler) newAccessToken(t tokens) accessToken {
	return accessToken{Token: t.access, TokenType: "bearer", ExpiresIn: h.expiresIn()}
}
