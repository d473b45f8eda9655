package handlers

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
	"latchkey/views"
)

// loginPage is the form that sends POST /login.
func (h *Handler) loginPage() templ.Component {
	return views.Login(views.LoginPage{Page: h.pageData("Log in", "Log in to "+h.appName+" with your username and password.")})
}

type loginRequest struct {
	caller
	Body struct {
		Name     string `json:"name" doc:"The username. Upper and lower case are not distinguished" example:"marisol"`
		Password string `json:"password" doc:"The password" format:"password" example:"correct horse battery"`
		Remember *bool  `json:"remember,omitempty" default:"true" doc:"Whether the browser keeps the session when it is closed. False: the refresh cookie has no Max-Age" example:"true"`
	}
}

// loginResponse gives a browser the tokens of its session: the access token in the body, where
// scripts can read it, and the refresh token in the cookie, where they cannot.
type loginResponse struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The refresh cookie, and the cookie of a known browser (HttpOnly, SameSite=Strict)"`
	Body      accessToken
}

func loginDocs(op *huma.Operation) {
	op.Summary = "Log in"
	op.Description = "Creates a session and returns an access token for it. The response also sets the refresh cookie, with which " +
		"`/refresh` renews the token. If the request carries the cookie of an earlier session, that session ends.\n\n" +
		"With a proof, the session is bound to the key that made it: from then on, anyone who copies the cookie cannot use it without the key.\n\n" +
		"An unknown username, a wrong password and a disabled user all produce the same response.\n\n" +
		"Requests from other origins are refused: apps on another origin use `/token`."
	op.Tags = []string{tagAuthentication}
	readsCookie(op)
	canFail(op, models.ErrInvalidCredentials, models.ErrThrottled, models.ErrBusy)
}

// login creates a session. The browser's earlier session ends, since nothing could use it any more.
func (h *Handler) login(ctx context.Context, in *loginRequest) (*loginResponse, error) {
	user, err := h.verifyCredentials(ctx, in.actor(), in.Body.Name, in.Body.Password)
	if err != nil {
		return nil, err
	}
	if in.hasRefreshToken {
		if err := h.noticeReplay(ctx, in.caller, in.refreshToken); err != nil {
			return nil, err
		}
	}
	params := models.SessionParams{Replaces: in.refreshToken.SessionID, Remembered: *in.Body.Remember}
	t, err := h.beginSession(ctx, in.caller, user, params)
	if err != nil {
		return nil, err
	}
	browser := newKnownBrowser(in.browser, user, t.session.CreatedAt)
	cookies := []http.Cookie{in.sessionCookie(t), h.knownBrowserCookie(in.caller, browser)}
	return &loginResponse{cookies, h.newAccessToken(t)}, nil
}
