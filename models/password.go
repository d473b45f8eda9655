package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// turn says where a hash waits and what it costs.
type turn struct {
	place place
	try   try
	hash  string // the stored hash to compare with; empty to make a new one

	recheck func() error // called when the turn comes: an error saves the hash; may be nil
}

// inSlot waits at the gate and calls hash. It charges the try when its turn has come, so that those
// who give up waiting have used up nothing. It fails with *BusyError or *ThrottledError.
func (s *Store) inSlot(ctx context.Context, t turn, hash func()) error {
	if err := s.recall(t.try); err != nil {
		return err
	}
	leave, err := s.gate.enter(ctx, t.place)
	if err != nil {
		return err
	}
	defer leave()
	if t.recheck != nil {
		if err := t.recheck(); err != nil {
			return err
		}
	}
	started := time.Now()
	if err := s.charge(ctx, t.try); err != nil {
		return err
	}
	hash()
	s.gate.measured(time.Since(started))
	s.memory.release(s.hasher.Memory(t.hash), s.gate.slots)
	return nil
}

// hash returns the hash of the password.
func (s *Store) hash(ctx context.Context, t turn, password string) (hash string, err error) {
	err = s.inSlot(ctx, t, func() { hash = s.hasher.Hash(password) })
	return hash, err
}

// checkPassword checks the password of a user who has this name, or that of nobody if user is the
// zero value. Every path that checks a password goes through it. It fails with
// auth.ErrPasswordMismatch, *BusyError or *ThrottledError.
//
// The password of a disabled user counts as a wrong one, so that the budgets do not confirm it.
func (s *Store) checkPassword(ctx context.Context, by Actor, login login) error {
	t := turn{
		place: s.placeFor(by, login.user), try: s.guessTry(by, login.username, login.user),
		hash: login.user.PasswordHash,
	}
	var verified error
	err := s.inSlot(ctx, t, func() { verified = s.hasher.Verify(login.password, t.hash) })
	switch {
	case err != nil:
		return s.refusals.holdBack(ctx, err)
	case verified != nil && !errors.Is(verified, auth.ErrPasswordMismatch):
		return fmt.Errorf("verifying the password of user %s: %w", login.user.ID, verified)
	}
	if err := s.settle(ctx, t.try, verified == nil && !login.user.Disabled); err != nil {
		return err
	}
	return verified
}

// hashNewPassword checks a new password of a user, who has at least a name and roles, against the
// policy and returns its hash. It fails with *auth.WeakPasswordError, *BusyError or
// *ThrottledError.
func (s *Store) hashNewPassword(ctx context.Context, t turn, user User, password string) (string, error) {
	if err := s.policy.Check(user.Username, user.Roles, password); err != nil {
		return "", err
	}
	hash, err := s.hash(ctx, t, password)
	if err != nil {
		return "", fmt.Errorf("hashing a new password: %w", s.refusals.holdBack(ctx, err))
	}
	return hash, nil
}

// SetPassword sets the password of a user and ends all their sessions. It fails with
// *auth.WeakPasswordError, ErrUserNotFound or *BusyError.
func (s *Store) SetPassword(ctx context.Context, by Actor, user User, password string) error {
	hash, err := s.hashNewPassword(ctx, turn{place: s.placeFor(by, user)}, user, password)
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
// actor's sessions, this one too: a thief may share it. It fails with ErrWrongPassword,
// *auth.WeakPasswordError, ErrUserNotFound, *BusyError or *ThrottledError.
func (s *Store) ChangePassword(ctx context.Context, by Actor, current, password string) error {
	user, err := s.checkOwnPassword(ctx, by, current)
	if err != nil {
		return err
	}
	if auth.SamePassword(current, password) {
		return &auth.WeakPasswordError{Reason: "This is your current password. Choose a different one."}
	}
	hash, err := s.hashNewPassword(ctx, turn{place: s.placeFor(by, user)}, user, password)
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
		return s.endAllSessions(tx, user.ID)
	})
}

// checkOwnPassword returns the actor, if current is their password. A change that depends on it
// must compare the PasswordVersion under its lock. It fails with ErrWrongPassword, ErrUserNotFound,
// *BusyError or *ThrottledError.
func (s *Store) checkOwnPassword(ctx context.Context, by Actor, current string) (User, error) {
	user, err := s.UserByID(ctx, by.UserID)
	if err != nil {
		return User{}, err
	}
	err = s.checkPassword(ctx, by, login{user.Username, current, user})
	if errors.Is(err, auth.ErrPasswordMismatch) {
		return User{}, ErrWrongPassword
	}
	if err != nil {
		return User{}, fmt.Errorf("checking the current password: %w", err)
	}
	return user, nil
}

// storePassword stores the hash of a new password. It increases the version, so that a login in
// progress with the old password fails, and the link version, which voids the set-password link.
func (s *Store) storePassword(tx *gorm.DB, id, hash string) error {
	return s.wrap("storing a password", tx.Model(&User{}).Where("id = ?", id).Updates(map[string]any{
		"password_hash": hash, "password_version": gorm.Expr("password_version + 1"),
		"link_version": gorm.Expr("link_version + ?", linkGrowth()),
	}).Error)
}
