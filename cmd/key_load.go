package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// loadOrCreateKeys returns the keys that the server starts with. Keys in the database are created
// if there are none, and are sealed with the first secret from then on. ttl is the lifetime of the
// tokens that will be signed.
func loadOrCreateKeys(ctx context.Context, store *models.Store, keyConfig models.KeyConfig, ttl time.Duration) (auth.KeySet, error) {
	if err := store.ResealKeys(ctx, keyConfig); err != nil {
		return nil, secretAdvice(err)
	}
	if keyConfig.Algorithm == auth.HS256 {
		return auth.SecretKeys(keyConfig.Secrets), nil
	}
	if err := store.EnsureKeys(ctx, keyConfig, ttl); err != nil {
		return nil, secretAdvice(err)
	}
	keys, err := store.SigningKeys(ctx, keyConfig.Algorithm)
	if err != nil {
		return nil, err
	}
	return openKeys(keyConfig, keys)
}

// openKeys returns the key set of keys, whose first key is the one that signs.
func openKeys(keyConfig models.KeyConfig, keys []models.SigningKey) (auth.KeySet, error) {
	if len(keys) == 0 || keys[0].State != models.KeyCurrent {
		return nil, errors.New("the database has no current signing key")
	}
	set, err := keyConfig.Open(keys)
	return set, secretAdvice(err)
}

// secretAdvice adds to auth.ErrWrongSecret what an operator can do about it, and returns any other
// error unchanged.
func secretAdvice(err error) error {
	if errors.Is(err, auth.ErrWrongSecret) {
		return fmt.Errorf("JWT_SECRET does not match the database: %w; "+
			"set JWT_SECRET to NEW,OLD, where OLD is the secret that sealed the keys", err)
	}
	return err
}
