package handlers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

// userFields is a user as its owner and administrators see it.
type userFields struct {
	ID        string    `json:"id" doc:"Never changes and is never given again" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
	Username  string    `json:"username" example:"marisol"`
	Email     *string   `json:"email" nullable:"true" example:"marisol@example.org"`
	Disabled  bool      `json:"disabled" example:"false"`
	Roles     []string  `json:"roles" nullable:"false" example:"[\"editor\"]"`
	CreatedAt time.Time `json:"created_at" example:"2026-11-21T12:00:00Z"`
}

func fieldsOf(user models.User) userFields {
	return userFields{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt}
}

type meAnswer struct{ Body userFields }

func meDocs(op *huma.Operation) {
	op.Summary = "Your own user"
	op.Description = "The user that the access token stands for, as it is now."
	op.Tags = []string{tagUsers}
}

// me answers with the bearer's own user.
func (h *Handler) me(ctx context.Context, _ *struct{}) (*meAnswer, error) {
	user, err := h.Store.UserByID(ctx, principal(ctx).UserID)
	if errors.Is(err, models.ErrUserNotFound) { // deleted since the guard looked
		err = models.ErrSessionEnded
	}
	if err != nil {
		return nil, fmt.Errorf("reading one's own user: %w", err)
	}
	return &meAnswer{fieldsOf(user)}, nil
}
