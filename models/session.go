package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// MaxSessions is how many sessions a user can have. One more ends the oldest.
const MaxSessions = 100

// Session is one login, until somebody ends it: the row is the session, and
// ending it deletes the row.
type Session struct {
	ID         string
	UserID     string
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// CreateSession begins a session of a user whom Authenticate returned. It
// fails with ErrInvalidCredentials when the user was disabled or deleted, or
// got another password, since then: whoever did that must be able to rely on
// having ended everything.
func (s *Store) CreateSession(ctx context.Context, user User) (Session, error) {
	session := Session{ID: newID(), UserID: user.ID, CreatedAt: s.now(), LastUsedAt: s.now()}
	err := s.transaction(ctx, "creating a session", func(tx *gorm.DB) error {
		var same int64
		if err := tx.Model(&User{}).
			Where("id = ? AND password_version = ? AND NOT disabled", user.ID, user.PasswordVersion).
			Count(&same).Error; err != nil {
			return failed("reading the user of a new session", err)
		}
		if same == 0 {
			return fmt.Errorf("%w: user %s changed during the login", ErrInvalidCredentials, user.ID)
		}
		newest := tx.Model(&Session{}).Select("id").Where("user_id = ?", user.ID).Order("id DESC").Limit(MaxSessions - 1)
		if err := tx.Where("user_id = ? AND id NOT IN (?)", user.ID, newest).Delete(&Session{}).Error; err != nil {
			return failed("ending the oldest sessions", err)
		}
		return failed("storing a session", tx.Create(&session).Error)
	})
	return session, err
}

// Principal returns who a token's claims stand for as the database has it
// now. It fails with ErrSessionEnded when the session is over, is not that
// user's, or the user is disabled or deleted.
func (s *Store) Principal(ctx context.Context, claims *auth.Claims) (auth.Principal, error) {
	var user User
	err := s.reader.WithContext(ctx).
		Select("users.id, users.username, users.roles").
		Joins("JOIN sessions ON sessions.user_id = users.id").
		Where("sessions.id = ? AND users.id = ? AND NOT users.disabled", claims.SessionID, claims.Subject).
		Take(&user).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return auth.Principal{}, ErrSessionEnded
	}
	if err != nil {
		return auth.Principal{}, failed("reading a session", err)
	}
	return auth.Principal{UserID: user.ID, SessionID: claims.SessionID, Username: user.Username, Roles: user.Roles}, nil
}

// EndSession ends a session for good. One that is over already stays so.
func (s *Store) EndSession(ctx context.Context, id string) error {
	return failed("ending a session", s.writer.WithContext(ctx).Where("id = ?", id).Delete(&Session{}).Error)
}
