package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

// sessionDetails is a session as its user sees it.
type sessionDetails struct {
	ID         string    `json:"id" example:"01a20018-5e1f-7ef3-ad08-433b1f44e33c"`
	Device     string    `json:"device" doc:"The browser and operating system that used the session last, as far as they are known" example:"Firefox on Linux"`
	Address    string    `json:"address" doc:"The IP address that used the session last" example:"192.0.2.1"`
	CreatedAt  time.Time `json:"created_at" doc:"The time of the login" example:"2026-11-21T12:00:00Z"`
	LastUsedAt time.Time `json:"last_used_at" doc:"When a token of the session was last issued" example:"2026-11-21T12:00:00Z"`
	Current    bool      `json:"current" doc:"Whether this is the session of the request"`
}

type listSessionsRequest struct{ caller }

type listSessionsResponse struct {
	Body struct {
		Sessions []sessionDetails `json:"sessions" nullable:"false"`
	}
}

func listSessionsDocs(op *huma.Operation) {
	op.Summary = "List your sessions"
	op.Description = "Returns your sessions, the most recently used first. A session is one login on one device; sessions that have ended are not listed."
	op.Tags = []string{tagAccount}
}

// listSessions lists the sessions of the user of the access token.
func (h *Handler) listSessions(ctx context.Context, in *listSessionsRequest) (*listSessionsResponse, error) {
	sessions, err := h.store.SessionsOf(ctx, in.UserID)
	if err != nil {
		return nil, fmt.Errorf("listing the sessions of the current user: %w", err)
	}
	return in.describeSessions(sessions), nil
}

// describeSessions returns the response that lists sessions for the caller.
func (c *caller) describeSessions(sessions []models.Session) *listSessionsResponse {
	out := &listSessionsResponse{}
	out.Body.Sessions = []sessionDetails{} // not null in JSON
	for _, s := range sessions {
		out.Body.Sessions = append(out.Body.Sessions,
			sessionDetails{s.ID, s.Device, s.Address, s.CreatedAt, s.LastUsedAt, s.ID == c.SessionID})
	}
	return out
}

type endSessionRequest struct {
	caller
	ID string `path:"id" doc:"The id of the session"`
}

func endSessionDocs(op *huma.Operation) {
	op.Summary = "End a session"
	op.Description = "Logs out one of your sessions. Its tokens are refused from then on."
	op.Tags = []string{tagAccount}
	canFail(op, models.ErrSessionNotFound)
}

// endSession ends a session of the user of the access token.
func (h *Handler) endSession(ctx context.Context, in *endSessionRequest) (*struct{}, error) {
	if err := h.store.EndSession(ctx, in.actor(), in.ID); err != nil {
		return nil, fmt.Errorf("ending a session of the current user: %w", err)
	}
	h.logEvent(in.actor(), "session ended", "user", in.UserID, "session", in.ID)
	return nil, nil
}

type endOtherSessionsRequest struct{ caller }

func endOtherSessionsDocs(op *huma.Operation) {
	op.Summary = "End all other sessions"
	op.Description = "Logs you out everywhere except in the session of the request."
	op.Tags = []string{tagAccount}
}

// endOtherSessions ends all sessions of the user of the access token, except the one of the
// request.
func (h *Handler) endOtherSessions(ctx context.Context, in *endOtherSessionsRequest) (*struct{}, error) {
	if err := h.store.EndOtherSessions(ctx, in.actor()); err != nil {
		return nil, fmt.Errorf("ending the other sessions of the current user: %w", err)
	}
	h.logEvent(in.actor(), "other sessions ended", "user", in.UserID, "session", in.SessionID)
	return nil, nil
}
