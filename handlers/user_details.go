package handlers

import (
	"time"

	"latchkey/models"
)

// userDetails is a user as they and administrators see it.
type userDetails struct {
	ID        string    `json:"id" doc:"Never changes, and is never used for another user" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4"`
	Username  string    `json:"username" example:"marisol"`
	Email     *string   `json:"email" nullable:"true" example:"marisol@example.org"`
	Disabled  bool      `json:"disabled" doc:"Whether the user is prevented from logging in" example:"false"`
	Roles     []string  `json:"roles" nullable:"false" example:"[\"editor\"]"`
	CreatedAt time.Time `json:"created_at" example:"2026-11-21T12:00:00Z"`
}

func detailsOf(user models.User) userDetails {
	return userDetails{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt}
}

type userDetailsResponse struct{ Body userDetails }
