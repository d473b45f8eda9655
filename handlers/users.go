package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"latchkey/models"
	"latchkey/views"
)

// usersPage lists and changes users. Its script asks GET /users.
func (h *Handler) usersPage() templ.Component {
	return views.Users(views.UsersPage{
		Page:     h.withFooter("Users", "Find and manage the users of "+h.appName+"."),
		Username: usernameRules(), Password: h.passwordRules(), MaxEmail: models.MaxEmailLength,
		Role: roleRules(), MaxRoles: models.MaxRoles,
	})
}

type listUsersRequest struct {
	Query    string `query:"q" maxLength:"254" doc:"The beginning of the username or e-mail address. Upper and lower case are not distinguished" example:"mari"`
	Role     string `query:"role" maxLength:"64" doc:"Only users with this role" example:"editor"`
	Disabled string `query:"disabled" enum:"true,false" doc:"Only users who are disabled, or only those who are not"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many users to return at most"`
	After    string `query:"after" maxLength:"512" doc:"The value of next in the previous response"`
}

type listUsersResponse struct {
	Body struct {
		Users []managedUser `json:"users" nullable:"false"`
		Next  *string       `json:"next" nullable:"true" doc:"Where the next page starts: send it as after, with the same other parameters. Null on the last page" example:"dW1hcmlzb2w"`
	}
}

func listUsersDocs(op *huma.Operation) {
	op.Summary = "List users"
	op.Description = "Returns users a page at a time: first those whose username begins with `q`, in the order of their usernames, then " +
		"the others whose e-mail address does.\n\n" +
		"At most 1,000 users are examined for a page. So it can have fewer users than `limit`, or none, and still have a `next`."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrInvalidCursor)
}

// listUsers returns a page of the users.
func (h *Handler) listUsers(ctx context.Context, in *listUsersRequest) (*listUsersResponse, error) {
	query := models.UserQuery{Prefix: in.Query, Role: in.Role, After: in.After, Limit: in.Limit}
	if in.Disabled != "" {
		query.Disabled = new(in.Disabled == "true")
	}
	users, next, err := h.store.Users(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	out := &listUsersResponse{}
	out.Body.Users = []managedUser{} // not null in JSON
	for _, user := range users {
		out.Body.Users = append(out.Body.Users, managedUserOf(user))
	}
	if next != "" {
		out.Body.Next = &next
	}
	return out, nil
}

type createUserRequest struct {
	caller
	Body struct {
		Username string   `json:"username" doc:"3 to 64 letters (a-z, A-Z), digits and ._-@+. Stored as typed, but unique regardless of case" example:"marisol"`
		Email    *string  `json:"email,omitempty" doc:"An e-mail address for contact, which is not verified" example:"marisol@example.org"`
		Roles    []string `json:"roles,omitempty" maxItems:"32" doc:"Each is 1 to 64 of a-z, 0-9 and ._:-" example:"[\"editor\"]"`
		Password *string  `json:"password,omitempty" doc:"Left out, the user cannot log in before setting a password with a link" format:"password" example:"correct horse battery"`
	}
}

func createUserDocs(op *huma.Operation) {
	op.Summary = "Add a user"
	op.Description = "Creates a user, also while sign-up is closed. A user without a password cannot log in: make a set-password link for them."
	op.Tags = []string{tagAdministration}
	op.DefaultStatus = http.StatusCreated
	canFail(op, models.ErrUsernameTaken, models.ErrInvalidUsername, models.ErrInvalidEmail, models.ErrInvalidRole, errWeakPassword, models.ErrBusy)
}

// createUser creates a user on behalf of an administrator.
func (h *Handler) createUser(ctx context.Context, in *createUserRequest) (*managedUserResponse, error) {
	params := models.UserParams{Username: in.Body.Username, Email: in.Body.Email, Roles: in.Body.Roles, NoPassword: in.Body.Password == nil}
	if in.Body.Password != nil {
		params.Password = *in.Body.Password
	}
	user, err := h.store.CreateUser(ctx, in.actor(), params)
	if err != nil {
		return nil, fmt.Errorf("adding a user: %w", err)
	}
	h.logEvent(in.actor(), "user added", "user", user.ID, "roles", strings.Join(user.Roles, " "), "by", in.UserID)
	return &managedUserResponse{managedUserOf(user)}, nil
}

type updateUserRequest struct {
	caller
	ID   string `path:"id" doc:"The id of the user"`
	Body struct {
		Disabled *bool        `json:"disabled,omitempty" doc:"A disabled user cannot log in. Disabling ends the user's sessions, and voids the set-password link" example:"true"`
		Roles    *[]string    `json:"roles,omitempty" maxItems:"32" doc:"Replaces the user's roles. Each is 1 to 64 of a-z, 0-9 and ._:-" example:"[\"editor\"]"`
		Email    nullableText `json:"email,omitzero" doc:"Replaces the e-mail address. Null removes it" example:"marisol@example.org"`
	}
}

func updateUserDocs(op *huma.Operation) {
	op.Summary = "Change a user"
	op.Description = "Disables or enables a user, or replaces the user's roles or e-mail address. Fields that are left out stay as they are. " +
		"The change takes effect on the user's next request.\n\n" +
		"The last administrator who can log in, that is, who is enabled and has a password, can be neither disabled nor demoted."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrUserNotFound, models.ErrLastAdmin, models.ErrInvalidRole, models.ErrInvalidEmail)
}

// updateUser disables or enables a user, or replaces the user's roles or e-mail address.
func (h *Handler) updateUser(ctx context.Context, in *updateUserRequest) (*managedUserResponse, error) {
	user, err := h.store.UpdateUser(ctx, in.actor(), in.ID, models.UserChange{
		Disabled: in.Body.Disabled, Roles: (*models.Roles)(in.Body.Roles), Email: in.Body.Email.sent,
	})
	if err != nil {
		return nil, fmt.Errorf("changing a user: %w", err)
	}
	h.logEvent(in.actor(), "user changed", "user", user.ID, "disabled", user.Disabled,
		"roles", strings.Join(user.Roles, " "), "email_changed", in.Body.Email.sent != nil, "by", in.UserID)
	return &managedUserResponse{managedUserOf(user)}, nil
}

type deleteUserRequest struct {
	caller
	ID string `path:"id" doc:"The id of the user"`
}

func deleteUserDocs(op *huma.Operation) {
	op.Summary = "Delete a user"
	op.Description = "Deletes a user and ends the user's sessions. This cannot be undone.\n\n" +
		"The last administrator who can log in cannot be deleted."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrUserNotFound, models.ErrLastAdmin)
}

// deleteUser deletes a user.
func (h *Handler) deleteUser(ctx context.Context, in *deleteUserRequest) (*struct{}, error) {
	if err := h.store.DeleteUser(ctx, in.actor(), in.ID); err != nil {
		return nil, fmt.Errorf("deleting a user: %w", err)
	}
	h.logEvent(in.actor(), "user deleted", "user", in.ID, "by", in.UserID)
	return nil, nil
}
