package models

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/auth"
)

// Session is one login on one device. The row is the session: ending the session deletes the row.
type Session struct {
	ID         string
	UserID     string
	Counter    int64  // of the newest refresh token; see auth.RefreshToken
	Device     string // see Actor
	Address    string // of the login
	CreatedAt  time.Time
	LastUsedAt time.Time // when the newest refresh token was issued
	ExpiresAt  time.Time // unless it is used before
}

// SessionPolicy limits the lifetime of sessions.
type SessionPolicy struct {
	Idle     time.Duration // without use
	Absolute time.Duration // in total
	Grace    time.Duration // how long a refresh token is accepted after its replacement
}

// expiry returns when a session that is used now will expire.
func (p SessionPolicy) expiry(created, now time.Time) time.Time {
	idle, absolute := now.Add(p.Idle), created.Add(p.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// RotateSession exchanges a refresh token for its successor, whose counter is that of the session
// it returns.
//
// The immediate predecessor of the newest token gets the same successor again within
// SessionPolicy.Grace, because a response can be lost and two tabs can race. Any other token is a
// replay: someone has kept a copy. A replay ends the session: that is committed, although the call
// fails with ErrReplayed. It fails with ErrSessionEnded if the session has ended or its user is
// disabled.
func (s *Store) RotateSession(ctx context.Context, _ Actor, token auth.RefreshToken) (session Session, user User, err error) {
	now, replayed := s.now(), false
	err = s.transaction(ctx, "rotating a session", func(tx *gorm.DB) error {
		session, err = s.advance(tx, token, now)
		if errors.Is(err, ErrReplayed) {
			replayed = true
			err = tx.Where("id = ?", token.SessionID).Delete(&Session{}).Error
			return s.wrap("ending a replayed session", err)
		}
		if err != nil {
			return err
		}
		user, err = s.userByID(tx, session.UserID)
		if errors.Is(err, ErrUserNotFound) || err == nil && user.Disabled {
			return ErrSessionEnded
		}
		return err
	})
	if err == nil && replayed {
		err = fmt.Errorf("%w: session %s of user %s", ErrReplayed, token.SessionID, session.UserID)
	}
	if err != nil {
		return Session{}, User{}, err
	}
	return session, user, nil
}

// advance replaces a token in one conditional update. If several calls try it at once with the same
// token, one succeeds and the others find its result.
func (s *Store) advance(tx *gorm.DB, token auth.RefreshToken, now time.Time) (Session, error) {
	session, err := s.takeSession(tx, token.SessionID, now)
	if err != nil {
		return Session{}, err
	}
	update := tx.Model(&Session{}).Where("id = ? AND counter = ?", token.SessionID, token.Counter).
		Updates(map[string]any{
			"counter":      token.Counter + 1,
			"last_used_at": now,
			"expires_at":   s.sessions.expiry(session.CreatedAt, now),
		})
	if update.Error != nil {
		return Session{}, s.wrap("advancing a session", update.Error)
	}
	// Read again: the update may be another transaction's, for which this one has waited.
	session, err = s.takeSession(tx, token.SessionID, now)
	if err != nil {
		return Session{}, err
	}
	graceEnds := session.LastUsedAt.Add(s.sessions.Grace)
	inGrace := session.Counter == token.Counter+1 && !now.After(graceEnds)
	if update.RowsAffected == 0 && !inGrace {
		return session, ErrReplayed
	}
	return session, nil
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
		ID, Username string
		Role         *string // nil if the user has no roles
	}
	err := principalQuery(s.reader.WithContext(ctx), sessionID, s.now()).Find(&rows).Error
	if err != nil {
		return auth.Principal{}, s.wrap("reading the user of a session", err)
	}
	if len(rows) == 0 {
		return auth.Principal{}, ErrSessionEnded
	}
	p := auth.Principal{UserID: rows[0].ID, SessionID: sessionID, Username: rows[0].Username, Roles: []string{}}
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
		Select("users.id, users.username, user_roles.role").
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
	return s.endOtherSessions(s.writer.WithContext(ctx), by)
}

func (s *Store) endOtherSessions(db *gorm.DB, by Actor) error {
	err := db.Where("user_id = ? AND id <> ?", by.UserID, by.SessionID).Delete(&Session{}).Error
	return s.wrap("ending the other sessions of a user", err)
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
