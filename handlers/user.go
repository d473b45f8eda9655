package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

type userAnswer struct {
	Body struct {
		ID    string   `json:"id" doc:"Never changes and is never given again" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
		Name  string   `json:"name" example:"marisol"`
		Roles []string `json:"roles" nullable:"false" example:"[\"editor\"]"`
	}
}

func userDocs(op *huma.Operation) {
	op.Summary = "Who you are"
	op.Description = "Name and roles of the user that the access token stands for, as they are now."
	op.Tags = []string{tagUsers}
}

// user answers who the token's bearer is, as of now.
func (h *Handler) user(ctx context.Context, _ *struct{}) (*userAnswer, error) {
	p := principal(ctx)
	answer := &userAnswer{}
	answer.Body.ID = p.UserID
	answer.Body.Name = p.Username
	answer.Body.Roles = p.Roles
	return answer, nil
}
