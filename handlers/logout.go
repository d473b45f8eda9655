package handlers

import (
	"context"
	"fmt"

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
	cookie, _ := h.refreshCookie(c.Request()) // none, or none of ours, ends nothing more
	if err := h.Store.EndSessions(ctx, actorOf(ctx), p.SessionID, cookie.SessionID); err != nil {
		return nil, fmt.Errorf("logging out: %w", err)
	}
	h.note(ctx, "logged out", "user", p.UserID, "session", p.SessionID, "cookie_session", cookie.SessionID)
	h.clearCookie(c.Response())
	return nil, nil
}
