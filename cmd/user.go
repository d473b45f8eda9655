package cmd

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"latchkey/models"
)

// userCommands is what the "latchkey user" commands share.
type userCommands struct {
	environ []string
	json    bool // --json
}

// newUser returns "latchkey user" and its commands.
func newUser(environ []string) *cobra.Command {
	group := newGroup("user", "Manage users")
	group.Long = `Manage users. The commands read the same settings as the server and work while
it runs.

A password is read from a hidden prompt or, if standard input is not a terminal,
from standard input; never from an argument, which other users could see.`
	group.Example = `  latchkey user add jonas
  latchkey user list --json`
	u := &userCommands{environ: environ}
	group.PersistentFlags().BoolVar(&u.json, "json", false, "print the result as JSON")
	group.AddCommand(u.newList(), u.newAdd(), u.newDisable(), u.newEnable(), u.newPassword(), u.newLink(), u.newRole(), u.newDelete())
	return group
}

// userRun is one run of a "latchkey user" command.
type userRun struct {
	*userCommands
	*cobra.Command
	config Config
	store  *models.Store
	args   []string
}

// run returns a function for RunE that opens the database and calls do.
func (u *userCommands) run(do func(userRun) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) (err error) {
		config, err := loadConfig(u.environ)
		if err != nil {
			return err
		}
		store, err := openStore(c.Context(), config, true) // commands never create a database
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		if err := do(userRun{u, c, config, store, args}); err != nil {
			return fmt.Errorf("user %s: %w", c.Name(), err)
		}
		return nil
	}
}

func (u *userCommands) newDisable() *cobra.Command {
	return &cobra.Command{
		Use:     "disable NAME",
		Short:   "Prevent a user from logging in, and end their sessions",
		Example: "  latchkey user disable jonas",
		Args:    arguments(1, 1),
		RunE: u.run(func(r userRun) error {
			yes := true
			user, err := r.update(models.UserChange{Disabled: &yes})
			if err != nil {
				return err
			}
			return r.print(user, user.Username+" has been disabled. All their sessions have ended.")
		}),
	}
}

func (u *userCommands) newEnable() *cobra.Command {
	return &cobra.Command{
		Use:     "enable NAME",
		Short:   "Allow a disabled user to log in again",
		Example: "  latchkey user enable jonas",
		Args:    arguments(1, 1),
		RunE: u.run(func(r userRun) error {
			no := false
			user, err := r.update(models.UserChange{Disabled: &no})
			if err != nil {
				return err
			}
			return r.print(user, user.Username+" has been enabled.")
		}),
	}
}

func (u *userCommands) newPassword() *cobra.Command {
	return &cobra.Command{
		Use:     "password NAME",
		Short:   "Set a user's password, and end their sessions",
		Example: "  latchkey user password jonas",
		Args:    arguments(1, 1),
		RunE: u.run(func(r userRun) error {
			user, err := r.store.UserByName(r.Context(), r.args[0])
			if err != nil {
				return err
			}
			password, err := readPassword(r.Context(), r.InOrStdin(), r.ErrOrStderr())
			if err != nil {
				return err
			}
			if err := r.store.SetPassword(r.Context(), models.CommandLine(), user, password); err != nil {
				return err
			}
			return r.print(user, user.Username+" has a new password. All their sessions have ended.")
		}),
	}
}

func (u *userCommands) newRole() *cobra.Command {
	var none bool
	c := &cobra.Command{
		Use:   "role NAME ROLE...",
		Short: "Replace a user's roles",
		Long:  "Give a user exactly these roles, or remove all roles with --none.",
		Example: `  latchkey user role jonas editor reader
  latchkey user role jonas --none`,
		Args: func(c *cobra.Command, args []string) error {
			if none && len(args) > 1 {
				return usageError("give roles or --none, not both")
			}
			least := 2
			if none {
				least = 1
			}
			return arguments(least, 1000)(c, args)
		},
		RunE: u.run(func(r userRun) error {
			roles := models.Roles(r.args[1:])
			user, err := r.update(models.UserChange{Roles: &roles})
			if err != nil {
				return err
			}
			if len(user.Roles) == 0 {
				return r.print(user, user.Username+" has no roles now.")
			}
			return r.print(user, user.Username+" has these roles now: "+strings.Join(user.Roles, " "))
		}),
	}
	c.Flags().BoolVar(&none, "none", false, "remove all roles")
	return c
}

func (u *userCommands) newDelete() *cobra.Command {
	return &cobra.Command{
		Use:     "delete NAME",
		Short:   "Delete a user",
		Example: "  latchkey user delete jonas",
		Args:    arguments(1, 1),
		RunE: u.run(func(r userRun) error {
			user, err := r.store.UserByName(r.Context(), r.args[0])
			if err != nil {
				return err
			}
			if err := r.store.DeleteUser(r.Context(), models.CommandLine(), user.ID); err != nil {
				return err
			}
			return r.print(user, user.Username+" has been deleted.")
		}),
	}
}

// update changes the user that the first argument names.
func (r userRun) update(change models.UserChange) (models.User, error) {
	user, err := r.store.UserByName(r.Context(), r.args[0])
	if err != nil {
		return models.User{}, err
	}
	return r.store.UpdateUser(r.Context(), models.CommandLine(), user.ID, change)
}
