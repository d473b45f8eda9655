package handlers

import (
	"context"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/views"
)

type listSessionsAnswer struct {
	Body struct {
		Sessions []sessionFields `json:"sessions" nullable:"false"`
	}
}

type sessionFields struct {
	ID         string    `json:"id" example:"01a20018-5e1f-7ef3-ad08-433b1f44e33c"`
	Device     string    `json:"device" doc:"What the person logged in with, as far as it said" example:"Firefox on Linux"`
	Address    string    `json:"address" doc:"Where the login came from" example:"192.0.2.1"`
	CreatedAt  time.Time `json:"created_at" doc:"When the person logged in" example:"2026-11-21T12:00:00Z"`
	LastUsedAt time.Time `json:"last_used_at" doc:"When the session was last renewed" example:"2026-11-21T12:00:00Z"`
	Current    bool      `json:"current" doc:"Whether it is the one that asks"`
}

// accountPage is the shell that changes the password and lists the sessions.
func (h *Handler) accountPage(c echo.Context) error {
	return h.render(c, 200, views.Account(views.AccountPage{
		Page: h.page("Account"), MinLength: h.Store.PasswordPolicy().MinLength,
	}))
}

func listSessionsDocs(op *huma.Operation) {
	op.Summary = "List your sessions"
	op.Description = "Every login of yours that is not over, the last used first."
	op.Tags = []string{tagUsers}
}

// listSessions answers with the bearer's sessions.
func (h *Handler) listSessions(ctx context.Context, _ *struct{}) (*listSessionsAnswer, error) {
	p := principal(ctx)
	sessions, err := h.Store.SessionsOf(ctx, p.UserID)
	if err != nil {
		return nil, fmt.Errorf("listing one's own sessions: %w", err)
	}
	answer := &listSessionsAnswer{}
	answer.Body.Sessions = []sessionFields{}
	for _, s := range sessions {
		answer.Body.Sessions = append(answer.Body.Sessions,
			sessionFields{s.ID, s.Device, s.Address, s.CreatedAt, s.LastUsedAt, s.ID == p.SessionID})
	}
	return answer, nil
}

type endSessionRequest struct {
	ID string `path:"id" doc:"The session's id"`
}

func endSessionDocs(op *huma.Operation) {
	op.Summary = "End a session"
	op.Description = "Logs one of your sessions out; its tokens are refused from then on. Another user's is a 404."
	op.Tags = []string{tagUsers}
}

// endSession ends one of the bearer's sessions.
func (h *Handler) endSession(ctx context.Context, in *endSessionRequest) (*struct{}, error) {
	p := principal(ctx)
	if err := h.Store.EndSession(ctx, actorOf(ctx), in.ID); err != nil {
		return nil, fmt.Errorf("ending one's own session: %w", err)
	}
	h.note(ctx, "ended a session", "user", p.UserID, "session", in.ID)
	return nil, nil
}

func endOtherSessionsDocs(op *huma.Operation) {
	op.Summary = "End all other sessions"
	op.Description = "Logs you out everywhere but here."
	op.Tags = []string{tagUsers}
}

// endOtherSessions ends all of the bearer's sessions but the one that asks.
func (h *Handler) endOtherSessions(ctx context.Context, _ *struct{}) (*struct{}, error) {
	p := principal(ctx)
	if err := h.Store.EndOtherSessions(ctx, actorOf(ctx)); err != nil {
		return nil, fmt.Errorf("ending one's own other sessions: %w", err)
	}
	h.note(ctx, "ended all other sessions", "user", p.UserID, "session", p.SessionID)
	return nil, nil
}
