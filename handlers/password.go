package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type changePasswordRequest struct {
	Body struct {
		Current string `json:"current_password" format:"password" example:"correct horse battery"`
		New     string `json:"new_password" format:"password" doc:"By the rules of sign-up" example:"another horse battery"`
	}
}

func changePasswordDocs(op *huma.Operation) {
	op.Summary = "Change your password"
	op.Description = "Ends every other session of yours: whoever may know the old password is out. " +
		"A wrong current password is a 422, since the token was right."
	op.Tags = []string{tagUsers}
	op.DefaultStatus = http.StatusNoContent
}

// changePassword gives the bearer's user another password.
func (h *Handler) changePassword(ctx context.Context, in *changePasswordRequest) (*struct{}, error) {
	p := principal(ctx)
	if err := h.Store.ChangePassword(ctx, actorOf(ctx), in.Body.Current, in.Body.New); err != nil {
		return nil, fmt.Errorf("changing one's own password: %w", err)
	}
	h.note(ctx, "changed the password", "user", p.UserID, "session", p.SessionID)
	return nil, nil
}
