package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"latchkey/auth"
	"latchkey/models"
)

// What Latchkey makes for itself when nobody gives it. Only the owner can read
// these files, from their first byte on.
const (
	dataFolder        = "data"
	secretFile        = "jwt-secret"
	adminPasswordFile = "admin-password"
)

// loadSecrets returns the secrets of JWT_SECRET or, when it is unset, of the
// file in the data folder, which is made when it is not there.
func loadSecrets(setting string) ([]auth.Secret, error) {
	if setting == "" {
		if err := makeSecret(filepath.Join(dataFolder, secretFile)); err != nil {
			return nil, fmt.Errorf("making the secret file: %w; set JWT_SECRET, or let Latchkey write to %s", err, dataFolder)
		}
	}
	return findSecrets(setting)
}

// findSecrets is loadSecrets for commands, which never make a secret: in the
// wrong folder it would be another one than the server's.
func findSecrets(setting string) ([]auth.Secret, error) {
	if setting != "" {
		return auth.ParseSecrets(setting)
	}
	path := filepath.Join(dataFolder, secretFile)
	text, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	secrets, err := auth.ParseSecrets(text)
	if err != nil {
		return nil, fmt.Errorf("the secret file %s cannot be used: %w; restore it, or move it away to have a new one made (everybody logs in again)", path, err)
	}
	return secrets, nil
}

// makeSecret makes a random secret at path unless there is a file. It appears
// there whole or not at all: of several processes that start at once one
// links its own, and all read that one.
func makeSecret(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // there is one, or readSecret tells why it cannot be read
	}
	temporary, err := writeTemporary(path, rand.Text()+rand.Text())
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes sure that a new name in a folder survives a power cut, as
// what the database says of it does.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the secret file cannot be read: %w; run this where the server runs, with the same settings", err)
	}
	if err != nil {
		return "", fmt.Errorf("the secret file cannot be read: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the secret file %s can be read by others: run chmod 600 on it, and replace it if somebody may have", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the secret file cannot be read: %w", err)
	}
	return string(text), nil
}

// writeTemporary writes text to a new file beside path and returns its name.
func writeTemporary(path, text string) (name string, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(file.Name()))
	}
	return file.Name(), nil
}

// firstUser is the user to make when there is none, and how its password is
// told: one that is made here once, on stdout when a person looks at it and in
// a file otherwise, since logs are kept and read by many.
type firstUser struct {
	models.NewUser
	source   string // where the password is to be found
	announce func() error
}

func newFirstUser(config Config, stdout io.Writer) firstUser {
	u := firstUser{source: "ADMIN_PASSWORD", announce: func() error { return nil }}
	u.NewUser = models.NewUser{Username: config.AdminName, Password: config.AdminPassword, Roles: models.Roles{models.RoleAdmin}}
	if u.Password != "" {
		return u
	}
	u.Password = makePassword(config)
	if isTerminal(stdout) {
		u.source = "shown above, this once"
		u.announce = func() error { return tell(stdout, u.Username, u.Password) }
	} else {
		u.source = filepath.Join(dataFolder, adminPasswordFile)
		u.announce = func() error { return replaceFile(u.source, u.Password+"\n") }
	}
	return u
}

// ensureFirstUser makes u when there is no user.
func ensureFirstUser(ctx context.Context, store *models.Store, u firstUser, log *slog.Logger) error {
	created, err := store.EnsureFirstUser(ctx, u.NewUser, u.announce)
	if err != nil {
		return fmt.Errorf("making the first user: %w", err)
	}
	if created {
		log.Info("made the first user", "name", u.Username, "role", models.RoleAdmin, "password", u.source)
	}
	return nil
}

// makePassword makes a password that the rules let the first user have.
func makePassword(config Config) string {
	policy := auth.PasswordPolicy{MinLength: config.PasswordMinLength}
	for {
		password := rand.Text()
		for len(password) < policy.MinLength {
			password += rand.Text()
		}
		if policy.Check(config.AdminName, password) == nil { // a short name can be in it by chance
			return password
		}
	}
}

func tell(stdout io.Writer, name, password string) error {
	_, err := fmt.Fprintf(stdout, "\n  The first user is %s, with the password %s\n  It is shown this once. Log in and keep it.\n\n", name, password)
	return err
}

// replaceFile puts a file that holds text at path, whatever is there.
func replaceFile(path, text string) error {
	temporary, err := writeTemporary(path, text)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}
