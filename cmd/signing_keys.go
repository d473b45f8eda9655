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
func loadOrCreateKeys(ctx context.Context, store *models.Store, use models.KeyUse, ttl time.Duration) (auth.KeySet, error) {
	if err := store.ResealKeys(ctx, use); err != nil {
		return nil, secretAdvice(err)
	}
	if use.Algorithm == auth.HS256 {
		return auth.SecretKeys(use.Secrets), nil
	}
	if err := store.EnsureKeys(ctx, use, ttl); err != nil {
		return nil, secretAdvice(err)
	}
	keys, err := store.SigningKeys(ctx, use.Algorithm)
	if err != nil {
		return nil, err
	}
	return openKeys(use, keys)
}

// openKeys returns the key set of keys, whose first key is the one that signs.
func openKeys(use models.KeyUse, keys []models.SigningKey) (auth.KeySet, error) {
	if len(keys) == 0 || keys[0].State != models.KeyCurrent {
		return nil, errors.New("the database has no current signing key")
	}
	set, err := use.Open(keys)
	return set, secretAdvice(err)
}

// secretAdvice adds to auth.ErrWrongSecret what an operator can do about it, and returns any other
// error unchanged.
func secretAdvice(err error) error {
	if errors.Is(err, auth.ErrWrongSecret) {
		return fmt.Errorf("JWT_SECRET does not match the database: %w; set JWT_SECRET to NEW,OLD, "+
			"where OLD is the secret that sealed the keys", err)
	}
	return err
}
