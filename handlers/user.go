package handlers

import "context"

type userAnswer struct {
	Body struct {
		ID    string   `json:"id" doc:"Never changes and is never given again"`
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
	}
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
