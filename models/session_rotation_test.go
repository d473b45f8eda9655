package models

import (
	"errors"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const (
	day    = 24 * time.Hour
	second = time.Second
)

// newSession opens a store with one session.
func newSession(t *testing.T) (testStore, Session) {
	t.Helper()
	s := newStore(t)
	return s, s.logIn(t, s.addAdmin(t))
}

// token returns the newest refresh token of a session.
func token(session Session) auth.RefreshToken {
	return tokenNumber(session.Counter, session)
}

// tokenNumber returns the refresh token of a session with this counter.
func tokenNumber(counter int64, session Session) auth.RefreshToken {
	return auth.RefreshToken{SessionID: session.ID, Counter: counter}
}

func rotate(t *testing.T, s testStore, token auth.RefreshToken) Session {
	t.Helper()
	session, err := s.tryRotate(t, token)
	authtest.Must(t, err)
	return session
}

// tryRotate calls RotateSession without its user.
func (s testStore) tryRotate(t *testing.T, token auth.RefreshToken) (Session, error) {
	session, _, err := s.RotateSession(t.Context(), visitor(), token, "")
	return session, err
}

func TestRefreshTokenIsExchangedForItsSuccessor(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	for want := int64(2); want < 10; want++ {
		s.clock.Advance(10 * time.Minute)
		next, user, err := s.RotateSession(t.Context(), visitor(), token(session), "")
		authtest.Must(t, err)
		if next.Counter != want || next.ID != session.ID || user.Username != "Marisol" || !next.LastUsedAt.Equal(s.clock.Now()) {
			t.Fatalf("the successor is %+v of %s", next, user.Username)
		}
		session = next
	}
}

// Using the predecessor does not extend the grace.
func TestPredecessorGetsTheSameSuccessorWithinTheGrace(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		waits []time.Duration // the predecessor is used after each
		want  error           // of the last use
	}{
		{"at once", []time.Duration{0}, nil},
		{"a second before the end", []time.Duration{time.Minute - second}, nil},
		{"at the end", []time.Duration{time.Minute}, nil},
		{"a second after the end", []time.Duration{time.Minute + second}, ErrReplayed},
		{"several times", []time.Duration{30 * second, 30 * second, second}, ErrReplayed},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, first := newSession(t)
			rotate(t, s, token(first))
			for i, wait := range row.waits {
				s.clock.Advance(wait)
				again, err := s.tryRotate(t, token(first))
				if last := i == len(row.waits)-1; !last || row.want == nil {
					authtest.Must(t, err)
					if again.Counter != 2 {
						t.Errorf("the counter of the successor is %d", again.Counter)
					}
					continue
				}
				wantError(t, err, row.want)
				wantEnded(t, s, first)
			}
		})
	}
}

func TestReplayOfAnOlderTokenEndsTheSessionEvenWithinTheGrace(t *testing.T) {
	t.Parallel()
	s, first := newSession(t)
	rotate(t, s, token(rotate(t, s, token(first))))
	_, err := s.tryRotate(t, token(first))
	wantError(t, err, ErrReplayed)
	wantError(t, err, ErrSessionEnded)
	wantEnded(t, s, first) // committed, although the call failed
	_, err = s.tryRotate(t, tokenNumber(3, first))
	wantError(t, err, ErrSessionEnded)
}

// A database that was restored from a backup sees such tokens.
func TestTokenWithACounterFromTheFutureEndsTheSession(t *testing.T) {
	t.Parallel()
	for _, counter := range []int64{2, 1 << 62, -1, -1 << 62} {
		s, session := newSession(t)
		_, err := s.tryRotate(t, tokenNumber(counter, session))
		wantError(t, err, ErrReplayed)
		wantEnded(t, s, session)
	}
}

func TestSessionsExpireExactlyOnTime(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		waits []time.Duration // the session is renewed after each
		want  error           // of the last renewal
	}{
		{"a second before 30 days without use", []time.Duration{30*day - second}, nil},
		{"30 days without use", []time.Duration{30 * day}, ErrSessionEnded},
		{"use extends the session", []time.Duration{29 * day, 29 * day, 29 * day}, nil},
		{"a second before 90 days of use", []time.Duration{29 * day, 29 * day, 29 * day, 3*day - second}, nil},
		{"90 days of use", []time.Duration{29 * day, 29 * day, 29 * day, 3 * day}, ErrSessionEnded},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, session := newSession(t)
			for i, wait := range row.waits {
				s.clock.Advance(wait)
				next, err := s.tryRotate(t, token(session))
				isLast := i == len(row.waits)-1
				if !isLast {
					authtest.Must(t, err)
				} else if !errors.Is(err, row.want) {
					t.Errorf("error is %v, want %v", err, row.want)
				}
				_, err = s.Principal(t.Context(), session.ID) // access tokens end at the same time
				if isLast && (err == nil) != (row.want == nil) {
					t.Errorf("the principal is refused with %v", err)
				}
				session = next
			}
		})
	}
}

func TestRefreshOfAnUnknownSessionIsNotAReplay(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t)
	_, err := s.tryRotate(t, auth.RefreshToken{SessionID: newID(), Counter: 1})
	wantError(t, err, ErrSessionEnded)
	if errors.Is(err, ErrReplayed) {
		t.Error("it is called a replay")
	}
}

func TestRefreshOfADisabledUserChangesNothing(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	s.exec(t, "UPDATE users SET disabled = 1") // UpdateUser would end the session
	_, err := s.tryRotate(t, token(session))
	wantError(t, err, ErrSessionEnded)
	var stored Session
	authtest.Must(t, s.reader.Take(&stored).Error)
	if stored.Counter != 1 {
		t.Errorf("the counter is %d", stored.Counter)
	}
}

func TestParallelRefreshesWithOneTokenCreateOneSuccessor(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	other := s.reopen(t)
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			next, err := []testStore{s, other}[i%2].tryRotate(t, token(session))
			if err != nil || next.Counter != 2 {
				t.Errorf("counter %d, %v", next.Counter, err)
			}
		})
	}
	group.Wait()
	if next := rotate(t, s, tokenNumber(2, session)); next.Counter != 3 {
		t.Errorf("the next counter is %d", next.Counter)
	}
}

func TestGraceContinuesAfterARestart(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	rotate(t, s, token(session))
	authtest.Must(t, s.Close())
	s = s.reopen(t)
	if next := rotate(t, s, token(session)); next.Counter != 2 {
		t.Errorf("the counter of the successor is %d", next.Counter)
	}
}
