package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

// userDetails is a user as they and administrators see it.
type userDetails struct {
	ID        string    `json:"id" doc:"Never changes, and is never used for another user" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
	Username  string    `json:"username" example:"marisol"`
	Email     *string   `json:"email" nullable:"true" example:"marisol@example.org"`
	Disabled  bool      `json:"disabled" doc:"Whether the user is kept from logging in" example:"false"`
	Roles     []string  `json:"roles" nullable:"false" example:"[\"editor\"]"`
	CreatedAt time.Time `json:"created_at" example:"2026-11-21T12:00:00Z"`
}

func detailsOf(user models.User) userDetails {
	return userDetails{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt}
}

type meRequest struct{ client }

// meResponse is one user.
type meResponse struct{ Body userDetails }

func meDocs(op *huma.Operation) {
	op.Summary = "Get your user"
	op.Description = "Returns the user of the access token with all details."
	op.Tags = []string{tagAccount}
}

// me returns the user of the access token.
func (h *Handler) me(ctx context.Context, in *meRequest) (*meResponse, error) {
	user, err := h.store.UserByID(ctx, in.UserID)
	if errors.Is(err, models.ErrUserNotFound) { // deleted since the guard admitted the request
		err = models.ErrSessionEnded
	}
	if err != nil {
		return nil, fmt.Errorf("reading one's own user: %w", err)
	}
	return &meResponse{detailsOf(user)}, nil
}
