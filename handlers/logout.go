package handlers

import (
	"context"
	"fmt"
)

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
