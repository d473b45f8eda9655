package models

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"
)

// User is a person or program that can log in.
type User struct {
	ID              string  // never changes and is never reused
	Username        string  // as typed
	UsernameKey     string  // the username in lower case; unique
	Email           *string // not verified and not unique; nil if absent
	EmailKey        *string // the e-mail address in lower case
	PasswordHash    string  `json:"-"` // empty until the user has set a password with a link
	PasswordVersion int     // increases with each new password, but not when the same one is rehashed
	Disabled        bool
	Roles           Roles `gorm:"-"` // in the table user_roles
	LinkVersion     int64 // of the only set-password link that is valid
	CreatedAt       time.Time
	LastLoginAt     *time.Time // nil before the first login
}

// The rules for usernames: MinUsernameLength to MaxUsernameLength ASCII letters, digits and
// UsernamePunctuation.
const (
	MinUsernameLength   = 3
	MaxUsernameLength   = 64
	UsernamePunctuation = "._-@+"
)

// MaxEmailLength is the greatest length of an e-mail address, in characters (RFC 5321 4.5.3.1.3).
const MaxEmailLength = 254

const usernameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + UsernamePunctuation

// ValidUsername reports whether name obeys the rules for usernames. Only ASCII is allowed, because
// letters of different alphabets can look alike.
func ValidUsername(name string) bool {
	return len(name) >= MinUsernameLength && len(name) <= MaxUsernameLength && hasUsernameCharacters(name)
}

// hasUsernameCharacters reports whether text could be a part of a username. Anything else must not
// reach a query: PostgreSQL does not accept every character.
func hasUsernameCharacters(text string) bool { return strings.Trim(text, usernameCharacters) == "" }

// foldCase returns the form in which usernames and e-mail addresses are compared. Only ASCII is
// folded: in Unicode, the Kelvin sign (U+212A) would become a k. Databases fold in different ways,
// so the key is computed here.
func foldCase(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, text)
}

// emailPattern follows the rule of browsers for e-mail fields: ASCII, without quotes and comments.
var emailPattern = regexp.MustCompile("\\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}" +
	"@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*\\z")

// ValidEmail reports whether text has the form of an e-mail address and at most MaxEmailLength
// characters.
func ValidEmail(text string) bool {
	return len(text) <= MaxEmailLength && emailPattern.MatchString(text)
}

// emailKey returns the key of an e-mail address, or nil if there is none.
func emailKey(email *string) *string {
	if email == nil {
		return nil
	}
	return new(foldCase(*email))
}

// UserByID returns a user. It fails with ErrUserNotFound.
func (s *Store) UserByID(ctx context.Context, id string) (User, error) {
	return s.userByID(s.reader.WithContext(ctx), id)
}

// UserByName returns the user with this username, regardless of case. It fails with
// ErrUserNotFound.
func (s *Store) UserByName(ctx context.Context, username string) (User, error) {
	db := s.reader.WithContext(ctx)
	user, err := s.findByName(db, username)
	if err != nil {
		return User{}, err
	}
	return user, s.loadRoles(db, &user)
}

// userByID reads a user with its roles.
func (s *Store) userByID(db *gorm.DB, id string) (User, error) {
	user, err := s.takeUser(db.Where("id = ?", id))
	if err != nil {
		return User{}, err
	}
	return user, s.loadRoles(db, &user)
}

// findByName reads a user without its roles.
func (s *Store) findByName(db *gorm.DB, username string) (User, error) {
	if !hasUsernameCharacters(username) {
		return User{}, ErrUserNotFound
	}
	return s.takeUser(db.Where("username_key = ?", foldCase(username)))
}

// takeUser reads the user that the query finds, without its roles.
func (s *Store) takeUser(query *gorm.DB) (user User, err error) {
	err = query.Take(&user).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, ErrUserNotFound
	}
	return user, s.wrap("reading a user", err)
}
