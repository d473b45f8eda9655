// Package models is the database: users, sessions and what may happen to them.
// It is the only importer of gorm. What must be atomic is one method of Store
// with one transaction; no driver's error crosses the package's border
// undeclared.
package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/auth"
)

// Errors of the package, matched with errors.Is.
var (
	// ErrUnavailable: the database did not do what it was asked, now; nothing
	// can be concluded from it about users or sessions.
	ErrUnavailable = errors.New("the database is unavailable")

	// ErrInvalidCredentials: no enabled user has this name and password.
	// The error around it says which it was; that is for the log alone.
	ErrInvalidCredentials = errors.New("invalid credentials")

	// ErrSessionEnded: there is no such session, or its user may not use it.
	ErrSessionEnded = errors.New("the session has ended")

	// ErrReplayed: a refresh token was used that had long been replaced. It is
	// an ErrSessionEnded, since the session was ended for it.
	ErrReplayed = fmt.Errorf("%w: a replaced refresh token was used again", ErrSessionEnded)

	// ErrSessionNotFound: the user has no such session.
	ErrSessionNotFound = errors.New("there is no such session")

	// ErrWrongPassword: the password that was given as the current one is not.
	ErrWrongPassword = errors.New("the current password is wrong")

	// ErrUsernameTaken: another user has this name, in this or another case.
	ErrUsernameTaken = errors.New("the username is taken")

	// ErrUserNotFound: there is no such user.
	ErrUserNotFound = errors.New("there is no such user")

	// ErrLastAdmin: without this user nobody could manage users.
	ErrLastAdmin = errors.New("this is the last enabled administrator")

	// What a name, e-mail address or role must be; see ValidUsername,
	// ValidEmail and ValidRole.
	ErrInvalidUsername = errors.New("the username is not 3 to 64 of ASCII letters, digits and ._-@+")
	ErrInvalidEmail    = errors.New("the e-mail address is not one")
	ErrInvalidRole     = errors.New("a role is not 1 to 64 of a-z, 0-9 and ._:-, or there are more than 32")
)

// Options is what a Store needs.
type Options struct {
	URL      string // sqlite:PATH
	Existing bool   // whether Open fails with ErrNoDatabase where there is none, instead of making it
	Hasher   *auth.Hasher
	Policy   auth.PasswordPolicy
	Sessions SessionPolicy
	Now      func() time.Time
}

// Store is the database. It is safe for concurrent use, and several processes
// may have the same one open.
type Store struct {
	Options
	reader *gorm.DB // many connections that cannot write
	writer *gorm.DB // one connection: writers wait for each other here, and not for SQLite's lock
}

// Open opens the database at o.URL, makes it when it is not there unless
// o.Existing, and brings its schema up to date. Its errors are those of openSQLite and migrate;
// a file that is not Latchkey's is left as it was.
func Open(ctx context.Context, o Options) (*Store, error) {
	reader, writer, err := openSQLite(ctx, o)
	if err != nil {
		return nil, err
	}
	s := &Store{Options: o, reader: reader, writer: writer}
	if err := migrate(writer.WithContext(ctx)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close waits for running statements and closes the database.
func (s *Store) Close() error {
	return errors.Join(closePool(s.reader), closePool(s.writer))
}

// Ready returns nil when the database answers, else ErrUnavailable.
func (s *Store) Ready(ctx context.Context) error {
	var one int
	return failed("asking the database", s.reader.WithContext(ctx).Raw("SELECT 1 FROM users LIMIT 1").Scan(&one).Error)
}

// transaction runs change in one transaction that holds the write lock from
// its start. It keeps all of it when change returns nil, and nothing when
// change returns an error, which it returns as it is.
func (s *Store) transaction(ctx context.Context, doing string, change func(tx *gorm.DB) error) error {
	var refusal error
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		refusal = change(tx)
		return refusal
	})
	if refusal != nil {
		return refusal
	}
	return failed(doing, err)
}

// now is the time as it is stored: UTC, in whole microseconds, which is as
// fine as every supported database keeps it.
func (s *Store) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// newID returns an opaque id; ids made later sort later (RFC 9562 5.7).
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// failed says what the database could not do, as ErrUnavailable; nil stays nil.
func failed(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled): // who asked has left; the database did nothing wrong
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
}

func closePool(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
