package handlers

import (
	"context"
	"fmt"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

func logoutDocs(op *huma.Operation) {
	op.Summary = "Log out"
	op.Description = "Ends the session of the access token that was sent, or of the refresh cookie, or of both; " +
		"all their tokens are refused from then on. It clears the cookie."
	op.Tags = []string{tagAuthentication}
}

// logout ends the session that the request is of: from now on its tokens are
// refused, in every spelling. The cookie's session, should it be another one,
// goes with it: the person means this browser.
func (h *Handler) logout(ctx context.Context, _ *struct{}) (*struct{}, error) {
	p, c := principal(ctx), echoContext(ctx)
	sessions := []string{p.SessionID}
	if token, err := h.refreshCookie(c.Request()); err == nil {
		sessions = append(sessions, token.SessionID)
	}
	for _, session := range slices.Compact(sessions) {
		if err := h.Store.EndSession(ctx, session); err != nil {
			return nil, fmt.Errorf("logging out: %w", err)
		}
		h.note(ctx, "logged out", "user", p.UserID, "session", session)
	}
	h.clearCookie(c.Response())
	return nil, nil
}
