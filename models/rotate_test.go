package models

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
)

const (
	day  = 24 * time.Hour
	tick = time.Second
)

// newSession opens a store whose clock the test sets, with one session.
func newSession(t *testing.T) (*Store, *clock, Session) {
	t.Helper()
	c := &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	o := options(filepath.Join(t.TempDir(), "test.db"))
	o.Now = c.Now
	s, err := Open(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	session, err := s.CreateSession(t.Context(), withUser(t, s), Client{Device: "Firefox on Linux", Address: "192.0.2.1"})
	must(t, err)
	return s, c, session
}

func token(session Session) auth.RefreshToken {
	return auth.RefreshToken{SessionID: session.ID, Counter: session.Counter}
}

// nth is the token with the given place in the session's row.
func nth(session Session, counter int64) auth.RefreshToken {
	return auth.RefreshToken{SessionID: session.ID, Counter: counter}
}

func rotate(t *testing.T, s *Store, token auth.RefreshToken) Session {
	t.Helper()
	session, _, err := s.RotateSession(t.Context(), token)
	must(t, err)
	return session
}

func wantEnded(t *testing.T, s *Store, session Session) {
	t.Helper()
	if _, err := s.Principal(t.Context(), session.ID); !errors.Is(err, ErrSessionEnded) {
		t.Errorf("the session lives on: %v", err)
	}
}

func TestARefreshTokenIsExchangedForItsSuccessor(t *testing.T) {
	s, c, session := newSession(t)
	for want := int64(2); want < 10; want++ {
		c.advance(10 * time.Minute)
		next, user, err := s.RotateSession(t.Context(), token(session))
		must(t, err)
		if next.Counter != want || next.ID != session.ID || user.Username != "Marisol" || !next.LastUsedAt.Equal(c.Now()) {
			t.Fatalf("the successor is %+v of %s", next, user.Username)
		}
		session = next
	}
}

// TestThePredecessorGetsTheSameSuccessorForTheTimeOfGrace holds the edges to
// the second. Using it does not begin the time anew.
func TestThePredecessorGetsTheSameSuccessorForTheTimeOfGrace(t *testing.T) {
	for _, row := range []struct {
		name  string
		after []time.Duration // steps, with a use of the predecessor after each
		want  error
	}{
		{"at once", []time.Duration{0}, nil},
		{"a second before its end", []time.Duration{time.Minute - tick}, nil},
		{"at its end", []time.Duration{time.Minute}, nil},
		{"a second after its end", []time.Duration{time.Minute + tick}, ErrReplayed},
		{"used again and again", []time.Duration{30 * tick, 30 * tick, tick}, ErrReplayed},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, c, first := newSession(t)
			rotate(t, s, token(first))
			for i, step := range row.after {
				c.advance(step)
				again, _, err := s.RotateSession(t.Context(), token(first))
				if last := i == len(row.after)-1; !last || row.want == nil {
					must(t, err)
					if again.Counter != 2 {
						t.Errorf("the successor is number %d", again.Counter)
					}
					continue
				}
				wantError(t, err, row.want)
				wantEnded(t, s, first)
			}
		})
	}
}

func TestAnythingOlderEndsTheSessionAlsoWithinTheGrace(t *testing.T) {
	s, _, first := newSession(t)
	second := rotate(t, s, token(first))
	rotate(t, s, token(second))
	_, _, err := s.RotateSession(t.Context(), token(first))
	wantError(t, err, ErrReplayed)
	wantError(t, err, ErrSessionEnded)
	wantEnded(t, s, first) // it was kept although the call failed
	_, _, err = s.RotateSession(t.Context(), nth(first, 3))
	wantError(t, err, ErrSessionEnded)
}

// TestACounterFromTheFuture is a token of a database that was restored to an
// earlier state, or of a thief's guess.
func TestACounterFromTheFuture(t *testing.T) {
	for _, counter := range []int64{2, 1 << 62, -1, -1 << 62} {
		s, _, session := newSession(t)
		_, _, err := s.RotateSession(t.Context(), nth(session, counter))
		wantError(t, err, ErrReplayed)
		wantEnded(t, s, session)
	}
}

func TestSessionsEndToTheSecond(t *testing.T) {
	for _, row := range []struct {
		name  string
		steps []time.Duration // a refresh after each
		want  error           // of the last
	}{
		{"a second before 30 days without use", []time.Duration{30*day - tick}, nil},
		{"30 days without use", []time.Duration{30 * day}, ErrSessionEnded},
		{"use moves the end on", []time.Duration{29 * day, 29 * day, 29 * day}, nil},
		{"a second before 90 days of use", []time.Duration{29 * day, 29 * day, 29 * day, 3*day - tick}, nil},
		{"90 days of use", []time.Duration{29 * day, 29 * day, 29 * day, 3 * day}, ErrSessionEnded},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, c, session := newSession(t)
			for i, step := range row.steps {
				c.advance(step)
				next, _, err := s.RotateSession(t.Context(), token(session))
				if i < len(row.steps)-1 {
					must(t, err)
				} else if !errors.Is(err, row.want) {
					t.Errorf("error is %v, want %v", err, row.want)
				}
				_, err = s.Principal(t.Context(), session.ID) // the access token goes with it
				if i == len(row.steps)-1 && (err == nil) != (row.want == nil) {
					t.Errorf("access is %v", err)
				}
				session = next
			}
		})
	}
}

