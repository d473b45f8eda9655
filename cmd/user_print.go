package cmd

import (
	"encoding/json"
	"fmt"
	"time"

	"latchkey/models"
)

// print prints what was done: as a sentence, or with --json as the user.
func (r userRun) print(user models.User, sentence string) error {
	if r.json {
		return r.printJSON(rowOf(user))
	}
	_, err := fmt.Fprintln(r.OutOrStdout(), sentence)
	return err
}

func (r userRun) printJSON(value any) error { return json.NewEncoder(r.OutOrStdout()).Encode(value) }

// userRow is a user in JSON, with the fields of GET /users.
type userRow struct {
	ID          string     `json:"id"`
	Username    string     `json:"username"`
	Email       *string    `json:"email"`
	Disabled    bool       `json:"disabled"`
	Roles       []string   `json:"roles"`
	CreatedAt   time.Time  `json:"created_at"`
	LastLoginAt *time.Time `json:"last_login_at"`
}

func rowOf(user models.User) userRow {
	return userRow{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt, user.LastLoginAt}
}
