package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

type deleteMeRequest struct {
	caller
	Body struct {
		Current string `json:"current_password" format:"password" example:"correct horse battery"`
	}
}

func deleteMeDocs(op *huma.Operation) {
	op.Summary = "Delete your account"
	op.Description = "Deletes your account with everything that belongs to it, and ends all your sessions. This cannot be undone.\n\n" +
		"The last enabled administrator cannot be deleted."
	op.Tags = []string{tagAccount}
	canFail(op, models.ErrWrongPassword, models.ErrLastAdmin, models.ErrThrottled, models.ErrBusy)
}

// deleteMe deletes the user of the access token. It leaves the cookie, which only a logout clears.
func (h *Handler) deleteMe(ctx context.Context, in *deleteMeRequest) (*struct{}, error) {
	if err := h.store.DeleteAccount(ctx, in.actor(), in.Body.Current); err != nil {
		return nil, fmt.Errorf("deleting the current user: %w", withoutUser(err))
	}
	h.logEvent(in.actor(), "account deleted", "user", in.UserID, "session", in.SessionID)
	return nil, nil
}
