package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

type healthAnswer struct {
	Body struct {
		Status string `json:"status" enum:"ok" example:"ok"`
	}
}

func healthzDocs(op *huma.Operation) {
	op.Summary = "Alive"
	op.Description = "Answers as long as the process runs, whatever the database does."
	op.Tags = []string{tagService}
}

func readyzDocs(op *huma.Operation) {
	op.Summary = "Able to serve"
	op.Description = "Answers 200 while the database answers."
	op.Tags = []string{tagService}
}

// healthz answers that the process is alive, whatever the database does: it
// must not be restarted because of that.
func (h *Handler) healthz(context.Context, *struct{}) (*healthAnswer, error) {
	answer := &healthAnswer{}
	answer.Body.Status = "ok"
	return answer, nil
}

// readyz answers whether requests should be sent here: the database answers.
func (h *Handler) readyz(ctx context.Context, in *struct{}) (*healthAnswer, error) {
	if err := h.Store.Ready(ctx); err != nil {
		return nil, err
	}
	return h.healthz(ctx, in)
}
