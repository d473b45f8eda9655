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
	op.Description = "Succeeds while the database responds, until the server begins to stop."
	op.Tags = []string{tagService}
	canFail(op, errStopping, models.ErrUnavailable, context.DeadlineExceeded)
}

// healthz reports that the process is alive. It ignores the database, since a restart would not
// help.
func (h *Handler) healthz(context.Context, *struct{}) (*healthResponse, error) {
	out := &healthResponse{}
	out.Body.Status = "ok"
	return out, nil
}

// StartStopping makes /readyz fail from now on, so that a load balancer sends no more requests
// here. Everything else is still served.
func (h *Handler) StartStopping() { h.stopping.Store(true) }

// readyz reports whether requests should be sent here: the database responds, and the server is not
// about to stop.
func (h *Handler) readyz(ctx context.Context, in *struct{}) (*healthResponse, error) {
	if h.stopping.Load() {
		return nil, errStopping
	}
	if err := h.store.Ready(ctx); err != nil {
		return nil, fmt.Errorf("checking readiness: %w", err)
	}
	return h.healthz(ctx, in)
}
