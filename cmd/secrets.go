package cmd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"latchkey/auth"
)

// secretFile, in the data folder, holds the secret when JWT_SECRET is unset.
const secretFile = "jwt-secret"

// loadOrCreateSecrets returns the secrets of JWT_SECRET or, if setting is empty, that of the secret
// file. It creates the file if there is none.
func loadOrCreateSecrets(setting string) ([]auth.Secret, error) {
	if setting == "" {
		if err := ensureSecretFile(filepath.Join(dataFolder, secretFile)); err != nil {
			return nil, fmt.Errorf("creating the secret file: %w; set JWT_SECRET, or let Latchkey write to %s", err, dataFolder)
		}
	}
	return loadSecrets(setting)
}

// loadSecrets is loadOrCreateSecrets without the creation, for commands: run in the wrong folder,
// they would create another secret than the server's.
func loadSecrets(setting string) ([]auth.Secret, error) {
	if setting != "" {
		return auth.ParseSecrets(setting)
	}
	path := filepath.Join(dataFolder, secretFile)
	text, err := readSecretFile(path)
	if err != nil {
		return nil, err
	}
	secrets, err := auth.ParseSecrets(text)
	if err != nil {
		return nil, fmt.Errorf("invalid secret file %s: %w; restore it, or move it away to start with a new secret, "+
			"which logs everyone out", path, err)
	}
	return secrets, nil
}

// checkSecrets fails if the secrets cannot be used. A missing secret file is no error. The server
// calls it before it creates the database, so that a start that fails leaves nothing behind.
func checkSecrets(setting string) error {
	_, err := os.Lstat(filepath.Join(dataFolder, secretFile))
	if setting == "" && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err = loadSecrets(setting)
	return err
}

// ensureSecretFile creates a random secret unless there is one. If several processes start at once,
// all use the secret of the first.
func ensureSecretFile(path string) error {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil // if it is unreadable, readSecretFile says why
	}
	err := createFile(path, rand.Text()+rand.Text())
	if errors.Is(err, fs.ErrExist) { // another process was faster
		return syncFolder(filepath.Dir(path))
	}
	return err
}

// readSecretFile refuses a file that checkSecretFile refuses.
func readSecretFile(path string) (string, error) {
	if isBrokenLink(path) {
		return "", fmt.Errorf("the secret file %s is a link to a file that does not exist: restore that file, "+
			"or remove the link to start with a new secret, which logs everyone out", path)
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the secret file: %w; run this command where the server runs, with the same settings", err)
	}
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	if err := checkSecretFile(path, info); err != nil {
		return "", err
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return "", fmt.Errorf("reading the secret file: %w", err)
	}
	return string(text), nil
}
