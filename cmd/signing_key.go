package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// keyPollInterval is how often the server looks for a change of the signing
// keys: twice within models.KeySetDelay.
const keyPollInterval = models.KeySetDelay / 2

// signingKeys keeps an issuer's keys those of the database.
type signingKeys struct {
	store *models.Store
	use   models.KeyUse
	log   *slog.Logger
}

// prepare returns the keys that the server begins with. Those of the database
// are made where there are none, and sealed with the first secret.
func (k signingKeys) prepare(ctx context.Context, ttl time.Duration) (auth.KeySet, error) {
	if err := k.store.ResealKeys(ctx, k.use); err != nil {
		return nil, secretAdvice(err)
	}
	if k.use.Algorithm == auth.HS256 {
		return auth.SecretKeys(k.use.Secrets), nil
	}
	if err := k.store.EnsureKeys(ctx, k.use, ttl); err != nil {
		return nil, secretAdvice(err)
	}
	keys, err := k.store.SigningKeys(ctx, k.use.Algorithm)
	if err != nil {
		return nil, err
	}
	set, err := k.use.Open(keys)
	return set, secretAdvice(err)
}

// secretAdvice says what a person can do when JWT_SECRET does not open the
// keys in the database.
func secretAdvice(err error) error {
	if errors.Is(err, auth.ErrWrongSecret) {
		return fmt.Errorf("JWT_SECRET is not the one of this database: %w; put the secret that sealed it back, after the new one and a comma", err)
	}
	return err
}

// follow makes issuer follow the database until ctx ends or stop is called,
// which waits for the end. The keys of HS256 are settings and never change.
func (k signingKeys) follow(ctx context.Context, issuer *auth.Issuer) (stop func()) {
	if k.use.Algorithm == auth.HS256 {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.watch(ctx, issuer)
	}()
	return func() { cancel(); <-ended }
}

func (k signingKeys) watch(ctx context.Context, issuer *auth.Issuer) {
	ticker := time.NewTicker(keyPollInterval)
	defer ticker.Stop()
	failing := false // is logged once, when it begins
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := k.look(ctx, issuer)
		if err != nil && !failing && ctx.Err() == nil {
			k.log.Error("the signing keys cannot be followed; those before stay in use", "cause", err)
		}
		failing = err != nil
	}
}

// look changes the issuer's keys when those of the database are others.
func (k signingKeys) look(ctx context.Context, issuer *auth.Issuer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	keys, err := k.store.SigningKeys(ctx, k.use.Algorithm)
	sameID := func(inUse auth.Key, key models.SigningKey) bool { return inUse.ID == key.ID }
	if err != nil || slices.EqualFunc(issuer.Keys(), keys, sameID) {
		return err
	}
	set, err := k.use.Open(keys)
	if err != nil {
		return secretAdvice(err)
	}
	if err := issuer.SetKeys(set); err != nil {
		return err
	}
	k.log.Info("signing keys changed", "current", set[0].ID, "keys", len(set))
	return k.store.PurgeKeys(ctx) // one may have retired just now
}
