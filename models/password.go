package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"latchkey/auth"
)

// hashNew returns the hash of a password that username may use.
func (s *Store) hashNew(ctx context.Context, username, password string) (string, error) {
	if err := s.Policy.Check(username, password); err != nil {
		return "", err
	}
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("hashing a new password: %w", err)
	}
	return hash, nil
}

// rehash replaces the hash of user, whose password was just verified. Under
// load it is left to a later login. The condition on the old hash keeps a
// password that was changed meanwhile.
func (s *Store) rehash(ctx context.Context, user User, password string) error {
	hash, err := s.Hasher.Hash(ctx, password)
	if errors.Is(err, auth.ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("hashing a password anew: %w", err)
	}
	return failed("storing a new hash", s.writer.WithContext(ctx).Model(&User{}).
		Where("id = ? AND password_hash = ?", user.ID, user.PasswordHash).
		Update("password_hash", hash).Error)
}

// SetPassword gives a user another password and ends all of its sessions. It
// fails with ErrUserNotFound, *auth.WeakPasswordError or auth.ErrBusy.
func (s *Store) SetPassword(ctx context.Context, user User, password string) error {
	hash, err := s.hashNew(ctx, user.Username, password)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "setting a password", func(tx *gorm.DB) error {
		if _, err := lockUser(tx, user.ID); err != nil {
			return err
		}
		if err := storePassword(tx, user.ID, hash); err != nil {
			return err
		}
		return endSessions(tx, user.ID)
	})
}

// storePassword makes hash the user's password and overtakes every login that
// is under way with the old one.
func storePassword(tx *gorm.DB, id, hash string) error {
	return failed("storing a password", tx.Model(&User{}).Where("id = ?", id).Updates(map[string]any{
		"password_hash": hash, "password_version": gorm.Expr("password_version + 1"),
	}).Error)
}

// ChangePassword gives p's user another password and ends all of its other
// sessions: whoever may know the old password is out. It fails with
// ErrWrongPassword when current is not the password, and with the errors of
// SetPassword.
func (s *Store) ChangePassword(ctx context.Context, p auth.Principal, current, password string) error {
	user, err := s.UserByID(ctx, p.UserID)
	if err != nil {
		return err
	}
	err = s.Hasher.Verify(ctx, current, user.PasswordHash)
	if errors.Is(err, auth.ErrPasswordMismatch) {
		return ErrWrongPassword
	}
	if err != nil {
		return fmt.Errorf("verifying the current password of user %s: %w", user.ID, err)
	}
	hash, err := s.hashNew(ctx, user.Username, password)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "changing a password", func(tx *gorm.DB) error {
		now, err := lockUser(tx, user.ID)
		if err != nil {
			return err
		}
		if now.PasswordVersion != user.PasswordVersion { // somebody else was faster
			return ErrWrongPassword
		}
		if err := storePassword(tx, user.ID, hash); err != nil {
			return err
		}
		return endOtherSessions(tx, p)
	})
}
