package handlers

import (
	"time"

	"latchkey/models"
)

// UserDetails is a user as they and administrators see it. It is exported because Huma documents no
// fields of an embedded type that is not.
type UserDetails struct {
	ID        string    `json:"id" doc:"Never changes, and is never used for another user" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
	Username  string    `json:"username" example:"marisol"`
	Email     *string   `json:"email" nullable:"true" example:"marisol@example.org"`
	Disabled  bool      `json:"disabled" doc:"Whether the user is prevented from logging in" example:"false"`
	Roles     []string  `json:"roles" nullable:"false" example:"[\"editor\"]"`
	CreatedAt time.Time `json:"created_at" example:"2026-11-21T12:00:00Z"`
}

func detailsOf(user models.User) UserDetails {
	return UserDetails{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt}
}

// managedUser is a user as administrators see them.
type managedUser struct {
	UserDetails
	LastLoginAt *time.Time `json:"last_login_at" nullable:"true" doc:"Null before the first login" example:"2026-11-21T12:00:00Z"`
}

func managedUserOf(user models.User) managedUser {
	return managedUser{detailsOf(user), user.LastLoginAt}
}

type managedUserResponse struct{ Body managedUser }

type userDetailsResponse struct{ Body UserDetails }
