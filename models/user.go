package models

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// User is one who can log in. Its id never changes and is never given again;
// its name is kept as it was typed.
type User struct {
	ID              string
	Username        string
	UsernameKey     string // the name without regard to case, unique
	Email           *string
	PasswordHash    string `json:"-"`
	PasswordVersion int    // grows by one with each new password, not with a new hash of the same
	Disabled        bool
	Roles           Roles
	CreatedAt       time.Time
}

// The rules for usernames: MinUsernameLength to MaxUsernameLength ASCII letters, digits and
// UsernameSigns.
const (
	MinUsernameLength = 3
	MaxUsernameLength = 64
	UsernameSigns     = "._-@+"
)

// MaxEmailLength is the most characters an e-mail address may have.
const MaxEmailLength = 254

const usernameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789" + UsernameSigns

// ValidUsername reports whether name obeys the rules for usernames, which keep any two from looking
// alike.
func ValidUsername(name string) bool {
	return len(name) >= MinUsernameLength && len(name) <= MaxUsernameLength && strings.Trim(name, usernameCharacters) == ""
}

// emailPattern is what browsers accept in an e-mail field: ASCII, without
// quotes, comments and anything else that only a parser can love.
var emailPattern = regexp.MustCompile("\\A[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\\.[A-Za-z0-9-]{1,63})*\\z")

// ValidEmail tells whether text is an e-mail address of at most 254 bytes.
// Nobody has verified that it is the user's.
func ValidEmail(text string) bool {
	return len(text) <= MaxEmailLength && emailPattern.MatchString(text)
}

// usernameKey is made here and not by the database, whose idea of case
// depends on its make and its locale.
func usernameKey(name string) string { return strings.ToLower(name) }

// Authenticate returns the enabled user with this name and password.
// It fails with ErrInvalidCredentials, after the work of exactly one hash
// whatever the reason, with auth.ErrBusy when too many others try, or with
// ErrUnavailable. A hash that is cheaper than today's is made anew.
func (s *Store) Authenticate(ctx context.Context, username, password string) (User, error) {
	var user User
	err := s.reader.WithContext(ctx).Where("username_key = ?", usernameKey(username)).Take(&user).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, failed("finding a user by name", err)
	}
	verification := s.Hasher.Verify(ctx, password, user.PasswordHash) // of an unknown user: empty, and refused
	switch {
	case errors.Is(verification, auth.ErrPasswordMismatch) && user.ID == "":
		return User{}, fmt.Errorf("%w: unknown user", ErrInvalidCredentials)
	case errors.Is(verification, auth.ErrPasswordMismatch):
		return User{}, fmt.Errorf("%w: wrong password of user %s", ErrInvalidCredentials, user.ID)
	case verification != nil:
		return User{}, fmt.Errorf("verifying the password of user %s: %w", user.ID, verification)
	case user.Disabled:
		return User{}, fmt.Errorf("%w: user %s is disabled", ErrInvalidCredentials, user.ID)
	}
	if s.Hasher.NeedsRehash(user.PasswordHash) {
		if err := s.rehash(ctx, user, password); err != nil {
			return User{}, err
		}
	}
	return user, nil
}

// NewUser is what a user is made from.
type NewUser struct {
	Username string
	Password string
	Email    *string
	Roles    Roles
}

// CreateUser adds a user. It fails with ErrUsernameTaken, and with the errors
// of newUser.
func (s *Store) CreateUser(ctx context.Context, u NewUser) (User, error) {
	user, err := s.newUser(ctx, u)
	if err != nil {
		return User{}, err
	}
	err = s.writer.WithContext(ctx).Create(&user).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return User{}, ErrUsernameTaken
	}
	if err != nil {
		return User{}, failed("storing a user", err)
	}
	return user, nil
}

// EnsureFirstUser makes the first user when there is none, and tells whether
// it did. Of several processes that try at once, one does. announce is called
// before the user is kept: when it fails, or the process ends in it, there is
// no user whose password nobody was told.
func (s *Store) EnsureFirstUser(ctx context.Context, u NewUser, announce func() error) (created bool, err error) {
	if exist, err := anyUser(s.reader.WithContext(ctx)); err != nil || exist {
		return false, err
	}
	user, err := s.newUser(ctx, u)
	if err != nil {
		return false, err
	}
	err = s.transaction(ctx, "creating the first user", func(tx *gorm.DB) error {
		exist, err := anyUser(tx)
		if err != nil || exist {
			return err
		}
		if err := tx.Create(&user).Error; err != nil {
			return failed("storing the first user", err)
		}
		created = true
		return announce()
	})
	return created && err == nil, err
}

func anyUser(db *gorm.DB) (bool, error) {
	var ids []string
	err := db.Model(&User{}).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, failed("looking for users", err)
}

// newUser checks u against the rules and hashes the password; nothing is
// stored. It fails with ErrInvalidUsername, ErrInvalidEmail, ErrInvalidRole,
// *auth.WeakPasswordError or auth.ErrBusy.
func (s *Store) newUser(ctx context.Context, u NewUser) (User, error) {
	roles, err := cleanRoles(u.Roles)
	switch {
	case err != nil:
		return User{}, err
	case !ValidUsername(u.Username):
		return User{}, ErrInvalidUsername
	case u.Email != nil && !ValidEmail(*u.Email):
		return User{}, ErrInvalidEmail
	}
	hash, err := s.hashNew(ctx, u.Username, u.Password)
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
