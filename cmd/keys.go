package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"latchkey/auth"
	"latchkey/models"
)

// Errors of commands that cannot change the keys of HS256, because those are settings.
var (
	errRotateSecret = errors.New("with JWT_ALG=HS256 the signing key is the secret itself: set JWT_SECRET to OLD,NEW " +
		"on every server, then to NEW,OLD, and to NEW once the last token signed with OLD has expired")
	errRemoveSecret = errors.New("with JWT_ALG=HS256 the signing key is the secret itself: set JWT_SECRET to a new secret " +
		"on every server, without the stolen one")
)

// keysCommands is what the "latchkey keys" commands share.
type keysCommands struct {
	environ []string
	json    bool // --json
}

// newKeys returns "latchkey keys" and its commands.
func newKeys(environ []string) *cobra.Command {
	group := newGroup("keys", "Manage the signing keys")
	group.Long = `Manage the keys that sign and verify access tokens. The commands read the same
settings as the server and work while it runs. Every server picks up a change
within 2 seconds. With JWT_ALG=HS256, only list works: the key is the secret.`
	group.Example = `  latchkey keys list
  latchkey keys rotate`
	k := &keysCommands{environ: environ}
	group.PersistentFlags().BoolVar(&k.json, "json", false, "print the keys as JSON")
	group.AddCommand(k.newList(), k.newRotate(), k.newCompromised())
	return group
}

// keysRun is one run of a "latchkey keys" command.
type keysRun struct {
	*keysCommands
	*cobra.Command
	store     *models.Store // nil with HS256
	keyConfig models.KeyConfig
}

// run returns a function for RunE that opens the database, if it holds the keys, calls do and lists
// the keys.
func (k *keysCommands) run(do func(r keysRun, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) (err error) {
		config, err := loadConfig(k.environ)
		if err != nil {
			return err
		}
		secrets, err := loadSecrets(config.JWTSecret)
		if err != nil {
			return err
		}
		r := keysRun{k, c, nil, models.KeyConfig{Algorithm: config.JWTAlg, Secrets: secrets}}
		if config.JWTAlg != auth.HS256 {
			if r.store, err = openStore(c.Context(), config, true); err != nil {
				return err
			}
			defer func() { err = errors.Join(err, r.store.Close()) }()
		}
		if err = do(r, args); err == nil {
			err = r.list()
		}
		if err != nil {
			return fmt.Errorf("keys %s: %w", c.Name(), secretAdvice(err))
		}
		return nil
	}
}

func (k *keysCommands) newList() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the keys in use",
		Long: `List the keys in use. The current key signs; all keys verify. The next key is
already published, so that other services know it before it signs. A retiring
key stays until the last token that it signed has expired.`,
		Example: "  latchkey keys list --json",
		Args:    arguments(0, 0),
		RunE:    k.run(func(keysRun, []string) error { return nil }),
	}
}

func (k *keysCommands) newRotate() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Sign with the next key from now on",
		Long: `Sign with the next key from now on. Rotation logs nobody out: the previous key
verifies until the last token that it signed has expired.`,
		Example: "  latchkey keys rotate",
		Args:    arguments(0, 0),
		RunE: k.run(func(r keysRun, _ []string) error {
			if r.store == nil {
				return errRotateSecret
			}
			err := r.store.RotateKeys(r.Context(), models.CommandLine(), r.keyConfig, force)
			if errors.Is(err, models.ErrKeyTooNew) {
				return fmt.Errorf("%w; wait, or use --force", err)
			}
			return err
		}),
	}
	c.Flags().BoolVar(&force, "force", false, "rotate even if other services may not know the next key yet")
	return c
}

func (k *keysCommands) newCompromised() *cobra.Command {
	return &cobra.Command{
		Use:   "compromised KID",
		Short: "Remove a stolen key at once",
		Long: `Remove a stolen key at once. Latchkey refuses the tokens that it signed within 2
seconds; other services do once they fetch the keys again. If it was the current
key, the next key takes its place.`,
		Example: "  latchkey keys compromised NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
		Args:    arguments(1, 1),
		RunE: k.run(func(r keysRun, args []string) error {
			if r.store == nil {
				return errRemoveSecret
			}
			return r.store.RemoveKey(r.Context(), models.CommandLine(), r.keyConfig, args[0])
		}),
	}
}

// escapeKeyID puts "--" before the arguments of "keys compromised" that are none of its flags. A
// key id may begin with a hyphen and would be read as a flag.
func escapeKeyID(args []string) []string {
	keys := slices.Index(args, "keys")
	command := slices.Index(args, "compromised")
	isFlag := func(arg string) bool { return strings.HasPrefix(arg, "-") }
	if keys < 0 || command < keys || slices.Contains(args, "--") ||
		!allOf(args[:keys], isFlag) || !allOf(args[keys+1:command], isFlag) {
		return args
	}
	escaped, rest := args[:command+1:command+1], []string{"--"}
	for _, arg := range args[command+1:] {
		if slices.Contains([]string{"-h", "--help", "--json"}, arg) || strings.HasPrefix(arg, "--json=") {
			escaped = append(escaped, arg)
		} else {
			rest = append(rest, arg)
		}
	}
	return append(escaped, rest...)
}

func allOf(args []string, holds func(string) bool) bool {
	return !slices.ContainsFunc(args, func(arg string) bool { return !holds(arg) })
}

// keyRow is a key in JSON.
type keyRow struct {
	ID        string     `json:"kid"`
	Algorithm string     `json:"algorithm"`
	State     string     `json:"state"`      // next, current or retiring; for a secret current or older
	CreatedAt *time.Time `json:"created_at"` // null for a secret
	RetiresAt *time.Time `json:"retires_at"` // null unless retiring
}

// list prints the keys in use.
func (r keysRun) list() error {
	rows, err := r.rows()
	if err != nil {
		return err
	}
	if r.json {
		return json.NewEncoder(r.OutOrStdout()).Encode(rows)
	}
	table := tabwriter.NewWriter(r.OutOrStdout(), 0, 0, 2, ' ', 0)
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

// rows returns the keys in use. It fails with auth.ErrWrongSecret unless the secrets open them all.
func (r keysRun) rows() ([]keyRow, error) {
	rows := []keyRow{} // an empty JSON array rather than null
	if r.store == nil {
		for i, key := range auth.SecretKeys(r.keyConfig.Secrets) {
			state := "older"
			if i == 0 {
				state = models.KeyCurrent
			}
			rows = append(rows, keyRow{ID: key.ID, Algorithm: auth.HS256, State: state})
		}
		return rows, nil
	}
	keys, err := r.store.SigningKeys(r.Context(), r.keyConfig.Algorithm)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		rows = append(rows, keyRow{key.ID, key.Algorithm, key.State, &key.CreatedAt, key.RetiresAt})
	}
	_, err = r.keyConfig.Open(keys)
	return rows, err
}
