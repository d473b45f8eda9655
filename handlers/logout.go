package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
)

func logoutDocs(op *huma.Operation) {
	op.Summary = "Log out"
	op.Description = "Ends the session of the access token that was sent; the token is refused from then on."
	op.Tags = []string{tagAuthentication}
}

// logout ends the session of the token that was sent: from now on that token
// is refused, as is every other spelling of it.
func (h *Handler) logout(ctx context.Context, _ *struct{}) (*struct{}, error) {
	p := principal(ctx)
	if err := h.Store.EndSession(ctx, p.SessionID); err != nil {
		return nil, fmt.Errorf("logging out: %w", err)
	}
	h.note(ctx, "logged out", "user", p.UserID, "session", p.SessionID)
	return nil, nil
}
