package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"latchkey/auth"
)

// hash waits at the gate and returns the hash of the password.
func (s *Store) hash(ctx context.Context, by Actor, password string) (string, error) {
	leave, err := s.gate.enter(ctx, by)
	if err != nil {
		return "", err
	}
	defer leave()
	return s.hasher.Hash(password), nil
}

// verify waits at the gate and compares the password with a hash; see auth.Hasher.Verify.
func (s *Store) verify(ctx context.Context, by Actor, password, encoded string) error {
	leave, err := s.gate.enter(ctx, by)
	if err != nil {
		return err
	}
	defer leave()
	return s.hasher.Verify(password, encoded)
}

// hashNewPassword checks a new password against the policy and returns its hash. It fails with
// *auth.WeakPasswordError or ErrBusy.
func (s *Store) hashNewPassword(ctx context.Context, by Actor, username, password string) (string, error) {
	if err := s.policy.Check(username, password); err != nil {
		return "", err
	}
	hash, err := s.hash(ctx, by, password)
	if err != nil {
		return "", fmt.Errorf("hashing a new password: %w", err)
	}
	return hash, nil
}

// SetPassword sets the password of a user and ends all their sessions. It fails with
// *auth.WeakPasswordError, ErrUserNotFound or ErrBusy.
func (s *Store) SetPassword(ctx context.Context, by Actor, user User, password string) error {
	hash, err := s.hashNewPassword(ctx, by, user.Username, password)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "setting a password", func(tx *gorm.DB) error {
		if _, err := s.lockUser(tx, user.ID); err != nil {
			return err
		}
		if err := s.storePassword(tx, user.ID, hash); err != nil {
			return err
		}
		return s.endAllSessions(tx, user.ID)
	})
}

// ChangePassword sets the password of the actor, who must know the current one, and ends all of the
// actor's other sessions. It fails with ErrWrongPassword, *auth.WeakPasswordError, ErrUserNotFound
// or ErrBusy.
func (s *Store) ChangePassword(ctx context.Context, by Actor, current, password string) error {
	user, err := s.UserByID(ctx, by.UserID)
	if err != nil {
		return err
	}
	err = s.verify(ctx, by, current, user.PasswordHash)
	if errors.Is(err, auth.ErrPasswordMismatch) {
		return ErrWrongPassword
	}
	if err != nil {
		return fmt.Errorf("verifying the current password of user %s: %w", user.ID, err)
	}
	hash, err := s.hashNewPassword(ctx, by, user.Username, password)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "changing a password", func(tx *gorm.DB) error {
		locked, err := s.lockUser(tx, user.ID)
		if err != nil {
			return err
		}
		if locked.PasswordVersion != user.PasswordVersion { // current is no longer the password
			return ErrWrongPassword
		}
		if err := s.storePassword(tx, user.ID, hash); err != nil {
			return err
		}
		return s.endOtherSessions(tx, by)
	})
}

// storePassword stores the hash of a new password. It increases the version, so that a login in
// progress with the old password fails.
func (s *Store) storePassword(tx *gorm.DB, id, hash string) error {
	return s.wrap("storing a password", tx.Model(&User{}).Where("id = ?", id).Updates(map[string]any{
		"password_hash": hash, "password_version": gorm.Expr("password_version + 1"),
	}).Error)
}
