package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"latchkey/models"
)

func (u *userCommands) newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all users",
		Example: `  latchkey user list
  latchkey user list --json`,
		Args: arguments(0, 0),
		RunE: u.run(func(r userRun) error {
			var printer userPrinter = &tablePrinter{table: tabwriter.NewWriter(r.OutOrStdout(), 0, 0, 2, ' ', 0)}
			if r.json {
				printer = &arrayPrinter{out: r.OutOrStdout()}
			}
			return r.list(printer)
		}),
	}
}

// userPrinter prints any number of users without holding them in memory.
type userPrinter interface {
	begin() error
	print(models.User) error
	end() error
}

// list reads the users page by page.
func (r userRun) list(p userPrinter) error {
	if err := p.begin(); err != nil {
		return err
	}
	for query := (models.UserQuery{Limit: 500}); ; {
		users, next, err := r.store.Users(r.Context(), query)
		if err != nil {
			return err
		}
		for _, user := range users {
			if err := p.print(user); err != nil {
				return err
			}
		}
		if next == "" {
			return p.end()
		}
		query.After = next
	}
}

// tablePrinter prints one line per user.
type tablePrinter struct{ table *tabwriter.Writer }

func (p *tablePrinter) begin() error {
	_, err := fmt.Fprintln(p.table, "NAME\tSTATE\tROLES\tE-MAIL\tCREATED\tLAST LOGIN")
	return err
}

func (p *tablePrinter) print(user models.User) error {
	state, email, login := "enabled", "", "never"
	if user.Disabled {
		state = "disabled"
	}
	if user.Email != nil {
		email = *user.Email
	}
	if user.LastLoginAt != nil {
		login = user.LastLoginAt.Format(time.DateOnly)
	}
	_, err := fmt.Fprintf(p.table, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(user.Username), state,
		printable(strings.Join(user.Roles, " ")), printable(email), user.CreatedAt.Format(time.DateOnly), login)
	return err
}

func (p *tablePrinter) end() error { return p.table.Flush() }

// printable quotes text with control characters, which could steer a terminal. Latchkey stores
// none, but other programs may write to the database.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f }) {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// arrayPrinter prints a JSON array.
type arrayPrinter struct {
	out     io.Writer
	printed bool // whether a user has been printed
}

func (p *arrayPrinter) begin() error {
	_, err := fmt.Fprint(p.out, "[")
	return err
}

func (p *arrayPrinter) print(user models.User) error {
	text, err := json.Marshal(rowOf(user))
	if err != nil {
		return err
	}
	separator := "\n"
	if p.printed {
		separator = ",\n"
	}
	p.printed = true
	_, err = fmt.Fprintf(p.out, "%s%s", separator, text)
	return err
}

func (p *arrayPrinter) end() error {
	if !p.printed {
		_, err := fmt.Fprintln(p.out, "]")
		return err
	}
	_, err := fmt.Fprintln(p.out, "\n]")
	return err
}
