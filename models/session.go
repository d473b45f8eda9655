package models

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/auth"
)

// Session is one login on one device. The row is the session: ending the session deletes the row.
type Session struct {
	ID            string
	UserID        string
	KeyThumbprint string // of the key that the session is bound to (RFC 7638); empty if it is unbound
	Counter       int64  // of the newest refresh token; see auth.RefreshToken
	Device        string // of the last renewal, or of the login; see Actor
	Address       string // likewise
	CreatedAt     time.Time
	LastUsedAt    time.Time // when the newest refresh token was issued
	ExpiresAt     time.Time // unless it is used before
	Remembered    bool      // whether the browser keeps the cookie when it is closed
}

// SessionPolicy limits the lifetime of sessions.
type SessionPolicy struct {
	Idle     time.Duration // without use
	Absolute time.Duration // in total
	Grace    time.Duration // how long a replaced refresh token of an unbound session is accepted
}

// expiry returns when a session that is used now will expire.
func (p SessionPolicy) expiry(created, now time.Time) time.Time {
	idle, absolute := now.Add(p.Idle), created.Add(p.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// takeSession reads a session. It fails with ErrSessionEnded if it does not exist or has expired.
func (s *Store) takeSession(db *gorm.DB, id string, now time.Time) (session Session, err error) {
	err = db.Where("id = ? AND expires_at > ?", id, now).Take(&session).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Session{}, ErrSessionEnded
	}
	return session, s.wrap("reading a session", err)
}

// Principal returns the user of a session as the database describes that user now. It fails with
// ErrSessionEnded if the session has ended or its user is disabled.
//
// Every request with an access token calls it, so it is one query, with a row for each role.
func (s *Store) Principal(ctx context.Context, sessionID string) (auth.Principal, error) {
	var rows []struct {
		ID, Username, KeyThumbprint string
		Role                        *string // nil if the user has no roles
	}
	err := principalQuery(s.reader.WithContext(ctx), sessionID, s.now()).Find(&rows).Error
	if err != nil {
		return auth.Principal{}, s.wrap("reading the user of a session", err)
	}
	if len(rows) == 0 {
		return auth.Principal{}, ErrSessionEnded
	}
	p := auth.Principal{
		UserID: rows[0].ID, SessionID: sessionID, KeyThumbprint: rows[0].KeyThumbprint,
		Username: rows[0].Username, Roles: []string{},
	}
	for _, row := range rows {
		if row.Role != nil {
			p.Roles = append(p.Roles, *row.Role)
		}
	}
	slices.Sort(p.Roles)
	return p, nil
}

func principalQuery(db *gorm.DB, sessionID string, now time.Time) *gorm.DB {
	return db.Model(&Session{}).
		Select("users.id, users.username, sessions.key_thumbprint, user_roles.role").
		Joins("JOIN users ON users.id = sessions.user_id").
		Joins("LEFT JOIN user_roles ON user_roles.user_id = users.id").
		Where("sessions.id = ? AND sessions.expires_at > ? AND NOT users.disabled", sessionID, now)
}

// SessionsOf returns the sessions of a user that have not ended, the most recently used first.
func (s *Store) SessionsOf(ctx context.Context, userID string) (sessions []Session, err error) {
	err = s.reader.WithContext(ctx).Where("user_id = ? AND expires_at > ?", userID, s.now()).
		Order("last_used_at DESC, id DESC").Find(&sessions).Error
	return sessions, s.wrap("listing sessions", err)
}

// EndSessions ends the sessions with these ids, of any user. An id whose session has ended is no
// error.
func (s *Store) EndSessions(ctx context.Context, _ Actor, ids ...string) error {
	err := s.writer.WithContext(ctx).Where("id IN ?", ids).Delete(&Session{}).Error
	return s.wrap("ending sessions", err)
}

// EndSession ends a session of the actor. It fails with ErrSessionNotFound if the actor has no
// session with this id.
func (s *Store) EndSession(ctx context.Context, by Actor, id string) error {
	deleted := s.writer.WithContext(ctx).Where("id = ? AND user_id = ?", id, by.UserID).Delete(&Session{})
	if deleted.Error == nil && deleted.RowsAffected == 0 {
		return ErrSessionNotFound
	}
	return s.wrap("ending a session", deleted.Error)
}

// EndOtherSessions ends all sessions of the actor but the current one.
func (s *Store) EndOtherSessions(ctx context.Context, by Actor) error {
	err := s.writer.WithContext(ctx).Where("user_id = ? AND id <> ?", by.UserID, by.SessionID).
		Delete(&Session{}).Error
	return s.wrap("ending the other sessions of a user", err)
}

// EndAllSessions ends all sessions of a user. It fails with ErrUserNotFound.
func (s *Store) EndAllSessions(ctx context.Context, _ Actor, userID string) error {
	return s.transaction(ctx, "ending the sessions of a user", func(tx *gorm.DB) error {
		if _, err := s.lockUser(tx, userID); err != nil {
			return err
		}
		return s.endAllSessions(tx, userID)
	})
}

// endAllSessions ends all sessions of a user, whose row the transaction has locked: no login can
// add one before it commits.
func (s *Store) endAllSessions(tx *gorm.DB, userID string) error {
	return s.wrap("ending the sessions of a user", tx.Where("user_id = ?", userID).Delete(&Session{}).Error)
}

// purgeBatch is how many rows one purge deletes: few enough that no request waits long for it.
const purgeBatch = 500

// PurgeSessions deletes some of the expired sessions and returns how many. Call it again until it
// returns zero. It skips rows that are locked.
func (s *Store) PurgeSessions(ctx context.Context) (int64, error) {
	db := s.writer.WithContext(ctx)
	unlocked := clause.Locking{Strength: clause.LockingStrengthUpdate, Options: clause.LockingOptionsSkipLocked}
	expired := db.Model(&Session{}).Select("id").Clauses(unlocked).
		Where("expires_at <= ?", s.now()).Order("expires_at").Limit(purgeBatch)
	deleted := db.Where("id IN (?)", expired).Delete(&Session{})
	return deleted.RowsAffected, s.wrap("purging sessions", deleted.Error)
}
