package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// The sample resources of the tutorials, and the example of how to guard a
// route of your own: copy this file, and its two lines in routes.go.

type protectedDataAnswer struct {
	Body struct {
		Message string `json:"message" example:"Hello marisol, this is sensitive data!"`
	}
}

func protectedDataDocs(op *huma.Operation) {
	op.Summary = "A sample that needs a login"
	op.Description = "Greets whoever the access token stands for."
	op.Tags = []string{tagSamples}
}

func (h *Handler) protectedData(ctx context.Context, _ *struct{}) (*protectedDataAnswer, error) {
	answer := &protectedDataAnswer{}
	answer.Body.Message = "Hello " + principal(ctx).Username + ", this is sensitive data!"
	return answer, nil
}

type itemsAnswer struct {
	Body struct {
		Owner string   `json:"owner" example:"marisol"`
		Items []string `json:"items" nullable:"false" example:"[\"item1\",\"item2\"]"`
	}
}

func itemsDocs(op *huma.Operation) {
	op.Summary = "A sample of one's own things"
	op.Description = "Lists what belongs to whoever the access token stands for."
	op.Tags = []string{tagSamples}
}

func (h *Handler) items(ctx context.Context, _ *struct{}) (*itemsAnswer, error) {
	answer := &itemsAnswer{}
	answer.Body.Owner = principal(ctx).Username
	answer.Body.Items = []string{"item1", "item2"}
	return answer, nil
}
