package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
)

type healthResponse struct {
	Body struct {
		Status string `json:"status" enum:"ok" example:"ok"`
	}
}

func healthzDocs(op *huma.Operation) {
	op.Summary = "Check that the process is alive"
	op.Description = "Succeeds while the process runs, whatever the state of the database."
	op.Tags = []string{tagService}
}

func readyzDocs(op *huma.Operation) {
	op.Summary = "Check that the server can serve requests"
	op.Description = "Succeeds while the database responds."
	op.Tags = []string{tagService}
	canFail(op, models.ErrUnavailable, context.DeadlineExceeded)
}

// healthz reports that the process is alive. It ignores the database, since a restart would not
// help.
func (h *Handler) healthz(context.Context, *struct{}) (*healthResponse, error) {
	out := &healthResponse{}
	out.Body.Status = "ok"
	return out, nil
}

// readyz reports whether requests should be sent here: the database responds.
func (h *Handler) readyz(ctx context.Context, in *struct{}) (*healthResponse, error) {
	if err := h.store.Ready(ctx); err != nil {
		return nil, fmt.Errorf("checking readiness: %w", err)
	}
	return h.healthz(ctx, in)
}
