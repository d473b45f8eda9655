package models

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// User is a person or program that can log in.
type User struct {
	ID              string  // never changes and is never reused
	Username        string  // as typed
	UsernameKey     string  // the username in lower case; unique
	Email           *string // not verified, and not unique
	PasswordHash    string  `json:"-"`
	PasswordVersion int     // grows with each new password, but not when the same one is rehashed
	Disabled        bool
	Roles           Roles `gorm:"-"` // in the table user_roles
	CreatedAt       time.Time
}

// Bounds of a username, in characters, and what it may contain besides ASCII letters and digits.
const (
	MinUsernameLength = 3
	MaxUsernameLength = 64
	UsernameSigns     = "._-@+"
)

// MaxEmailLength is the length of the longest valid e-mail address, in bytes.
const MaxEmailLength = 254

const usernameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + UsernameSigns

// ValidUsername reports whether name is a valid username: MinUsernameLength to MaxUsernameLength
// ASCII letters, digits or UsernameSigns. Other letters are not allowed, so that no two names look
// alike.
func ValidUsername(name string) bool {
	return len(name) >= MinUsernameLength && len(name) <= MaxUsernameLength && hasUsernameCharacters(name)
}

// hasUsernameCharacters reports whether text could be a part of a username. Anything else must not
// reach a query: PostgreSQL does not accept every character.
func hasUsernameCharacters(text string) bool { return strings.Trim(text, usernameCharacters) == "" }

// usernameKey returns the form in which usernames are compared. Only ASCII letters are folded: in
// Unicode, the Kelvin sign (U+212A) would become a k. Databases fold in different ways, so the key
// is computed here.
func usernameKey(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, name)
}

// emailPattern is what browsers accept in an e-mail field (HTML, "valid e-mail address"), with its
// parts limited to the lengths of RFC 5321 4.5.3.1.
var emailPattern = regexp.MustCompile("\\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}" +
	"@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*\\z")

// ValidEmail reports whether text has the form of an e-mail address and at most MaxEmailLength
// bytes.
func ValidEmail(text string) bool {
	return len(text) <= MaxEmailLength && emailPattern.MatchString(text)
}

// NewUser describes a user to create.
type NewUser struct {
	Username string
	Password string
	Email    *string
	Roles    Roles
}

// CreateUser creates a user. It fails with ErrInvalidUsername, ErrInvalidEmail, ErrInvalidRole,
// *auth.WeakPasswordError, ErrUsernameTaken or ErrBusy.
func (s *Store) CreateUser(ctx context.Context, by Actor, u NewUser) (User, error) {
	user, err := s.newUser(ctx, by, u)
	if err != nil {
		return User{}, err
	}
	err = s.transaction(ctx, "creating a user", func(tx *gorm.DB) error {
		return s.insertUser(tx, user)
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// EnsureFirstUser creates a user if there is none, and reports whether it did. If several processes
// call it at once, one of them creates the user.
//
// It calls announce before it commits. If announce fails, or if the process ends during the call,
// no user is created whose password nobody knows. The actor is the command line.
//
// It fails with the error of announce, or with the errors of CreateUser.
func (s *Store) EnsureFirstUser(ctx context.Context, u NewUser, announce func() error) (created bool, err error) {
	if exists, err := s.anyUser(s.reader.WithContext(ctx)); err != nil || exists {
		return false, err
	}
	user, err := s.newUser(ctx, CommandLine(), u)
	if err != nil {
		return false, err
	}
	err = s.transaction(ctx, "creating the first user", func(tx *gorm.DB) error {
		if err := s.lockDatabase(tx); err != nil {
			return err
		}
		exists, err := s.anyUser(tx)
		if err != nil || exists {
			return err
		}
		if err := s.insertUser(tx, user); err != nil {
			return err
		}
		created = true
		return announce()
	})
	return created && err == nil, err
}

// lockDatabase makes transactions wait for each other that have no row of their own to lock,
// because they look for one that does not exist. It locks the row of the first migration, which
// always does.
func (s *Store) lockDatabase(tx *gorm.DB) error {
	var ids []string
	err := tx.Table("migrations").Clauses(forUpdate()).Where("id = ?", firstMigration).Pluck("id", &ids).Error
	return s.failed("locking the database", err)
}

// forUpdate makes a query lock the rows that it returns until the transaction ends. SQLite has no
// such clause and needs none: its transactions lock the database when they begin.
func forUpdate() clause.Locking { return clause.Locking{Strength: clause.LockingStrengthUpdate} }

func (s *Store) anyUser(db *gorm.DB) (bool, error) {
	var ids []string
	err := db.Model(&User{}).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, s.failed("looking for users", err)
}

// newUser validates u and hashes the password, but stores nothing.
func (s *Store) newUser(ctx context.Context, by Actor, u NewUser) (User, error) {
	roles, err := newRoles(u.Roles)
	switch {
	case err != nil:
		return User{}, err
	case !ValidUsername(u.Username):
		return User{}, ErrInvalidUsername
	case u.Email != nil && !ValidEmail(*u.Email):
		return User{}, ErrInvalidEmail
	}
	hash, err := s.hashNew(ctx, by, u.Username, u.Password)
	if err != nil {
		return User{}, err
	}
	return User{
		ID:           newID(),
		Username:     u.Username,
		UsernameKey:  usernameKey(u.Username),
		Email:        u.Email,
		PasswordHash: hash,
		Roles:        roles,
		CreatedAt:    s.now(),
	}, nil
}

// insertUser stores a new user with its roles. It fails with ErrUsernameTaken.
func (s *Store) insertUser(tx *gorm.DB, user User) error {
	err := tx.Create(&user).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return ErrUsernameTaken
	}
	if err != nil {
		return s.failed("storing a user", err)
	}
	return s.storeRoles(tx, user)
}
