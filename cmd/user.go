package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"latchkey/models"
)

// userCommand is what a "latchkey user" command works with.
type userCommand struct {
	process
	store *models.Store
	name  string   // NAME
	rest  []string // what comes after it
	email string   // --email
	roles []string // --role, as often as it was given
	json  bool     // --json
	none  bool     // --none: no role at all
}

// userActions is every "latchkey user" command. All but list take a NAME.
func userActions() map[string]func(*userCommand, context.Context) error {
	return map[string]func(*userCommand, context.Context) error{
		"add":      (*userCommand).add,
		"list":     (*userCommand).list,
		"disable":  (*userCommand).disable,
		"enable":   (*userCommand).enable,
		"password": (*userCommand).password,
		"role":     (*userCommand).role,
		"delete":   (*userCommand).delete,
	}
}

// runUser runs "latchkey user ARGS…". It works while the server runs, on the
// same settings.
func runUser(ctx context.Context, p process, args []string) (err error) {
	if len(args) == 0 {
		return errUsage
	}
	action, known := userActions()[args[0]]
	c := &userCommand{process: p}
	if !known || c.parse(args[0], args[1:]) != nil {
		return errUsage
	}
	config, err := loadConfig(p.Environ)
	if err != nil {
		return err
	}
	c.store, err = openStore(ctx, config, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.store.Close()) }()
	if err := action(c, ctx); err != nil {
		return fmt.Errorf("user %s: %w", args[0], err)
	}
	return nil
}

// parse reads the arguments after the action. Flags may stand anywhere.
func (c *userCommand) parse(action string, args []string) error {
	flags := flag.NewFlagSet("user "+action, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the usage says it better
	flags.BoolVar(&c.json, "json", false, "")
	if action == "add" {
		flags.StringVar(&c.email, "email", "", "")
		flags.Func("role", "", func(role string) error { c.roles = append(c.roles, role); return nil })
	}
	if action == "role" {
		flags.BoolVar(&c.none, "none", false, "")
	}
	var words []string
	for {
		if err := flags.Parse(args); err != nil {
			return err
		}
		if flags.NArg() == 0 {
			break
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
	if len(words) > 0 {
		c.name, c.rest = words[0], words[1:]
	}
	namesRoles := len(c.rest) > 0 || c.none
	if (c.name == "") != (action == "list") || namesRoles != (action == "role") || len(c.rest) > 0 && c.none {
		return errUsage
	}
	return nil
}

func (c *userCommand) add(ctx context.Context) error {
	password, err := c.readPassword(ctx)
	if err != nil {
		return err
	}
	u := models.NewUser{Username: c.name, Password: password, Roles: c.roles}
	if c.email != "" {
		u.Email = &c.email
	}
	user, err := c.store.CreateUser(ctx, models.CommandLine(), u)
	return c.tell(user, err, "added")
}

func (c *userCommand) disable(ctx context.Context) error {
	yes := true
	return c.update(ctx, models.UserChange{Disabled: &yes}, "disabled: every session of theirs is over")
}

func (c *userCommand) enable(ctx context.Context) error {
	no := false
	return c.update(ctx, models.UserChange{Disabled: &no}, "enabled")
}

// role gives the user the roles that are named, and no others.
func (c *userCommand) role(ctx context.Context) error {
	roles := models.Roles(c.rest)
	done := "without a role now"
	if len(roles) > 0 {
		done = "now: " + strings.Join(roles, " ")
	}
	return c.update(ctx, models.UserChange{Roles: &roles}, done)
}

func (c *userCommand) update(ctx context.Context, change models.UserChange, done string) error {
	user, err := c.store.UserByName(ctx, c.name)
	if err != nil {
		return err
	}
	user, err = c.store.UpdateUser(ctx, models.CommandLine(), user.ID, change)
	return c.tell(user, err, done)
}

func (c *userCommand) password(ctx context.Context) error {
	user, err := c.store.UserByName(ctx, c.name)
	if err != nil {
		return err
	}
	password, err := c.readPassword(ctx)
	if err != nil {
		return err
	}
	return c.tell(user, c.store.SetPassword(ctx, models.CommandLine(), user, password), "on a new password: every session of theirs is over")
}

func (c *userCommand) delete(ctx context.Context) error {
	user, err := c.store.UserByName(ctx, c.name)
	if err != nil {
		return err
	}
	return c.tell(user, c.store.DeleteUser(ctx, models.CommandLine(), user.ID), "deleted")
}

// tell says what was done to user: as a sentence, or as the user in JSON.
func (c *userCommand) tell(user models.User, err error, done string) error {
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.Stdout).Encode(rowOf(user))
	}
	_, err = fmt.Fprintf(c.Stdout, "%s is %s.\n", user.Username, done)
	return err
}

// userRow is a user in JSON, with the fields of GET /users.
type userRow struct {
	ID        string    `json:"id"`
	Username  string    `json:"username"`
	Email     *string   `json:"email"`
	Disabled  bool      `json:"disabled"`
	Roles     []string  `json:"roles"`
	CreatedAt time.Time `json:"created_at"`
}

func rowOf(user models.User) userRow {
	return userRow{user.ID, user.Username, user.Email, user.Disabled, user.Roles, user.CreatedAt}
}

// list prints all users, page by page, however many there are.
func (c *userCommand) list(ctx context.Context) error {
	print, end := c.tablePrinter()
	if c.json {
		print, end = c.jsonPrinter()
	}
	for query := (models.UserQuery{Limit: 500}); ; {
		users, next, err := c.store.Users(ctx, query)
		if err != nil {
			return err
		}
		for _, user := range users {
			if err := print(user); err != nil {
				return err
			}
		}
		if next == "" {
			return end()
		}
		query.After = next
	}
}

// tablePrinter prints a line a user. Text that could steer a terminal is
// quoted: nothing made here holds such, but the database can be written to.
func (c *userCommand) tablePrinter() (print func(models.User) error, end func() error) {
	table := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSTATE\tROLES\tE-MAIL\tCREATED")
	print = func(user models.User) error {
		state, email := "enabled", ""
		if user.Disabled {
			state = "disabled"
		}
		if user.Email != nil {
			email = *user.Email
		}
		_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", printable(user.Username), state,
			printable(strings.Join(user.Roles, " ")), printable(email), user.CreatedAt.Format(time.DateOnly))
		return err
	}
	return print, table.Flush
}

