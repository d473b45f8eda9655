package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// Errors of the commands where the key is the secret itself, which is a
// setting and not in the database.
var (
	errRotateSecret = errors.New("with JWT_ALG=HS256 the key is the secret itself: set JWT_SECRET to NEW,OLD " +
		"on every server, and to NEW alone when the last tokens of the old one have ended")
	errDropSecret = errors.New("with JWT_ALG=HS256 the key is the secret itself: set JWT_SECRET on every server " +
		"to a new secret, without the stolen one")
)

// keysCommand is what a "latchkey keys" command works with.
type keysCommand struct {
	process
	action string
	store  *models.Store // nil with HS256
	use    models.KeyUse
	id     string // KID
	force  bool   // --force
	json   bool   // --json
}

// keysActions is every "latchkey keys" command.
func keysActions() map[string]func(*keysCommand, context.Context) error {
	return map[string]func(*keysCommand, context.Context) error{
		"list":        (*keysCommand).list,
		"rotate":      (*keysCommand).rotate,
		"compromised": (*keysCommand).compromised,
	}
}

// runKeys runs "latchkey keys ARGS…". It works while the server runs, on the
// same settings.
func runKeys(ctx context.Context, p process, args []string) (err error) {
	if len(args) == 0 {
		return errUsage
	}
	action, known := keysActions()[args[0]]
	c := &keysCommand{process: p, action: args[0]}
	if !known || c.parse(args[1:]) != nil {
		return errUsage
	}
	config, err := loadConfig(p.Environ)
	if err != nil {
		return err
	}
	c.use.Algorithm = config.JWTAlg
	c.use.Secrets, err = findSecrets(config.JWTSecret)
	if err != nil {
		return err
	}
	if c.use.Algorithm != auth.HS256 {
		if c.store, err = openStore(ctx, config, false); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, c.store.Close()) }()
	}
	if err := action(c, ctx); err != nil {
		return fmt.Errorf("keys %s: %w", c.action, secretAdvice(err))
	}
	return nil
}

// parse reads the arguments after the action. A KID may begin with -, so
// package flag would take it for a flag.
func (c *keysCommand) parse(args []string) error {
	for _, arg := range args {
		switch {
		case arg == "--json":
			c.json = true
		case arg == "--force" && c.action == "rotate":
			c.force = true
		case c.action == "compromised" && c.id == "" && arg != "":
			c.id = arg
		default:
			return errUsage
		}
	}
	if c.action == "compromised" && c.id == "" {
		return errUsage
	}
	return nil
}

func (c *keysCommand) rotate(ctx context.Context) error {
	if c.store == nil {
		return errRotateSecret
	}
	err := c.store.RotateKeys(ctx, models.CommandLine(), c.use, c.force)
	if errors.Is(err, models.ErrKeyTooNew) {
		return fmt.Errorf("%w; wait, or use --force", err)
	}
	if err != nil {
		return err
	}
	return c.list(ctx)
}

func (c *keysCommand) compromised(ctx context.Context) error {
	if c.store == nil {
		return errDropSecret
	}
	if err := c.store.DropKey(ctx, models.CommandLine(), c.use, c.id); err != nil {
		return err
	}
	return c.list(ctx)
}

// keyRow is a key in JSON.
type keyRow struct {
	ID        string     `json:"kid"`
	Algorithm string     `json:"algorithm"`
	State     string     `json:"state"`      // next, current, retiring; of secrets current, older
	CreatedAt *time.Time `json:"created_at"` // null for a secret
	RetiresAt *time.Time `json:"retires_at"` // null unless retiring
}

// list prints the keys in use as they are now.
func (c *keysCommand) list(ctx context.Context) error {
	rows, err := c.rows(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return json.NewEncoder(c.Stdout).Encode(rows)
	}
	table := tabwriter.NewWriter(c.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KID\tALGORITHM\tSTATE\tCREATED")
	for _, row := range rows {
		state, created := row.State, ""
		if row.RetiresAt != nil {
			state += " until " + row.RetiresAt.Format(time.RFC3339)
		}
		if row.CreatedAt != nil {
			created = row.CreatedAt.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", row.ID, row.Algorithm, state, created)
	}
	return table.Flush()
}

// rows reads the keys in use, all of which the secret must open.
func (c *keysCommand) rows(ctx context.Context) ([]keyRow, error) {
	rows := []keyRow{} // an empty list in JSON, not null
	if c.store == nil {
		for i, key := range auth.SecretKeys(c.use.Secrets) {
			state := "older"
			if i == 0 {
				state = models.KeyCurrent
			}
			rows = append(rows, keyRow{ID: key.ID, Algorithm: auth.HS256, State: state})
		}
		return rows, nil
	}
	keys, err := c.store.SigningKeys(ctx, c.use.Algorithm)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		rows = append(rows, keyRow{key.ID, key.Algorithm, key.State, &key.CreatedAt, key.RetiresAt})
	}
	_, err = c.use.Open(keys)
	return rows, err
}
