package models

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// RotateSession exchanges a refresh token for its successor, whose counter is that of the session
// it returns. The row keeps the device and the address of the actor.
//
// A bound session needs the thumbprint of its key, from a proof that the caller has verified.
// Without it, the call fails with ErrWrongKey and changes nothing. An unbound session ignores the
// thumbprint.
//
// The immediate predecessor of the newest token gets the same successor again, because a response
// can be lost and two tabs can race: for a bound session as long as the successor has not been
// used; for an unbound one within SessionPolicy.Grace, from the address of the renewal that
// replaced it. Any other token is a replay: someone has kept a copy. A replay ends the session:
// that is committed, although the call fails with ErrReplayed. It fails with ErrSessionEnded if the
// session has ended or its user is disabled.
func (s *Store) RotateSession(
	ctx context.Context, by Actor, token auth.RefreshToken, thumbprint string,
) (session Session, user User, err error) {
	replayed := false
	err = s.transaction(ctx, "rotating a session", func(tx *gorm.DB) error {
		session, err = s.advance(tx, by, token, thumbprint)
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
		return session, User{}, fmt.Errorf("%w: session %s of user %s", ErrReplayed, token.SessionID, session.UserID)
	}
	if err != nil {
		return Session{}, User{}, err
	}
	return session, user, nil
}

// advance replaces a token in one conditional update. If several calls try it at once with the same
// token, one succeeds and the others find its result.
func (s *Store) advance(tx *gorm.DB, by Actor, token auth.RefreshToken, thumbprint string) (Session, error) {
	now := s.now()
	session, err := s.takeSession(tx, token.SessionID, now)
	if err != nil {
		return Session{}, err
	}
	if session.isBound() && session.KeyThumbprint != thumbprint {
		return Session{}, fmt.Errorf("%w: session %s", ErrWrongKey, session.ID)
	}
	update := tx.Model(&Session{}).Where("id = ? AND counter = ?", token.SessionID, token.Counter).
		Updates(map[string]any{
			"counter": token.Counter + 1, "device": by.Device, "address": by.Address,
			"last_used_at": now, "expires_at": s.sessions.expiry(session.CreatedAt, now),
		})
	if update.Error != nil {
		return Session{}, s.wrap("advancing a session", update.Error)
	}
	// Read again: the update may be another transaction's, for which this one has waited.
	session, err = s.takeSession(tx, token.SessionID, now)
	if err != nil || update.RowsAffected == 1 {
		return session, err
	}
	if !s.acceptsPredecessor(session, by, token, now) {
		return session, ErrReplayed
	}
	session.Device, session.Address = by.Device, by.Address
	return session, s.wrap("recording a renewal", tx.Model(&session).Select("device", "address").Updates(&session).Error)
}

func (s Session) isBound() bool { return s.KeyThumbprint != "" }

// acceptsPredecessor reports whether a token that is not the newest is its immediate predecessor
// and may still be exchanged. The key of a bound session has been proven.
func (s *Store) acceptsPredecessor(session Session, by Actor, token auth.RefreshToken, now time.Time) bool {
	switch {
	case session.Counter != token.Counter+1:
		return false
	case session.isBound():
		return true
	}
	return by.Address == session.Address && !now.After(session.LastUsedAt.Add(s.sessions.Grace))
}

// FindReplayed returns the session of a token, and reports whether the token is a replay; see
// RotateSession. A token of a session that has ended is not. The predecessor of a bound session is
// one unless its key was proven. It changes nothing: callers that end the session anyway use it to
// log a replay.
func (s *Store) FindReplayed(
	ctx context.Context, by Actor, token auth.RefreshToken, thumbprint string,
) (session Session, replayed bool, err error) {
	now := s.now()
	session, err = s.takeSession(s.reader.WithContext(ctx), token.SessionID, now)
	if errors.Is(err, ErrSessionEnded) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, err
	}
	isProven := !session.isBound() || session.KeyThumbprint == thumbprint
	isAccepted := isProven && s.acceptsPredecessor(session, by, token, now)
	return session, session.Counter != token.Counter && !isAccepted, nil
}
