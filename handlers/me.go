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
	if err != nil {
		return nil, fmt.Errorf("reading the current user: %w", withoutUser(err))
	}
	return &userDetailsResponse{detailsOf(user)}, nil
}

type updateMeRequest struct {
	caller
	Body struct {
		Email *string `json:"email" nullable:"true" doc:"An e-mail address for contact, which is not verified. Null removes it" example:"marisol@example.org"`
	}
}

func updateMeDocs(op *huma.Operation) {
	op.Summary = "Change your account"
	op.Description = "Replaces or removes your e-mail address."
	op.Tags = []string{tagAccount}
	canFail(op, models.ErrInvalidEmail)
}

// updateMe changes the user of the access token.
func (h *Handler) updateMe(ctx context.Context, in *updateMeRequest) (*userDetailsResponse, error) {
	user, err := h.store.UpdateEmail(ctx, in.actor(), in.Body.Email)
	if err != nil {
		return nil, fmt.Errorf("changing the current user: %w", withoutUser(err))
	}
	h.logEvent(in.actor(), "e-mail address changed", "user", in.UserID, "session", in.SessionID)
	return &userDetailsResponse{detailsOf(user)}, nil
}

// withoutUser returns the error of an operation on the user of the access token. If there is no
// such user, it was deleted after the guard admitted the request: its session has ended.
func withoutUser(err error) error {
	if errors.Is(err, models.ErrUserNotFound) {
		return models.ErrSessionEnded
	}
	return err
}
