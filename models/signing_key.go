package models

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/auth"
)

const (
	// KeySetMaxAge is how long other services may cache the published key set.
	KeySetMaxAge = 5 * time.Minute

	// KeySetDelay is the maximum time that a server takes to notice a change of the keys.
	KeySetDelay = 2 * time.Second
)

// The states of a signing key. Each algorithm has one current and one next key.
const (
	KeyCurrent  = "current"  // signs
	KeyNext     = "next"     // is published, so that other services know it before it signs
	KeyRetiring = "retiring" // verifies the tokens that it signed, until the last one has expired
)

// Errors of the signing keys.
var (
	// ErrKeyNotFound means that there is no such key, or that no server has created keys yet.
	ErrKeyNotFound = errors.New("signing key not found")

	// ErrKeyTooNew means that other services may have cached a key set without the next key, and
	// would reject the tokens that it signs.
	ErrKeyTooNew = fmt.Errorf("the next key is less than %s old, so other services may not know it yet", KeySetMaxAge+KeySetDelay)
)

// SigningKey is a key pair in the database.
type SigningKey struct {
	ID        string // kid
	Algorithm string
	State     string        // KeyCurrent, KeyNext or KeyRetiring
	Sealed    []byte        // the encrypted private key; see auth.OpenKey
	TokenTTL  time.Duration // the longest lifetime of any token that it signs
	CreatedAt time.Time
	RetiresAt *time.Time // when a retiring key is no longer in use; nil in other states
}

// KeyConfig says which keys a process uses, and with which secrets it opens them.
type KeyConfig struct {
	Algorithm string        // auth.ES256 or auth.RS256; auth.HS256 uses no keys of the database
	Secrets   []auth.Secret // newest first; the first one seals
}

// Open returns the key set of the keys, in the same order. It fails with auth.ErrWrongSecret if one
// of them cannot be opened.
func (u KeyConfig) Open(keys []SigningKey) (auth.KeySet, error) {
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

// SigningKeys returns the keys of an algorithm that are in use: the current key first, then the
// next one, then the retiring ones, the newest first.
func (s *Store) SigningKeys(ctx context.Context, algorithm string) ([]SigningKey, error) {
	return s.keysInUse(s.reader.WithContext(ctx), algorithm)
}

func (s *Store) keysInUse(db *gorm.DB, algorithm string) (keys []SigningKey, err error) {
	err = db.Where("algorithm = ?", algorithm).Where("retires_at IS NULL OR retires_at > ?", s.now()).
		Find(&keys).Error
	if err != nil {
		return nil, s.wrap("reading the signing keys", err)
	}
	slices.SortFunc(keys, compareKeys)
	return keys, nil
}

// compareKeys sorts keys in the order of SigningKeys.
func compareKeys(a, b SigningKey) int {
	order := []string{KeyCurrent, KeyNext, KeyRetiring}
	byState := cmp.Compare(slices.Index(order, a.State), slices.Index(order, b.State))
	if byState != 0 || a.RetiresAt == nil || b.RetiresAt == nil {
		return byState
	}
	return cmp.Or(b.RetiresAt.Compare(*a.RetiresAt), strings.Compare(a.ID, b.ID))
}

// keyIn returns the key in this state, or nil.
func keyIn(state string, keys []SigningKey) *SigningKey {
	i := slices.IndexFunc(keys, func(key SigningKey) bool { return key.State == state })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

// EnsureKeys creates a current and a next key if they are missing, and records that tokens live for
// ttl, which decides how long a key retires. If several processes start at once, one of them
// creates the keys. It fails with auth.ErrWrongSecret.
func (s *Store) EnsureKeys(ctx context.Context, config KeyConfig, ttl time.Duration) error {
	keys, err := s.SigningKeys(ctx, config.Algorithm)
	if err != nil {
		return err
	}
	if _, err := config.Open(keys); err != nil {
		return err
	}
	var missing []SigningKey // created before the transaction, since an RSA key takes a while
	for _, state := range []string{KeyCurrent, KeyNext} {
		if keyIn(state, keys) != nil {
			continue
		}
		key, err := newSigningKey(config)
		if err != nil {
			return err
		}
		key.State = state
		missing = append(missing, key)
	}
	return s.transaction(ctx, "creating the first signing keys", func(tx *gorm.DB) error {
		if err := s.lockKeys(tx, config.Algorithm); err != nil {
			return err
		}
		for _, key := range missing {
			key.CreatedAt = s.now()
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&key).Error; err != nil {
				return s.wrap("storing a signing key", err)
			}
		}
		// The TTL never decreases: tokens with the longer one may still be in use.
		return s.wrap("storing the lifetime of tokens", tx.Model(&SigningKey{}).
			Where("algorithm = ? AND token_ttl < ?", config.Algorithm, ttl).Update("token_ttl", ttl).Error)
	})
}

// ResealKeys seals every key with the first secret, so that older secrets can be dropped. It fails
// with auth.ErrWrongSecret, and changes nothing, if a key of config.Algorithm cannot be opened.
// Keys of other algorithms that cannot be opened stay as they are.
func (s *Store) ResealKeys(ctx context.Context, config KeyConfig) error {
	return s.transaction(ctx, "sealing the signing keys again", func(tx *gorm.DB) error {
		if err := s.purgeKeys(tx); err != nil {
			return err
		}
		var keys []SigningKey
		if err := tx.Clauses(forUpdate()).Order("id").Find(&keys).Error; err != nil {
			return s.wrap("reading the signing keys", err)
		}
		for _, key := range keys {
			if err := s.reseal(tx, key, config); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) reseal(tx *gorm.DB, key SigningKey, config KeyConfig) error {
	opened, index, err := auth.OpenKey(key.ID, key.Algorithm, key.Sealed, config.Secrets)
	if err == nil && index == 0 || err != nil && key.Algorithm != config.Algorithm {
		return nil
	}
	if err != nil {
		return fmt.Errorf("opening the signing key %s: %w", key.ID, err)
	}
	sealed, err := opened.Seal(config.Secrets[0])
	if err != nil {
		return err
	}
	return s.wrap("storing a sealed key", tx.Model(&key).Update("sealed", sealed).Error)
}

// PurgeKeys deletes the keys that have retired.
func (s *Store) PurgeKeys(ctx context.Context) error { return s.purgeKeys(s.writer.WithContext(ctx)) }

func (s *Store) purgeKeys(db *gorm.DB) error {
	err := db.Where("retires_at <= ?", s.now()).Delete(&SigningKey{}).Error
	return s.wrap("deleting retired keys", err)
}

// newSigningKey returns a new key without a state.
func newSigningKey(config KeyConfig) (SigningKey, error) {
	key, err := auth.NewKey(config.Algorithm)
	if err != nil {
		return SigningKey{}, err
	}
	sealed, err := key.Seal(config.Secrets[0])
	return SigningKey{ID: key.ID, Algorithm: config.Algorithm, Sealed: sealed}, err
}

// lockKeys locks all keys of an algorithm until the transaction ends. Read them in a later
// statement: while this one waits, another process may add keys.
func (s *Store) lockKeys(tx *gorm.DB, algorithm string) error {
	var ids []string
	err := tx.Model(&SigningKey{}).Clauses(forUpdate()).
		Where("algorithm = ?", algorithm).Order("id").Pluck("id", &ids).Error
	return s.wrap("locking the signing keys", err)
}
