package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/auth"
)

const (
	// KeySetMaxAge is how long others may use the published key set before
	// they ask for it again.
	KeySetMaxAge = 5 * time.Minute

	// KeySetDelay is how long a replica may take to follow a change of the keys.
	KeySetDelay = 2 * time.Second
)

// What a signing key is for. An algorithm has one current and one next key.
const (
	KeyCurrent  = "current"  // signs
	KeyNext     = "next"     // is published, so that others know it before it signs
	KeyRetiring = "retiring" // verifies what it signed, until that has expired
)

// Errors of the signing keys.
var (
	// ErrKeyNotFound: there is no such key, or the server has made none yet.
	ErrKeyNotFound = errors.New("there is no such signing key")

	// ErrKeyTooNew: others may have a key set from before the next key was
	// made, and would refuse what it signs.
	ErrKeyTooNew = fmt.Errorf("the next key was made less than %s ago, so that other services may not know it yet", KeySetMaxAge+KeySetDelay)
)

// SigningKey is a key pair in the database. Its private part is sealed; the
// public part is in there too, so that nobody can put another one beside it.
type SigningKey struct {
	ID        string // kid
	Algorithm string
	State     string        // KeyCurrent, KeyNext or KeyRetiring
	Sealed    []byte        // see auth.OpenKey
	TokenTTL  time.Duration // the longest that a token signed with it may live
	CreatedAt time.Time
	RetiresAt *time.Time // when a retiring key is gone
}

// KeyUse is which keys a process uses, and what opens them.
type KeyUse struct {
	Algorithm string        // auth.ES256 or RS256; the keys of others lie idle
	Secrets   []auth.Secret // newest first; the first seals
}

// Open returns the key set of keys, in their order. It fails with
// auth.ErrWrongSecret unless all of them open.
func (u KeyUse) Open(keys []SigningKey) (auth.KeySet, error) {
	set := make(auth.KeySet, len(keys))
	for i, key := range keys {
		opened, _, err := auth.OpenKey(key.ID, key.Algorithm, key.Sealed, u.Secrets)
		if err != nil {
			return nil, fmt.Errorf("opening the signing key %s: %w", key.ID, err)
		}
		set[i] = opened
	}
	return set, nil
}

// SigningKeys lists the keys of an algorithm that are in use: the current one,
// the next one, and those that retire, newest first.
func (s *Store) SigningKeys(ctx context.Context, algorithm string) ([]SigningKey, error) {
	return s.keysInUse(s.reader.WithContext(ctx), algorithm)
}

func (s *Store) keysInUse(db *gorm.DB, algorithm string) (keys []SigningKey, err error) {
	err = db.Where("algorithm = ?", algorithm).Where("retires_at IS NULL OR retires_at > ?", s.now()).
		Order("state, retires_at DESC, id"). // the names of the states are in this order
		Find(&keys).Error
	return keys, failed("reading the signing keys", err)
}

// ResealKeys seals with the first secret what an older one had sealed, so that
// the older one can be dropped. It fails with auth.ErrWrongSecret, and leaves
// all as it was, when a key that is used does not open; idle ones may stay
// closed.
func (s *Store) ResealKeys(ctx context.Context, use KeyUse) error {
	return s.transaction(ctx, "sealing the signing keys again", func(tx *gorm.DB) error {
		if err := s.purgeKeys(tx); err != nil {
			return err
		}
		var keys []SigningKey
		if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Order("id").Find(&keys).Error; err != nil {
			return failed("reading the signing keys", err)
		}
		for _, key := range keys {
			if err := reseal(tx, key, use); err != nil {
				return err
			}
		}
		return nil
	})
}

func reseal(tx *gorm.DB, key SigningKey, use KeyUse) error {
	opened, place, err := auth.OpenKey(key.ID, key.Algorithm, key.Sealed, use.Secrets)
	if err == nil && place == 0 || err != nil && key.Algorithm != use.Algorithm {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the signing key %s: %w", key.ID, err)
	}
	sealed, err := opened.Seal(use.Secrets[0])
	if err != nil {
		return err
	}
	return failed("storing a sealed key", tx.Model(&key).Update("sealed", sealed).Error)
}

// EnsureKeys makes a current and a next key where there is none, and notes
// that tokens live for ttl, which decides how long a key retires. Of several
// processes that start at once one makes the pair. It fails with
// auth.ErrWrongSecret.
func (s *Store) EnsureKeys(ctx context.Context, use KeyUse, ttl time.Duration) error {
	keys, err := s.SigningKeys(ctx, use.Algorithm)
	if err != nil {
		return err
	}
	if _, err := use.Open(keys); err != nil {
		return err
	}
	var missing []SigningKey // made before the lock is taken: an RSA key takes a while
	for _, state := range []string{KeyCurrent, KeyNext} {
		if keyOf(keys, state) != nil {
			continue
		}
		key, err := newSigningKey(use)
		if err != nil {
			return err
		}
		key.State = state
		missing = append(missing, key)
	}
	return s.transaction(ctx, "making the first signing keys", func(tx *gorm.DB) error {
		for _, key := range missing {
			key.CreatedAt = s.now()
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&key).Error; err != nil {
				return failed("storing a signing key", err)
			}
		}
		// Never less, since tokens that lived longer may be about.
		return failed("storing the life of tokens", tx.Model(&SigningKey{}).
			Where("algorithm = ? AND token_ttl < ?", use.Algorithm, ttl).Update("token_ttl", ttl).Error)
	})
}

