package handlers

import (
	"context"
	"fmt"
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
		Username: usernameRules(), Role: roleRules(), MaxRoles: models.MaxRoles,
	})
}

type listUsersRequest struct {
	Query string `query:"q" maxLength:"64" doc:"The beginning of the username. Upper and lower case are not distinguished" example:"mari"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many users to return at most"`
	After string `query:"after" maxLength:"64" doc:"The value of next in the previous response"`
}

type listUsersResponse struct {
	Body struct {
		Users []userDetails `json:"users" nullable:"false"`
		Next  *string       `json:"next" nullable:"true" doc:"Where the next page starts: send it as after. Null on the last page" example:"marisol"`
	}
}

func listUsersDocs(op *huma.Operation) {
	op.Summary = "List users"
	op.Description = "Returns users in the order of their usernames, a page at a time."
	op.Tags = []string{tagAdministration}
}

// listUsers returns a page of the users.
func (h *Handler) listUsers(ctx context.Context, in *listUsersRequest) (*listUsersResponse, error) {
	users, next, err := h.store.Users(ctx, models.UserQuery{Prefix: in.Query, After: in.After, Limit: in.Limit})
	if err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	out := &listUsersResponse{}
	out.Body.Users = []userDetails{} // not null in JSON
	for _, user := range users {
		out.Body.Users = append(out.Body.Users, detailsOf(user))
	}
	if next != "" {
		out.Body.Next = &next
	}
	return out, nil
}

type updateUserRequest struct {
	caller
	ID   string `path:"id" doc:"The id of the user"`
	Body struct {
		Disabled *bool     `json:"disabled,omitempty" doc:"A disabled user cannot log in. Disabling ends the user's sessions" example:"true"`
		Roles    *[]string `json:"roles,omitempty" maxItems:"32" doc:"Replaces the user's roles. Each is 1 to 64 of a-z, 0-9 and ._:-" example:"[\"editor\"]"`
	}
}

func updateUserDocs(op *huma.Operation) {
	op.Summary = "Change a user"
	op.Description = "Disables or enables a user, or replaces the user's roles. Fields that are left out stay as they are. The change takes " +
		"effect on the user's next request.\n\n" +
		"The last enabled administrator can be neither disabled nor demoted."
	op.Tags = []string{tagAdministration}
	canFail(op, models.ErrUserNotFound, models.ErrLastAdmin, models.ErrInvalidRole)
}

// updateUser disables or enables a user, or replaces the user's roles.
func (h *Handler) updateUser(ctx context.Context, in *updateUserRequest) (*userDetailsResponse, error) {
	user, err := h.store.UpdateUser(ctx, in.actor(), in.ID, models.UserChange{
		Disabled: in.Body.Disabled, Roles: (*models.Roles)(in.Body.Roles),
	})
	if err != nil {
		return nil, fmt.Errorf("changing a user: %w", err)
	}
	h.logEvent(in.actor(), "user changed", "user", user.ID, "disabled", user.Disabled,
		"roles", strings.Join(user.Roles, " "), "by", in.UserID)
	return &userDetailsResponse{detailsOf(user)}, nil
}

type deleteUserRequest struct {
	caller
	ID string `path:"id" doc:"The id of the user"`
}

func deleteUserDocs(op *huma.Operation) {
	op.Summary = "Delete a user"
	op.Description = "Deletes a user and ends the user's sessions. This cannot be undone.\n\n" +
		"The last enabled administrator cannot be deleted."
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
