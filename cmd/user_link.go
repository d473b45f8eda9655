package cmd

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"latchkey/auth"
	"latchkey/models"
)

func (u *userCommands) newLink() *cobra.Command {
	return &cobra.Command{
		Use:   "link NAME",
		Short: "Print a link with which a user can set a password",
		Long: `Print a link with which a user can set a password, without knowing the current
one. It works once, for 24 hours. It is void as soon as another one is made, the
user is disabled, or the user gets a new password in any way.`,
		Example: "  latchkey user link jonas",
		Args:    arguments(1, 1),
		RunE: u.run(func(r userRun) error {
			links, err := r.newLinkIssuer()
			if err != nil {
				return err
			}
			user, err := r.store.UserByName(r.Context(), r.args[0])
			if err != nil {
				return err
			}
			sentence := user.Username + " can set a password now."
			if user.Disabled {
				sentence = user.Username + " can set a password now, but is disabled: enable the account so that they can log in."
			}
			return r.printLink(links, user, sentence)
		}),
	}
}

// linkIssuer is what set-password links are made with.
type linkIssuer struct {
	origin string
	codec  *auth.SetPasswordLinkCodec
}

// newLinkIssuer returns the link issuer that the server has with these settings.
func (r userRun) newLinkIssuer() (linkIssuer, error) {
	secrets, err := loadSecrets(r.config.JWTSecret)
	if err != nil {
		return linkIssuer{}, err
	}
	address, err := net.ResolveTCPAddr("tcp", r.config.Addr)
	if r.config.PublicURL == "" && (err != nil || address.Port == 0) {
		return linkIssuer{}, errors.New("ADDR does not say where people reach the server: set PUBLIC_URL")
	}
	return linkIssuer{r.config.publicURL(address), auth.NewSetPasswordLinkCodec(secrets)}, nil
}

// linkRow is a set-password link in JSON, with the fields of POST /users/{id}/password-link.
type linkRow struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// printLink makes a set-password link for a user and prints what was done.
func (r userRun) printLink(links linkIssuer, user models.User, sentence string) error {
	link, err := r.store.IssueLink(r.Context(), models.CommandLine(), user.ID)
	if err != nil {
		return err
	}
	row := linkRow{links.codec.URL(links.origin, link), link.ExpiresAt}
	if r.json {
		return r.printJSON(struct {
			userRow
			Link linkRow `json:"link"`
		}{rowOf(user), row})
	}
	_, err = fmt.Fprintf(r.OutOrStdout(), "%s\nThis link works once, until %s. Hand it over in private:\n\n%s\n", sentence,
		link.ExpiresAt.Local().Format("2 January 2006 15:04 MST"), row.URL)
	return err
}