func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f }) {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// jsonPrinter prints an array without holding it.
func (c *userCommand) jsonPrinter() (print func(models.User) error, end func() error) {
	before := "["
	print = func(user models.User) error {
		text, err := json.Marshal(rowOf(user))
		if err == nil {
			_, err = fmt.Fprintf(c.Stdout, "%s\n%s", before, text)
		}
		before = ","
		return err
	}
	end = func() error {
		if before == "[" {
			_, err := fmt.Fprintln(c.Stdout, "[]")
			return err
		}
		_, err := fmt.Fprintln(c.Stdout, "\n]")
		return err
	}
	return print, end
}

// maxPasswordInput is far above every password that could be accepted, in
// bytes.
const maxPasswordInput = 64 << 10

// readPassword asks a person without showing what is typed, and reads
// standard input to its end otherwise. One line ending at the end is not part
// of the password.
func (c *userCommand) readPassword(ctx context.Context) (string, error) {
	if file, isFile := c.Stdin.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		return c.askPassword(ctx, int(file.Fd()))
	}
	text, err := io.ReadAll(io.LimitReader(c.Stdin, maxPasswordInput))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	password, ended := strings.CutSuffix(string(text), "\n")
	if ended {
		password = strings.TrimSuffix(password, "\r")
	}
	return password, nil
}

func (c *userCommand) askPassword(ctx context.Context, terminal int) (string, error) {
	var answers [2]string
	for i, question := range []string{"New password: ", "The same again: "} {
		fmt.Fprint(c.Stderr, question)
		text, err := readHidden(ctx, terminal)
		fmt.Fprintln(c.Stderr)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		answers[i] = text
	}
	if answers[0] != answers[1] {
		return "", errors.New("the two passwords differ; nothing was changed")
	}
	return answers[0], nil
}

// readHidden reads a line from a terminal without showing it. When ctx ends
// first it leaves the terminal as it was; its reader then waits in vain.
func readHidden(ctx context.Context, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	case answer := <-read:
		return string(answer.text), answer.err
	}
}
