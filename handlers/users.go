package handlers

import (
	"context"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
	"latchkey/views"
)

// usersPage is the shell that lists users by GET /users.
func (h *Handler) usersPage(c echo.Context) error {
	return h.render(c, 200, views.Users(views.UsersPage{Page: h.page("Users")}))
}

type listUsersRequest struct {
	Query string `query:"q" maxLength:"64" doc:"How the user name begins, in any case" example:"mari"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many users at the most"`
	After string `query:"after" maxLength:"64" doc:"next of the page before"`
}

type listUsersAnswer struct {
	Body struct {
		Users []userFields `json:"users" nullable:"false"`
		Next  *string      `json:"next" nullable:"true" doc:"Send it as after to get the next page; null on the last" example:"marisol"`
	}
}

func listUsersDocs(op *huma.Operation) {
	op.Summary = "List users"
	op.Description = "In the order of their names. A page costs the same whether there are ten users or a million."
	op.Tags = []string{tagAdministration}
}

// listUsers answers with a page of the users.
func (h *Handler) listUsers(ctx context.Context, in *listUsersRequest) (*listUsersAnswer, error) {
	users, next, err := h.Store.Users(ctx, models.UserQuery{Prefix: in.Query, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	answer := &listUsersAnswer{}
	answer.Body.Users = []userFields{}
	for _, user := range users {
		answer.Body.Users = append(answer.Body.Users, fieldsOf(user))
	}
	if next != "" {
		answer.Body.Next = &next
	}
	return answer, nil
}

type updateUserRequest struct {
	ID   string `path:"id" doc:"The user's id"`
	Body struct {
		Disabled *bool     `json:"disabled,omitempty" doc:"A disabled user cannot log in, and its sessions end" example:"true"`
		Roles    *[]string `json:"roles,omitempty" maxItems:"32" doc:"The user's roles from now on; each 1 to 64 of a-z, 0-9 and ._:-" example:"[\"editor\"]"`
	}
}

func updateUserDocs(op *huma.Operation) {
	op.Summary = "Change a user"
	op.Description = "Disables or enables a user, or gives it other roles; what is left out stays. It counts on the user's next request. " +
		"The last enabled administrator can be neither disabled nor lose the role: 409."
	op.Tags = []string{tagAdministration}
}

// updateUser disables, enables or changes the roles of a user.
func (h *Handler) updateUser(ctx context.Context, in *updateUserRequest) (*meAnswer, error) {
	user, err := h.Store.UpdateUser(ctx, actorOf(ctx), in.ID, models.UserChange{
		Disabled: in.Body.Disabled, Roles: (*models.Roles)(in.Body.Roles),
	})
	if err != nil {
		return nil, fmt.Errorf("changing a user: %w", err)
	}
	h.note(ctx, "changed a user", "user", user.ID, "disabled", user.Disabled,
		"roles", strings.Join(user.Roles, " "), "by", principal(ctx).UserID)
	return &meAnswer{fieldsOf(user)}, nil
}

type deleteUserRequest struct {
	ID string `path:"id" doc:"The user's id"`
}

func deleteUserDocs(op *huma.Operation) {
	op.Summary = "Delete a user"
	op.Description = "Removes the user and ends its sessions, for good. The last enabled administrator stays: 409."
	op.Tags = []string{tagAdministration}
}

// deleteUser removes a user.
func (h *Handler) deleteUser(ctx context.Context, in *deleteUserRequest) (*struct{}, error) {
	if err := h.Store.DeleteUser(ctx, actorOf(ctx), in.ID); err != nil {
		return nil, fmt.Errorf("deleting a user: %w", err)
	}
	h.note(ctx, "deleted a user", "user", in.ID, "by", principal(ctx).UserID)
	return nil, nil
}
