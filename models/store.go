// Package models stores users, sessions and signing keys. It is the only package that imports gorm.
// Everything that must be atomic is one method of Store with one transaction. Errors of a database
// driver leave the package only inside errors that say what was being done.
package models

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// Options configures a Store.
type Options struct {
	URL       string // such as sqlite:data/latchkey.db; see KnownURL
	MustExist bool   // if set, Open fails with ErrNoDatabase instead of creating a database
	Hasher    *auth.Hasher
	HashSlots int           // how many password hashes may run at once
	HashWait  time.Duration // about how long one may wait for a slot; any more fail with ErrBusy
	Policy    auth.PasswordPolicy
	Sessions  SessionPolicy
	Now       func() time.Time
}

// Store is an open database. It is safe for concurrent use, and several processes may have the same
// database open.
type Store struct {
	engine   engine
	reader   *gorm.DB // for queries outside a transaction
	writer   *gorm.DB // for everything else
	closed   atomic.Bool
	hasher   *auth.Hasher
	gate     *gate
	refusals refusals
	memory   hashMemory
	throttle *throttle // nil if nothing is throttled
	policy   auth.PasswordPolicy
	sessions SessionPolicy
	clock    func() time.Time
}

// Open opens the database at o.URL and brings its schema up to date. If there is no database, it
// creates one, unless o.MustExist. A database that is not Latchkey's is left unchanged.
//
// Open fails with ErrUnavailable, or with one of the errors that the operator must resolve.
func Open(ctx context.Context, o Options) (*Store, error) {
	engine, found := findEngine(o.URL)
	if !found {
		return nil, ErrUnknownURL
	}
	reader, writer, err := engine.open(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		engine: engine, reader: reader, writer: writer,
		hasher: o.Hasher, gate: newGate(o.HashSlots, o.HashWait),
		policy: o.Policy, sessions: o.Sessions, clock: o.Now,
	}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close waits for running statements and closes the database. From then on, every method fails with
// ErrUnavailable.
func (s *Store) Close() error {
	s.closed.Store(true)
	return errors.Join(closePool(s.reader), closePool(s.writer))
}

// PasswordPolicy returns the rules for new passwords.
func (s *Store) PasswordPolicy() auth.PasswordPolicy { return s.policy }

// Ready returns nil if the database responds, and ErrUnavailable if it does not.
func (s *Store) Ready(ctx context.Context) error {
	var one int
	err := s.reader.WithContext(ctx).Raw("SELECT 1 FROM users LIMIT 1").Scan(&one).Error
	return s.wrap("checking the database", err)
}
