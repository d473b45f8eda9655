package cmd

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"

	"latchkey/auth"
	"latchkey/models"
)

// adminPasswordFile, in the data folder, holds the generated password of the first user.
const adminPasswordFile = "admin-password"

// firstUser is the user to create while there is none.
type firstUser struct {
	models.UserParams
	source   string       // where the operator finds the password; for the log
	announce func() error // makes a generated password known
}

// newFirstUser returns the user that the settings describe. A generated password is shown once if
// stdout is a terminal. Otherwise it goes to a file, since logs are stored and read by many.
func newFirstUser(config Config, stdout io.Writer) firstUser {
	u := firstUser{source: "ADMIN_PASSWORD", announce: func() error { return nil }}
	u.UserParams = models.UserParams{Username: config.AdminName, Password: config.AdminPassword, Roles: firstRoles()}
	if u.Password != "" {
		return u
	}
	u.Password = generatePassword(config)
	if isTerminal(stdout) {
		u.source = "shown above, only this once"
		u.announce = func() error { return show(stdout, u.Username, u.Password) }
	} else {
		u.source = filepath.Join(dataFolder, adminPasswordFile)
		u.announce = func() error { return replaceFile(u.source, u.Password+"\n") }
	}
	return u
}

// firstRoles returns the roles of the first user.
func firstRoles() models.Roles { return models.Roles{models.RoleAdmin} }

// createFirstUser creates u unless there is a user by now.
func createFirstUser(ctx context.Context, store *models.Store, u firstUser, log *slog.Logger) error {
	created, err := store.EnsureFirstUser(ctx, u.UserParams, u.announce)
	if err != nil {
		return fmt.Errorf("creating the first user: %w", err)
	}
	if created {
		log.Info("created the first user", "name", u.Username, "role", models.RoleAdmin, "password_source", u.source)
	}
	return nil
}

// generatePassword returns a random password that the policy allows the first user.
func generatePassword(config Config) string {
	for {
		var password strings.Builder
		for password.Len() == 0 || password.Len() < config.PasswordMinLength {
			password.WriteString(rand.Text())
		}
		text := password.String()[:min(password.Len(), auth.MaxPasswordLength)]
		if config.passwordPolicy().Check(config.AdminName, firstRoles(), text) == nil { // it may contain a short name
			return text
		}
	}
}

func show(stdout io.Writer, name, password string) error {
	_, err := fmt.Fprintf(stdout, "\n  The first user is %s. The password is %s\n"+
		"  It is not shown again: log in and store it somewhere safe.\n\n", name, password)
	return err
}
