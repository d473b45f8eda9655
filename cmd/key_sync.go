package cmd

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// keySyncInterval is how often the server looks for changed signing keys: twice within
// models.KeySetDelay.
const keySyncInterval = models.KeySetDelay / 2

// keySync copies the signing keys from the database to the issuer whenever they have changed.
type keySync struct {
	store     *models.Store
	keyConfig models.KeyConfig
	issuer    *auth.Issuer
	log       *slog.Logger
}

// run syncs until ctx ends. It logs a failure once, until a sync has succeeded again. With HS256 it
// has nothing to do: those keys are settings.
func (k keySync) run(ctx context.Context) {
	if k.keyConfig.Algorithm == auth.HS256 {
		return
	}
	ticker := time.NewTicker(keySyncInterval)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := k.sync(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			k.log.Error("cannot load the signing keys; the previous ones stay in use", "cause", err)
		}
		failing = err != nil
	}
}

func (k keySync) sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	keys, err := k.store.SigningKeys(ctx, k.keyConfig.Algorithm)
	if err != nil {
		return err
	}
	sameID := func(inUse auth.Key, key models.SigningKey) bool { return inUse.ID == key.ID }
	if slices.EqualFunc(k.issuer.Keys(), keys, sameID) {
		return nil
	}
	set, err := openKeys(k.keyConfig, keys)
	if err != nil {
		return err
	}
	if err := k.issuer.SetKeys(set); err != nil {
		return err
	}
	k.log.Info("signing keys changed", "current", set[0].ID, "keys", len(set))
	return k.store.PurgeKeys(ctx) // a key may just have retired
}
