package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"latchkey/auth"
)

// MaxSessions is how many sessions a user can have. A further login ends the least recently used
// one.
const MaxSessions = 100

// login is what someone claims who logs in, and the user with that name.
type login struct {
	username, password string
	user               User // the zero value if there is no such user
}

// Authenticate is the first step of a login: it returns the enabled user with this name and
// password. It fails with ErrInvalidCredentials, after the work of exactly one hash for any name
// and password, or with *BusyError or *ThrottledError.
//
// If the stored hash has another cost than new ones, the password is hashed again.
func (s *Store) Authenticate(ctx context.Context, by Actor, username, password string) (User, error) {
	db := s.reader.WithContext(ctx)
	user, err := s.findByName(db, username)
	unknown := errors.Is(err, ErrUserNotFound)
	if err != nil && !unknown {
		return User{}, err
	}
	err = s.checkPassword(ctx, by, login{username, password, user})
	switch {
	case errors.Is(err, auth.ErrPasswordMismatch) && unknown:
		return User{}, fmt.Errorf("%w: unknown user", ErrInvalidCredentials)
	case errors.Is(err, auth.ErrPasswordMismatch):
		return User{}, fmt.Errorf("%w: wrong password for user %s", ErrInvalidCredentials, user.ID)
	case err != nil:
		return User{}, fmt.Errorf("checking a password: %w", err)
	case user.Disabled:
		return User{}, fmt.Errorf("%w: user %s is disabled", ErrInvalidCredentials, user.ID)
	}
	if s.hasher.NeedsRehash(user.PasswordHash) {
		if err := s.rehash(ctx, by, user, password); err != nil {
			return User{}, err
		}
	}
	return user, s.loadRoles(db, &user)
}

// rehash replaces the hash of a password that was just verified. If the queue is full, a later
// login does it. The condition on the old hash keeps a password that was changed in the meantime.
func (s *Store) rehash(ctx context.Context, by Actor, user User, password string) error {
	hash, err := s.hash(ctx, turn{place: s.placeFor(by, user)}, password)
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("rehashing a password: %w", err)
	}
	return s.wrap("storing a new hash", s.writer.WithContext(ctx).Model(&User{}).
		Where("id = ? AND password_hash = ?", user.ID, user.PasswordHash).
		Update("password_hash", hash).Error)
}

// SessionParams describes a session to create. All fields may be empty.
type SessionParams struct {
	KeyThumbprint string // binds the session to a key, which the caller has seen a proof of
	Replaces      string // id of the session that ends, since nobody could use it any more
	Remembered    bool   // see Session
}

// CreateSession is the second step of a login: it begins a session for a user that Authenticate
// returned. The session gets the device and the address of the actor.
//
// It fails with ErrInvalidCredentials if the user was disabled or deleted, or got a new password,
// after Authenticate read it.
func (s *Store) CreateSession(ctx context.Context, by Actor, user User, params SessionParams) (Session, error) {
	now := s.now()
	session := Session{
		ID: newID(), UserID: user.ID, KeyThumbprint: params.KeyThumbprint, Counter: 1,
		Device: by.Device, Address: by.Address,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: s.sessions.expiry(now, now), Remembered: params.Remembered,
	}
	err := s.transaction(ctx, "creating a session", func(tx *gorm.DB) error {
		// Anyone who disables or deletes the user, or sets a password, locks this row as well and
		// then ends all sessions. With the lock, either the change comes first, and the login sees
		// it, or the new session comes first, and the change ends it. Logins of one user wait for
		// each other, so they cannot exceed MaxSessions together.
		current, err := s.lockUser(tx, user.ID)
		if err != nil && !errors.Is(err, ErrUserNotFound) {
			return err
		}
		if err != nil || current.Disabled || current.PasswordVersion != user.PasswordVersion {
			return fmt.Errorf("%w: user %s changed during the login", ErrInvalidCredentials, user.ID)
		}
		if err := s.makeRoom(tx, user.ID, params.Replaces); err != nil {
			return err
		}
		if err := tx.Create(&session).Error; err != nil {
			return s.wrap("storing a session", err)
		}
		return s.wrap("storing the time of a login", tx.Model(&User{}).Where("id = ?", user.ID).Update("last_login_at", now).Error)
	})
	if err != nil {
		return Session{}, err
	}
	return session, nil
}

// makeRoom ends the session that is replaced, and the least recently used sessions of the user if a
// new one would exceed MaxSessions.
func (s *Store) makeRoom(tx *gorm.DB, userID, replaces string) error {
	if err := tx.Where("id = ?", replaces).Delete(&Session{}).Error; err != nil {
		return s.wrap("ending the replaced session", err)
	}
	kept := tx.Model(&Session{}).Select("id").Where("user_id = ?", userID).
		Order("last_used_at DESC, id DESC").Limit(MaxSessions - 1)
	err := tx.Where("user_id = ? AND id NOT IN (?)", userID, kept).Delete(&Session{}).Error
	return s.wrap("ending the least recently used sessions", err)
}
