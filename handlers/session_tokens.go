package handlers

import (
	"context"
	"errors"
	"fmt"

	"latchkey/auth"
	"latchkey/models"
)

// tokens are the tokens of a session. A login issues them in two steps, verifyCredentials and
// beginSession. Later, renewSession exchanges the refresh token for new ones.
type tokens struct {
	access  string
	refresh string
	session models.Session
}

// verifyCredentials is the first step of every login: it returns the user with these credentials.
func (h *Handler) verifyCredentials(ctx context.Context, by models.Actor, username, password string) (models.User, error) {
	user, err := h.store.Authenticate(ctx, by, username, password)
	if err != nil {
		return models.User{}, fmt.Errorf("verifying credentials: %w", err)
	}
	return user, nil
}

// beginSession is the last step of every login: it creates a session of a user whom
// verifyCredentials returned and issues its tokens. The session is bound to the key that the caller
// has proven, if any, whatever the parameters say.
func (h *Handler) beginSession(ctx context.Context, from caller, user models.User, params models.SessionParams) (tokens, error) {
	params.KeyThumbprint = from.provenKey
	session, err := h.store.CreateSession(ctx, from.actor(), user, params)
	if err != nil {
		return tokens{}, fmt.Errorf("beginning a session: %w", err)
	}
	h.logEvent(from.actor(), "logged in", "user", user.ID, "session", session.ID,
		"bound", session.KeyThumbprint != "", "replaces", params.Replaces)
	return h.issueTokens(user, session)
}

// renewSession exchanges a refresh token for new tokens, for the cookie and for POST /token. Both a
// renewal and a replay are logged: if someone has a copy of the token, the log shows from where
// they used it.
func (h *Handler) renewSession(ctx context.Context, from caller, token auth.RefreshToken) (tokens, error) {
	session, user, err := h.store.RotateSession(ctx, from.actor(), token, from.provenKey)
	if errors.Is(err, models.ErrReplayed) {
		h.warnOfReplay(from, session)
	}
	if err != nil {
		return tokens{}, fmt.Errorf("renewing a session: %w", err)
	}
	h.logEvent(from.actor(), "session renewed", "user", user.ID, "session", session.ID)
	return h.issueTokens(user, session)
}

// noticeReplay warns of a refresh token whose session is about to end, if it is a replay.
func (h *Handler) noticeReplay(ctx context.Context, from caller, token auth.RefreshToken) error {
	session, replayed, err := h.store.FindReplayed(ctx, from.actor(), token, from.provenKey)
	if err != nil {
		return fmt.Errorf("checking a refresh token for a replay: %w", err)
	}
	if replayed {
		h.warnOfReplay(from, session)
	}
	return nil
}

func (h *Handler) warnOfReplay(from caller, session models.Session) {
	h.logWarning(from.actor(), "replaced refresh token used again; its session was ended",
		"user", session.UserID, "session", session.ID)
}

// issueTokens issues the tokens of a session as it is now.
func (h *Handler) issueTokens(user models.User, session models.Session) (tokens, error) {
	access, err := h.issuer.Issue(auth.Principal{
		UserID: user.ID, SessionID: session.ID, KeyThumbprint: session.KeyThumbprint,
		Username: user.Username, Roles: user.Roles,
	})
	if err != nil {
		return tokens{}, fmt.Errorf("issuing an access token: %w", err)
	}
	refresh := h.refreshTokens.Format(auth.RefreshToken{SessionID: session.ID, Counter: session.Counter})
	return tokens{access, refresh, session}, nil
}

// accessToken is an access token as a browser receives it. The refresh token is in the cookie.
type accessToken struct {
	Token     string `json:"token" doc:"The access token, a JWT. Send it as a bearer token" example:"eyJhbGciOi…"`
	TokenType string `json:"token_type" enum:"bearer" example:"bearer"`
	ExpiresIn int    `json:"expires_in" doc:"The lifetime of the access token in seconds" example:"900"`
}

func (h *Handler) newAccessToken(t tokens) accessToken {
	return accessToken{Token: t.access, TokenType: "bearer", ExpiresIn: h.expiresIn()}
}

// expiresIn returns the lifetime of a new access token in seconds.
func (h *Handler) expiresIn() int { return int(h.issuer.TTL().Seconds()) }
