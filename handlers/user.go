package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

type userRequest struct{ caller }

type userResponse struct {
	Body struct {
		ID    string   `json:"id" doc:"Never changes, and is never used for another user" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
		Name  string   `json:"name" doc:"The username" example:"marisol"`
		Roles []string `json:"roles" nullable:"false" example:"[\"editor\"]"`
	}
}

func userDocs(op *huma.Operation) {
	op.Summary = "Get your name and roles"
	op.Description = "Returns the user of the access token, with the current name and roles. Those in the token may be older."
	op.Tags = []string{tagAccount}
}

// user returns the user of the access token.
func (h *Handler) user(_ context.Context, in *userRequest) (*userResponse, error) {
	out := &userResponse{}
	out.Body.ID = in.UserID
	out.Body.Name = in.Username
	out.Body.Roles = in.Roles
	return out, nil
}
