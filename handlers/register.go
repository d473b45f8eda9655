package handlers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
	"latchkey/views"
)

// registerPage is the form that sends POST /register, or says that sign-up is closed.
func (h *Handler) registerPage() templ.Component {
	return views.Register(views.RegisterPage{
		Page:     h.pageData("Create an account", "Create an account for "+h.appName+" with a username and a password."),
		Username: usernameRules(), Password: h.passwordRules(), MaxEmail: models.MaxEmailLength,
	})
}

type registerRequest struct {
	caller
	Body struct {
		Username string  `json:"username" doc:"3 to 64 letters (a-z, A-Z), digits and ._-@+. Stored as typed, but unique regardless of case" example:"marisol"`
		Password string  `json:"password" doc:"At least 8 characters, or more if the operator requires it, and at most 256. Must be neither common nor a simple pattern, and must not contain the username or consist mostly of names" format:"password" example:"correct horse battery"`
		Email    *string `json:"email,omitempty" doc:"An e-mail address for contact, which is not verified" example:"marisol@example.org"`
	}
}

type registerResponse struct {
	Body struct {
		ID       string  `json:"id" doc:"Never changes, and is never used for another user" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
		Username string  `json:"username" example:"marisol"`
		Email    *string `json:"email" nullable:"true" example:"marisol@example.org"`
		Disabled bool    `json:"disabled" example:"false"`
	}
}

func registerDocs(op *huma.Operation) {
	op.Summary = "Sign up"
	op.Description = "Creates a user, if sign-up is open. It does not log in: call `/login` or `/token` next."
	op.Tags = []string{tagAccount}
	op.DefaultStatus = http.StatusCreated
	canFail(op, errSignupClosed, models.ErrUsernameTaken, models.ErrInvalidUsername, models.ErrInvalidEmail, errWeakPassword, models.ErrThrottled, models.ErrBusy)
}

// register creates a user who signs up.
func (h *Handler) register(ctx context.Context, in *registerRequest) (*registerResponse, error) {
	if !h.signup {
		return nil, errSignupClosed
	}
	user, err := h.store.CreateUser(ctx, in.actor(), models.UserParams{
		Username: in.Body.Username, Password: in.Body.Password, Email: in.Body.Email,
	})
	if err != nil {
		return nil, fmt.Errorf("signing up: %w", err)
	}
	h.logEvent(in.actor(), "signed up", "user", user.ID)
	out := &registerResponse{}
	out.Body.ID = user.ID
	out.Body.Username = user.Username
	out.Body.Email = user.Email
	out.Body.Disabled = user.Disabled
	return out, nil
}