func TestARefreshOfAnotherOrNoSession(t *testing.T) {
	s, _, _ := newSession(t)
	_, _, err := s.RotateSession(t.Context(), auth.RefreshToken{SessionID: newID(), Counter: 1})
	wantError(t, err, ErrSessionEnded)
	if errors.Is(err, ErrReplayed) {
		t.Error("a session that is over is no replay")
	}
}

func TestARefreshOfADisabledUserIsRefused(t *testing.T) {
	s, _, session := newSession(t)
	must(t, s.writer.Exec("UPDATE users SET disabled = 1").Error) // behind UpdateUser's back
	_, _, err := s.RotateSession(t.Context(), token(session))
	wantError(t, err, ErrSessionEnded)
	var kept Session
	must(t, s.reader.Take(&kept).Error)
	if kept.Counter != 1 {
		t.Errorf("the refused refresh moved the counter to %d", kept.Counter)
	}
}

// TestParallelRefreshesOfOneTokenMakeOneSuccessor has two processes take part.
func TestParallelRefreshesOfOneTokenMakeOneSuccessor(t *testing.T) {
	s, c, session := newSession(t)
	o := s.Options
	o.Now = c.Now
	other, err := Open(t.Context(), o)
	must(t, err)
	defer other.Close()
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			store := []*Store{s, other}[i%2]
			next, _, err := store.RotateSession(t.Context(), token(session))
			if err != nil || next.Counter != 2 {
				t.Errorf("number %d, %v", next.Counter, err)
			}
		})
	}
	group.Wait()
	if next := rotate(t, s, nth(session, 2)); next.Counter != 3 {
		t.Errorf("after the race the next is number %d", next.Counter)
	}
}

func TestTheGraceHoldsAfterARestart(t *testing.T) {
	s, c, session := newSession(t)
	rotate(t, s, token(session))
	o := s.Options
	must(t, s.Close())
	o.Now = c.Now
	again, err := Open(t.Context(), o)
	must(t, err)
	defer again.Close()
	if next := rotate(t, again, token(session)); next.Counter != 2 {
		t.Errorf("the successor is number %d", next.Counter)
	}
}

func TestEndingSessionsOfAUser(t *testing.T) {
	s, _, first := newSession(t)
	user, err := s.UserByName(t.Context(), "marisol")
	must(t, err)
	second, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	third, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	jonas := createUser(t, s, "jonas")
	theirs, err := s.CreateSession(t.Context(), jonas, Client{})
	must(t, err)

	wantError(t, s.EndSessionOf(t.Context(), user.ID, theirs.ID), ErrSessionNotFound)
	wantError(t, s.EndSessionOf(t.Context(), user.ID, newID()), ErrSessionNotFound)
	must(t, s.EndSessionOf(t.Context(), user.ID, second.ID))
	wantEnded(t, s, second)
	must(t, s.EndOtherSessions(t.Context(), auth.Principal{UserID: user.ID, SessionID: third.ID}))
	wantEnded(t, s, first)
	for _, session := range []Session{third, theirs} {
		_, err = s.Principal(t.Context(), session.ID)
		must(t, err)
	}
	left, err := s.SessionsOf(t.Context(), user.ID)
	must(t, err)
	if len(left) != 1 || left[0].ID != third.ID {
		t.Errorf("the sessions left are %v", left)
	}
}

func TestChangingThePasswordEndsTheOtherSessions(t *testing.T) {
	s, _, mine := newSession(t)
	user, err := s.UserByName(t.Context(), "marisol")
	must(t, err)
	thiefs, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	p := auth.Principal{UserID: user.ID, SessionID: mine.ID}
	wantError(t, s.ChangePassword(t.Context(), p, "wrong horse battery", "another horse battery"), ErrWrongPassword)
	var weak *auth.WeakPasswordError
	if err := s.ChangePassword(t.Context(), p, password, "short"); !errors.As(err, &weak) {
		t.Errorf("error is %v", err)
	}
	_, err = s.Principal(t.Context(), thiefs.ID) // nothing has changed yet
	must(t, err)
	must(t, s.ChangePassword(t.Context(), p, password, "another horse battery"))
	wantEnded(t, s, thiefs)
	_, err = s.Principal(t.Context(), mine.ID)
	must(t, err)
	_, err = s.Authenticate(t.Context(), "marisol", "another horse battery")
	must(t, err)
}

// TestOfTwoPasswordChangesAtOnceOneHolds: both know the current password.
func TestOfTwoPasswordChangesAtOnceOneHolds(t *testing.T) {
	s, _, session := newSession(t)
	p := auth.Principal{UserID: session.UserID, SessionID: session.ID}
	errs := make([]error, 2)
	var group sync.WaitGroup
	for i, next := range []string{"first new words", "second new words"} {
		group.Go(func() { errs[i] = s.ChangePassword(t.Context(), p, password, next) })
	}
	group.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("they ended with %v", errs)
	}
}

func TestExpiredSessionsArePurgedInSmallBatches(t *testing.T) {
	s, c, session := newSession(t)
	rows := make([]Session, purgeBatch+10)
	for i := range rows {
		rows[i] = Session{ID: newID(), UserID: session.UserID, ExpiresAt: c.Now().Add(time.Hour)}
	}
	must(t, s.writer.CreateInBatches(rows, 100).Error)
	for step, want := range []int64{0, purgeBatch, 10, 0} {
		if step == 1 {
			c.advance(time.Hour)
		}
		deleted, err := s.PurgeSessions(t.Context())
		must(t, err)
		if deleted != want {
			t.Errorf("purge %d deleted %d, want %d", step, deleted, want)
		}
	}
	_, err := s.Principal(t.Context(), session.ID) // one that lives stays
	must(t, err)
}
