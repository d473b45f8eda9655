package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type logoutRequest struct{ caller }

type logoutResponse struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"Removes the refresh cookie"`
}

func logoutDocs(op *huma.Operation) {
	op.Summary = "Log out"
	op.Description = "Ends the session of the access token, of the refresh cookie, or of both if they differ, and removes the cookie. " +
		"Tokens of an ended session are refused from then on."
	op.Tags = []string{tagAuthentication}
}

// logout ends the session that the guard found, and the session of the cookie if it is a different
// one, because a user who logs out expects both to end.
func (h *Handler) logout(ctx context.Context, in *logoutRequest) (*logoutResponse, error) {
	if in.hasRefreshToken {
		if err := h.noticeReplay(ctx, in.caller, in.refreshToken); err != nil {
			return nil, err
		}
	}
	ofCookie := in.refreshToken.SessionID
	if err := h.store.EndSessions(ctx, in.actor(), in.SessionID, ofCookie); err != nil {
		return nil, fmt.Errorf("logging out: %w", err)
	}
	h.logEvent(in.actor(), "logged out", "user", in.UserID, "session", in.SessionID, "cookie_session", ofCookie)
	return &logoutResponse{[]http.Cookie{in.clearedCookie()}}, nil
}
