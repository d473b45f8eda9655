package models

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"latchkey/auth"
)

// RotateKeys promotes the next key to current, retires the current one, and creates another next
// key. It fails with ErrKeyTooNew unless force is set, with ErrKeyNotFound if EnsureKeys has not
// been called, and with auth.ErrWrongSecret.
func (s *Store) RotateKeys(ctx context.Context, _ Actor, config KeyConfig, force bool) error {
	return s.changeKeys(ctx, config, func(tx *gorm.DB, keys []SigningKey, created SigningKey) error {
		next := keyIn(KeyNext, keys)
		if next != nil && !force && s.now().Before(next.CreatedAt.Add(KeySetMaxAge+KeySetDelay)) {
			return ErrKeyTooNew
		}
		return s.promoteNext(tx, keys, created)
	})
}

// RemoveKey deletes a key that may have been stolen. Tokens that it signed are invalid at once. The
// next key replaces a current one, and a new key replaces a next one, whatever its age. It fails
// with ErrKeyNotFound or auth.ErrWrongSecret.
func (s *Store) RemoveKey(ctx context.Context, _ Actor, config KeyConfig, id string) error {
	return s.changeKeys(ctx, config, func(tx *gorm.DB, keys []SigningKey, created SigningKey) error {
		i := slices.IndexFunc(keys, func(key SigningKey) bool { return key.ID == id })
		if i < 0 {
			return ErrKeyNotFound
		}
		stolen := keys[i] // a copy: promoteNext changes keys
		if stolen.State == KeyCurrent {
			if err := s.promoteNext(tx, keys, created); err != nil {
				return err
			}
		}
		if err := tx.Delete(&stolen).Error; err != nil {
			return s.wrap("deleting a signing key", err)
		}
		if stolen.State == KeyNext {
			return s.storeNext(tx, keys, created)
		}
		return nil
	})
}

// changeKeys runs change in a transaction, with the keys in use, which are locked, and with a new
// key that change may store.
func (s *Store) changeKeys(ctx context.Context, config KeyConfig, change func(tx *gorm.DB, keys []SigningKey, created SigningKey) error) error {
	created, err := newSigningKey(config) // before the transaction, since an RSA key takes a while
	if err != nil {
		return err
	}
	return s.transaction(ctx, "changing the signing keys", func(tx *gorm.DB) error {
		if err := s.lockKeys(tx, config.Algorithm); err != nil {
			return err
		}
		keys, err := s.keysInUse(tx, config.Algorithm)
		if err != nil {
			return err
		}
		if _, err := config.Open(keys); err != nil {
			return err
		}
		return change(tx, keys, created)
	})
}

// promoteNext moves each key to its next state.
func (s *Store) promoteNext(tx *gorm.DB, keys []SigningKey, created SigningKey) error {
	current, next := keyIn(KeyCurrent, keys), keyIn(KeyNext, keys)
	if current == nil || next == nil {
		return fmt.Errorf("%w: the server creates the first keys when it starts", ErrKeyNotFound)
	}
	// The last server to notice signs the last token.
	end := s.now().Add(KeySetDelay + current.TokenTTL + auth.Leeway)
	retired := SigningKey{State: KeyRetiring, RetiresAt: &end}
	if err := tx.Model(current).Select("state", "retires_at").Updates(retired).Error; err != nil {
		return s.wrap("retiring a signing key", err)
	}
	if err := tx.Model(next).Update("state", KeyCurrent).Error; err != nil {
		return s.wrap("promoting a signing key", err)
	}
	return s.storeNext(tx, keys, created)
}

func (s *Store) storeNext(tx *gorm.DB, keys []SigningKey, created SigningKey) error {
	created.State, created.CreatedAt = KeyNext, s.now()
	for _, key := range keys {
		created.TokenTTL = max(created.TokenTTL, key.TokenTTL)
	}
	return s.wrap("storing a signing key", tx.Create(&created).Error)
}
