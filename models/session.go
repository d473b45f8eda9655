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

// Session is one login on one device, until somebody ends it: the row is the
// session, and ending it deletes the row.
type Session struct {
	ID         string
	UserID     string
	Counter    int64  // of the newest refresh token; see auth.RefreshToken
	Device     string // what the person logged in with, in words
	Address    string // where the login came from
	CreatedAt  time.Time
	LastUsedAt time.Time // when the newest refresh token was made
	ExpiresAt  time.Time // unless it is used before
}

// SessionPolicy is how long sessions live.
type SessionPolicy struct {
	Idle     time.Duration // without use
	Absolute time.Duration // however much they are used
	Grace    time.Duration // how long a refresh token still works after it was replaced
}

// expiry returns when a session ends that is used now.
func (p SessionPolicy) expiry(created, now time.Time) time.Time {
	idle, absolute := now.Add(p.Idle), created.Add(p.Absolute)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}

// Client is who logs in, as far as a request tells.
type Client struct {
	Device   string
	Address  string
	Replaces string // the id of the browser's session before, which ends; may be empty
}

// CreateSession begins a session of a user whom Authenticate returned. It
// fails with ErrInvalidCredentials when the user was disabled or deleted, or
// got another password, since then: whoever did that must be able to rely on
// having ended everything.
func (s *Store) CreateSession(ctx context.Context, user User, client Client) (Session, error) {
	now := s.now()
	session := Session{
		ID: newID(), UserID: user.ID, Counter: 1, Device: client.Device, Address: client.Address,
		CreatedAt: now, LastUsedAt: now, ExpiresAt: s.Sessions.expiry(now, now),
	}
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
		if err := tx.Where("id = ?", client.Replaces).Delete(&Session{}).Error; err != nil {
			return failed("ending the session before", err)
		}
		newest := tx.Model(&Session{}).Select("id").Where("user_id = ?", user.ID).Order("id DESC").Limit(MaxSessions - 1)
		if err := tx.Where("user_id = ? AND id NOT IN (?)", user.ID, newest).Delete(&Session{}).Error; err != nil {
			return failed("ending the oldest sessions", err)
		}
		return failed("storing a session", tx.Create(&session).Error)
	})
	return session, err
}

