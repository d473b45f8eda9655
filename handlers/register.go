package handlers

import (
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
	"latchkey/views"
)

// errSignupClosed tells that only administrators add users here.
var errSignupClosed = errors.New("sign-up is closed")

type registerRequest struct {
	Body struct {
		Username string  `json:"username" doc:"3 to 64 letters, digits and ._-@+, kept as typed; taken in every case" example:"marisol"`
		Password string  `json:"password" doc:"8 to 256 characters of any kind, not a common password and without the user name" example:"correct horse battery"`
		Email    *string `json:"email,omitempty" doc:"Optional contact; nobody verifies it" example:"marisol@example.org"`
	}
}

type registerAnswer struct {
	Body struct {
		ID       string  `json:"id" doc:"Never changes and is never given again" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
		Username string  `json:"username" example:"marisol"`
		Email    *string `json:"email" nullable:"true" example:"marisol@example.org"`
		Disabled bool    `json:"disabled" example:"false"`
	}
}

func registerDocs(op *huma.Operation) {
	op.Summary = "Sign up"
	op.Description = "Adds a user, while sign-up is open. It logs nobody in: use `/login` or `/token` then. " +
		"The detail of a 422 says in a sentence what to change."
	op.Tags = []string{tagUsers}
	op.DefaultStatus = 201
}

// registerPage is the form that uses POST /register, or says that it is closed.
func (h *Handler) registerPage(c echo.Context) error {
	return h.render(c, 200, views.Register(views.RegisterPage{
		Page: h.page("Create an account"), MinLength: h.Store.PasswordPolicy().MinLength,
	}))
}

// register adds a user who signs up.
func (h *Handler) register(ctx context.Context, in *registerRequest) (*registerAnswer, error) {
	if !h.Signup {
		return nil, errSignupClosed
	}
	user, err := h.Store.CreateUser(ctx, actorOf(ctx), models.NewUser{
		Username: in.Body.Username, Password: in.Body.Password, Email: in.Body.Email,
	})
	if err != nil {
		return nil, fmt.Errorf("signing up: %w", err)
	}
	h.note(ctx, "signed up", "user", user.ID)
	answer := &registerAnswer{}
	answer.Body.ID = user.ID
	answer.Body.Username = user.Username
	answer.Body.Email = user.Email
	answer.Body.Disabled = user.Disabled
	return answer, nil
}
