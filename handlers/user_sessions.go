package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

type userSessionsRequest struct {
	caller
	ID string `path:"id" doc:"The id of the user"`
}

func listUserSessionsDocs(op *huma.Operation) {
	op.Summary = "List the sessions of a user"
	op.Description = "Returns the sessions of a user that have not ended, the most recently used first."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrUserNotFound)
}

// listUserSessions lists the sessions of any user.
func (h *Handler) listUserSessions(ctx context.Context, in *userSessionsRequest) (*listSessionsResponse, error) {
	user, err := h.store.UserByID(ctx, in.ID)
	if err != nil {
		return nil, fmt.Errorf("finding the user whose sessions to list: %w", err)
	}
	sessions, err := h.store.SessionsOf(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("listing the sessions of a user: %w", err)
	}
	return in.describeSessions(sessions), nil
}

func endUserSessionsDocs(op *huma.Operation) {
	op.Summary = "End all sessions of a user"
	op.Description = "Logs a user out everywhere. Unless the user is disabled too, they can log in again."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrUserNotFound)
}

// endUserSessions ends all sessions of any user.
func (h *Handler) endUserSessions(ctx context.Context, in *userSessionsRequest) (*struct{}, error) {
	if err := h.store.EndAllSessions(ctx, in.actor(), in.ID); err != nil {
		return nil, fmt.Errorf("ending the sessions of a user: %w", err)
	}
	h.logEvent(in.actor(), "sessions of a user ended", "user", in.ID, "by", in.UserID)
	return nil, nil
}
