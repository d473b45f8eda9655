package models

import (
	"context"

	"gorm.io/gorm"
)

// UpdateEmail replaces the e-mail address of the actor, or removes it if email is nil, and returns
// the changed user. It fails with ErrInvalidEmail or ErrUserNotFound.
func (s *Store) UpdateEmail(ctx context.Context, by Actor, email *string) (user User, err error) {
	if email != nil && !ValidEmail(*email) {
		return User{}, ErrInvalidEmail
	}
	err = s.transaction(ctx, "changing an e-mail address", func(tx *gorm.DB) error {
		changed := tx.Model(&User{}).Where("id = ?", by.UserID).Updates(map[string]any{"email": email, "email_key": emailKey(email)})
		if changed.Error != nil {
			return s.wrap("storing an e-mail address", changed.Error)
		}
		user, err = s.userByID(tx, by.UserID)
		return err
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// DeleteAccount deletes the actor, who must know the current password, with all their sessions. It
// fails with ErrWrongPassword, ErrLastAdmin, ErrUserNotFound, *BusyError or *ThrottledError.
func (s *Store) DeleteAccount(ctx context.Context, by Actor, current string) error {
	user, err := s.checkOwnPassword(ctx, by, current)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "deleting an account", func(tx *gorm.DB) error {
		locked, err := s.lockWithAdmins(tx, user.ID)
		if err != nil {
			return err
		}
		if locked.user.PasswordVersion != user.PasswordVersion { // current is no longer the password
			return ErrWrongPassword
		}
		return s.deleteLocked(tx, locked)
	})
}
