package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
	"latchkey/models"
)

// grant is what a person or client gets for a password or a refresh token.
type grant struct {
	access  string // token
	refresh string // token
	session models.Session
}

func refreshDocs(op *huma.Operation) {
	op.Summary = "Renew the access token"
	op.Description = "Exchanges the refresh cookie for a new access token and the next cookie. The type of a 401 says " +
		"whether there was no cookie, `/problems/no-cookie`, or its session is over, `/problems/session-ended`. " +
		"Clients without cookies send `grant_type=refresh_token` to `/token`."
	op.Tags = []string{tagAuthentication}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusServiceUnavailable)
}

// refresh exchanges the refresh cookie.
func (h *Handler) refresh(ctx context.Context, _ *struct{}) (*loginAnswer, error) {
	c := echoContext(ctx)
	token, err := h.refreshCookie(c.Request())
	switch {
	case errors.Is(err, errNoCookie):
		return nil, typed("/problems/no-cookie", "There is no session in this browser. Log in.", err)
	case err != nil:
		return nil, sessionEnded(err)
	}
	g, err := h.rotate(ctx, token)
	if errors.Is(err, models.ErrSessionEnded) {
		return nil, sessionEnded(err)
	}
	if err != nil {
		return nil, err
	}
	h.setCookie(c.Response(), g.refresh, g.session)
	return h.answerLogin(g), nil
}

// sessionEnded says to a browser that its cookie will never work again.
func sessionEnded(cause error) *problem {
	return typed("/problems/session-ended", "The session has ended. Log in again.", cause)
}

// typed makes a 401 that a client can tell from others by its type.
func typed(kind, detail string, cause error) *problem {
	p := newProblem(http.StatusUnauthorized, detail, cause)
	p.Type = kind
	return p
}

// rotate exchanges a refresh token: the one way to do it, for the cookie and
// for POST /token. A replay is logged, because somebody kept a copy.
func (h *Handler) rotate(ctx context.Context, token auth.RefreshToken) (grant, error) {
	session, user, err := h.Store.RotateSession(ctx, actorOf(ctx), token)
	if errors.Is(err, models.ErrReplayed) {
		h.warn(ctx, "a replaced refresh token was used again, so its session was ended", "session", token.SessionID)
	}
	if err != nil {
		return grant{}, fmt.Errorf("refreshing: %w", err)
	}
	return h.grantOf(user, session)
}

// grantOf makes the tokens of a session as it is now.
func (h *Handler) grantOf(user models.User, session models.Session) (grant, error) {
	access, err := h.Issuer.Issue(auth.Principal{
		UserID: user.ID, SessionID: session.ID, Username: user.Username, Roles: user.Roles,
	})
	if err != nil {
		return grant{}, fmt.Errorf("issuing an access token: %w", err)
	}
	refresh := h.RefreshTokens.Format(auth.RefreshToken{SessionID: session.ID, Counter: session.Counter})
	return grant{access, refresh, session}, nil
}
