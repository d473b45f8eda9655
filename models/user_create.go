package models

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// UserParams describes a user to create.
type UserParams struct {
	Username   string
	Password   string
	NoPassword bool // if set, the user cannot log in before setting a password with a link
	Email      *string
	Roles      Roles
}

// CreateUser creates a user. It fails with ErrInvalidUsername, ErrInvalidEmail, ErrInvalidRole,
// *auth.WeakPasswordError, ErrUsernameTaken, *BusyError or *ThrottledError.
func (s *Store) CreateUser(ctx context.Context, by Actor, u UserParams) (User, error) {
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
// the user is not created, so there is never a user whose password nobody knows. The actor is the
// command line.
//
// It fails with the error of announce, or with the errors of CreateUser.
func (s *Store) EnsureFirstUser(ctx context.Context, u UserParams, announce func() error) (created bool, err error) {
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

func (s *Store) anyUser(db *gorm.DB) (bool, error) {
	var ids []string
	err := db.Model(&User{}).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, s.wrap("looking for users", err)
}

// newUser validates u and hashes the password, but stores nothing.
func (s *Store) newUser(ctx context.Context, by Actor, u UserParams) (User, error) {
	roles, err := newRoles(u.Roles)
	switch {
	case err != nil:
		return User{}, err
	case !ValidUsername(u.Username):
		return User{}, ErrInvalidUsername
	case u.Email != nil && !ValidEmail(*u.Email):
		return User{}, ErrInvalidEmail
	}
	var hash string
	if !u.NoPassword {
		t := turn{place: s.placeFor(by, User{}), try: s.signUpTry(by, u.Username)}
		if hash, err = s.hashNewPassword(ctx, t, User{Username: u.Username, Roles: roles}, u.Password); err != nil {
			return User{}, err
		}
	}
	return User{
		ID:           newID(),
		Username:     u.Username,
		UsernameKey:  foldCase(u.Username),
		Email:        u.Email,
		EmailKey:     emailKey(u.Email),
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
		return s.wrap("storing a user", err)
	}
	return s.insertRoles(tx, user)
}
