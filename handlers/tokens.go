package handlers

import (
	"fmt"

	"latchkey/auth"
	"latchkey/models"
)

// tokens are what a login and a renewal issue.
type tokens struct {
	access  string
	refresh string
	session models.Session
}

// issueTokens issues the tokens of a session as it is now.
func (h *Handler) issueTokens(user models.User, session models.Session) (tokens, error) {
	access, err := h.issuer.Issue(auth.Principal{
		UserID: user.ID, SessionID: session.ID, Username: user.Username, Roles: user.Roles,
	})
	if err != nil {
		return tokens{}, fmt.Errorf("issuing an access token: %w", err)
	}
	refresh := h.refreshTokens.Format(auth.RefreshToken{SessionID: session.ID, Counter: session.Counter})
	return tokens{access, refresh, session}, nil
}

// expiresIn returns the lifetime of a new access token in seconds.
func (h *Handler) expiresIn() int { return int(h.issuer.TTL().Seconds()) }
