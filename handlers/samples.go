package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// The sample resources of the tutorials, and the example of how to guard a route of your own: copy
// one of them and its line in routes.go.

type protectedDataRequest struct{ caller }

type protectedDataResponse struct {
	Body struct {
		Message string `json:"message" example:"Hello marisol, this is sensitive data!"`
	}
}

func protectedDataDocs(op *huma.Operation) {
	op.Summary = "Get a sample message"
	op.Description = "Greets the user of the access token."
	op.Tags = []string{tagSamples}
}

func (h *Handler) protectedData(_ context.Context, in *protectedDataRequest) (*protectedDataResponse, error) {
	out := &protectedDataResponse{}
	out.Body.Message = "Hello " + in.Username + ", this is sensitive data!"
	return out, nil
}

type itemsRequest struct{ caller }

type itemsResponse struct {
	Body struct {
		Owner string   `json:"owner" example:"marisol"`
		Items []string `json:"items" nullable:"false" example:"[\"item1\",\"item2\"]"`
	}
}

func itemsDocs(op *huma.Operation) {
	op.Summary = "List sample items"
	op.Description = "Returns items that belong to the user of the access token."
	op.Tags = []string{tagSamples}
}

func (h *Handler) items(_ context.Context, in *itemsRequest) (*itemsResponse, error) {
	out := &itemsResponse{}
	out.Body.Owner = in.Username
	out.Body.Items = []string{"item1", "item2"}
	return out, nil
}