// RotateKeys makes the next key the current one, lets the current one retire,
// and makes another next one. It fails with ErrKeyTooNew unless force, with
// ErrKeyNotFound before EnsureKeys, and with auth.ErrWrongSecret.
func (s *Store) RotateKeys(ctx context.Context, use KeyUse, force bool) error {
	return s.changeKeys(ctx, use, func(tx *gorm.DB, keys []SigningKey, fresh SigningKey) error {
		next := keyOf(keys, KeyNext)
		if next != nil && !force && s.now().Before(next.CreatedAt.Add(KeySetMaxAge+KeySetDelay)) {
			return ErrKeyTooNew
		}
		return s.promoteNext(tx, keys, fresh)
	})
}

// DropKey takes a key that somebody may have stolen out of use at once: the
// next one takes the place of the current one, and a new one that of the next.
// It fails with ErrKeyNotFound, and with auth.ErrWrongSecret.
func (s *Store) DropKey(ctx context.Context, use KeyUse, id string) error {
	return s.changeKeys(ctx, use, func(tx *gorm.DB, keys []SigningKey, fresh SigningKey) error {
		i := slices.IndexFunc(keys, func(key SigningKey) bool { return key.ID == id })
		if i < 0 {
			return ErrKeyNotFound
		}
		stolen := keys[i] // as it was before anything moves
		if stolen.State == KeyCurrent {
			if err := s.promoteNext(tx, keys, fresh); err != nil {
				return err
			}
		}
		if err := tx.Delete(&stolen).Error; err != nil {
			return failed("deleting a signing key", err)
		}
		if stolen.State == KeyNext {
			return s.storeNext(tx, keys, fresh)
		}
		return nil
	})
}

// changeKeys runs change on the keys in use, which nobody else changes until
// its end, with a new key in hand.
func (s *Store) changeKeys(ctx context.Context, use KeyUse, change func(tx *gorm.DB, keys []SigningKey, fresh SigningKey) error) error {
	fresh, err := newSigningKey(use) // before the lock is taken: an RSA key takes a while
	if err != nil {
		return err
	}
	return s.transaction(ctx, "changing the signing keys", func(tx *gorm.DB) error {
		// Locked first and read then: what another process added, while this one
		// waited for the lock, is seen too.
		var ids []string
		if err := tx.Model(&SigningKey{}).Clauses(clause.Locking{Strength: "UPDATE"}).
			Where("algorithm = ?", use.Algorithm).Order("id").Pluck("id", &ids).Error; err != nil {
			return failed("locking the signing keys", err)
		}
		keys, err := s.keysInUse(tx, use.Algorithm)
		if err != nil {
			return err
		}
		if _, err := use.Open(keys); err != nil {
			return err
		}
		return change(tx, keys, fresh)
	})
}

// promoteNext moves every key on by one state.
func (s *Store) promoteNext(tx *gorm.DB, keys []SigningKey, fresh SigningKey) error {
	current, next := keyOf(keys, KeyCurrent), keyOf(keys, KeyNext)
	if current == nil || next == nil {
		return fmt.Errorf("%w: the server makes the first ones when it starts", ErrKeyNotFound)
	}
	// The last token it signs comes from the last replica to follow.
	end := s.now().Add(KeySetDelay + current.TokenTTL + auth.Leeway)
	if err := tx.Model(current).Select("state", "retires_at").Updates(SigningKey{State: KeyRetiring, RetiresAt: &end}).Error; err != nil {
		return failed("retiring a signing key", err)
	}
	if err := tx.Model(next).Update("state", KeyCurrent).Error; err != nil {
		return failed("promoting a signing key", err)
	}
	return s.storeNext(tx, keys, fresh)
}

func (s *Store) storeNext(tx *gorm.DB, keys []SigningKey, fresh SigningKey) error {
	fresh.State, fresh.CreatedAt = KeyNext, s.now()
	for _, key := range keys {
		fresh.TokenTTL = max(fresh.TokenTTL, key.TokenTTL)
	}
	return failed("storing a signing key", tx.Create(&fresh).Error)
}

// PurgeKeys deletes the retired keys whose time is over.
func (s *Store) PurgeKeys(ctx context.Context) error { return s.purgeKeys(s.writer.WithContext(ctx)) }

func (s *Store) purgeKeys(db *gorm.DB) error {
	return failed("deleting retired keys", db.Where("retires_at <= ?", s.now()).Delete(&SigningKey{}).Error)
}

// newSigningKey makes a key that has no state yet.
func newSigningKey(use KeyUse) (SigningKey, error) {
	key, err := auth.NewKey(use.Algorithm)
	if err != nil {
		return SigningKey{}, err
	}
	sealed, err := key.Seal(use.Secrets[0])
	return SigningKey{ID: key.ID, Algorithm: use.Algorithm, Sealed: sealed}, err
}

// keyOf returns the key of a state, or nil.
func keyOf(keys []SigningKey, state string) *SigningKey {
	i := slices.IndexFunc(keys, func(key SigningKey) bool { return key.State == state })
	if i < 0 {
		return nil
	}
	return &keys[i]
}