// RotateSession exchanges a refresh token for its successor: the session it
// returns has the successor's counter. The immediate predecessor of the newest
// token gets that same one for the time of grace, since an answer can get lost
// and two tabs can race. Any other token is a replay: somebody kept a copy.
// That ends the session, which is kept although the call fails, with
// ErrReplayed. It fails with ErrSessionEnded when the session is over or its
// user may not use it.
func (s *Store) RotateSession(ctx context.Context, token auth.RefreshToken) (session Session, user User, err error) {
	now, replayed := s.now(), false
	err = s.transaction(ctx, "rotating a session", func(tx *gorm.DB) error {
		session, err = s.advance(tx, token, now)
		if errors.Is(err, ErrReplayed) {
			replayed = true
			return failed("ending a replayed session", tx.Where("id = ?", token.SessionID).Delete(&Session{}).Error)
		}
		if err != nil {
			return err
		}
		user, err = takeUser(tx.Where("id = ? AND NOT disabled", session.UserID))
		if errors.Is(err, ErrUserNotFound) {
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

// advance moves the session on from token by one conditional update. Of
// several that try at once with one token, one does; the others find its work.
func (s *Store) advance(tx *gorm.DB, token auth.RefreshToken, now time.Time) (Session, error) {
	session, err := takeSession(tx, token.SessionID, now)
	if err != nil {
		return Session{}, err
	}
	update := tx.Model(&Session{}).Where("id = ? AND counter = ?", token.SessionID, token.Counter).Updates(map[string]any{
		"counter": token.Counter + 1, "last_used_at": now, "expires_at": s.Sessions.expiry(session.CreatedAt, now),
	})
	if update.Error != nil {
		return Session{}, failed("advancing a session", update.Error)
	}
	session, err = takeSession(tx, token.SessionID, now) // as it is after the update, ours or another's
	if err != nil {
		return Session{}, err
	}
	inGrace := session.Counter == token.Counter+1 && !now.After(session.LastUsedAt.Add(s.Sessions.Grace))
	if update.RowsAffected == 0 && !inGrace {
		return session, ErrReplayed
	}
	return session, nil
}

// takeSession reads a session that has not ended at now, or ErrSessionEnded.
func takeSession(db *gorm.DB, id string, now time.Time) (session Session, err error) {
	err = db.Where("id = ? AND expires_at > ?", id, now).Take(&session).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Session{}, ErrSessionEnded
	}
	return session, failed("reading a session", err)
}

// Principal returns who a session stands for as the database has it now. It
// fails with ErrSessionEnded when the session is over, or its user is disabled
// or deleted.
func (s *Store) Principal(ctx context.Context, sessionID string) (auth.Principal, error) {
	var user User
	err := s.reader.WithContext(ctx).
		Select("users.id, users.username, users.roles").
		Joins("JOIN sessions ON sessions.user_id = users.id").
		Where("sessions.id = ? AND sessions.expires_at > ? AND NOT users.disabled", sessionID, s.now()).
		Take(&user).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return auth.Principal{}, ErrSessionEnded
	}
	if err != nil {
		return auth.Principal{}, failed("reading a session", err)
	}
	return auth.Principal{UserID: user.ID, SessionID: sessionID, Username: user.Username, Roles: user.Roles}, nil
}

// SessionsOf lists the living sessions of a user, the last used first.
func (s *Store) SessionsOf(ctx context.Context, userID string) (sessions []Session, err error) {
	err = s.reader.WithContext(ctx).Where("user_id = ? AND expires_at > ?", userID, s.now()).
		Order("last_used_at DESC, id DESC").Find(&sessions).Error
	return sessions, failed("listing sessions", err)
}

// EndSessions ends sessions for good. Those that are over already stay so.
func (s *Store) EndSessions(ctx context.Context, ids ...string) error {
	return failed("ending sessions", s.writer.WithContext(ctx).Where("id IN ?", ids).Delete(&Session{}).Error)
}

// EndSessionOf ends a session of a user. It fails with ErrSessionNotFound when
// the user has no such session, though another may.
func (s *Store) EndSessionOf(ctx context.Context, userID, id string) error {
	deleted := s.writer.WithContext(ctx).Where("id = ? AND user_id = ?", id, userID).Delete(&Session{})
	if deleted.Error == nil && deleted.RowsAffected == 0 {
		return ErrSessionNotFound
	}
	return failed("ending a session of a user", deleted.Error)
}

// EndOtherSessions ends all sessions of p's user but p's own.
func (s *Store) EndOtherSessions(ctx context.Context, p auth.Principal) error {
	return endOtherSessions(s.writer.WithContext(ctx), p)
}

func endOtherSessions(db *gorm.DB, p auth.Principal) error {
	return failed("ending a user's other sessions",
		db.Where("user_id = ? AND id <> ?", p.UserID, p.SessionID).Delete(&Session{}).Error)
}

// purgeBatch is how many rows one purge deletes: few enough that nobody waits
// long for the write lock.
const purgeBatch = 500

// PurgeSessions deletes some of the rows of sessions that have expired, and
// returns how many; it is to be called again until that is zero.
func (s *Store) PurgeSessions(ctx context.Context) (int64, error) {
	db := s.writer.WithContext(ctx)
	expired := db.Model(&Session{}).Select("id").Where("expires_at <= ?", s.now()).Order("expires_at").Limit(purgeBatch)
	deleted := db.Where("id IN (?)", expired).Delete(&Session{})
	return deleted.RowsAffected, failed("purging sessions", deleted.Error)
}
