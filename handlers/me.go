package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

type meRequest struct{ caller }

func meDocs(op *huma.Operation) {
	op.Summary = "Get your account"
	op.Description = "Returns the user of the access token with all details."
	op.Tags = []string{tagAccount}
}

// me returns the user of the access token.
func (h *Handler) me(ctx context.Context, in *meRequest) (*userDetailsResponse, error) {
	user, err := h.store.UserByID(ctx, in.UserID)
	if errors.Is(err, models.ErrUserNotFound) { // deleted since the guard admitted the request
		err = models.ErrSessionEnded
	}
	if err != nil {
		return nil, fmt.Errorf("reading the current user: %w", err)
	}
	return &userDetailsResponse{detailsOf(user)}, nil
}
