package handlers

import (
	"context"
	"errors"
)

type healthAnswer struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	}
}

// healthz answers that the process is alive, whatever the database does: it
// must not be restarted because of that.
func (h *Handler) healthz(context.Context, *struct{}) (*healthAnswer, error) {
	answer := &healthAnswer{}
	answer.Body.Status = "ok"
	return answer, nil
}

// readyz answers whether requests should be sent here: the database answers
// and the process is not about to end.
func (h *Handler) readyz(ctx context.Context, in *struct{}) (*healthAnswer, error) {
	if h.draining.Load() {
		return nil, tryAgain("5", "This server is about to stop. Use another one.", errors.New("draining"))
	}
	if err := h.Store.Ready(ctx); err != nil {
		return nil, err
	}
	return h.healthz(ctx, in)
}
