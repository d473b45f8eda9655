package cmd

import (
	"github.com/spf13/cobra"

	"latchkey/models"
)

func (u *userCommands) newAdd() *cobra.Command {
	var email string
	var link bool
	user := models.UserParams{}
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "Add a user",
		Long: `Add a user, with a password or, with --link, with a set-password link to hand
over: the user cannot log in before setting a password with it.`,
		Example: `  latchkey user add jonas
  latchkey user add jonas --link
  latchkey user add petra --email petra@example.org --role admin --role editor
  pass show latchkey/jonas | latchkey user add jonas`,
		Args: arguments(1, 1),
		RunE: u.run(func(r userRun) (err error) {
			user.Username = r.args[0]
			if email != "" {
				user.Email = &email
			}
			if link {
				return r.addWithLink(user)
			}
			if user.Password, err = readPassword(r.Context(), r.InOrStdin(), r.ErrOrStderr()); err != nil {
				return err
			}
			added, err := r.store.CreateUser(r.Context(), models.CommandLine(), user)
			if err != nil {
				return err
			}
			return r.print(added, added.Username+" has been added.")
		}),
	}
	c.Flags().StringVar(&email, "email", "", "the e-mail `address`")
	c.Flags().StringArrayVar((*[]string)(&user.Roles), "role", nil, "give the user this `role`; may be repeated")
	c.Flags().BoolVar(&link, "link", false, "print a set-password link instead of asking for a password")
	return c
}

// addWithLink adds a user without a password and prints a set-password link.
func (r userRun) addWithLink(user models.UserParams) error {
	links, err := r.newLinkIssuer()
	if err != nil {
		return err // before the user is created
	}
	user.NoPassword = true
	added, err := r.store.CreateUser(r.Context(), models.CommandLine(), user)
	if err != nil {
		return err
	}
	return r.printLink(links, added, added.Username+" has been added.")
}
