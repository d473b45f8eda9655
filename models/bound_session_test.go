package models

import (
	"errors"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const key = "a thumbprint"

// newBoundSession opens a store with one session that is bound to key.
func newBoundSession(t *testing.T) (testStore, Session) {
	t.Helper()
	s := newStore(t)
	session, err := s.CreateSession(t.Context(), visitor(), s.addAdmin(t), SessionParams{KeyThumbprint: key})
	authtest.Must(t, err)
	return s, session
}

func elsewhere() Actor { return Actor{Device: "Chrome on Windows", Address: "198.51.100.7"} }

func (s testStore) stored(t *testing.T, id string) (session Session) {
	t.Helper()
	authtest.Must(t, s.reader.Where("id = ?", id).Take(&session).Error)
	return session
}

func TestBoundSessionIsRenewedOnlyWithItsKey(t *testing.T) {
	t.Parallel()
	s, session := newBoundSession(t)
	for range 3 {
		next, _, err := s.RotateSession(t.Context(), visitor(), token(session), key)
		authtest.Must(t, err)
		session = next
	}
	before := s.stored(t, session.ID)
	for name, counter := range map[string]int64{"newest": 4, "predecessor": 3, "older": 1, "from the future": 9} {
		for _, wrong := range []string{"", "another thumbprint"} {
			_, _, err := s.RotateSession(t.Context(), elsewhere(), tokenNumber(counter, session), wrong)
			if !errors.Is(err, ErrWrongKey) || errors.Is(err, ErrSessionEnded) {
				t.Errorf("%s token with the key %q: %v", name, wrong, err)
			}
		}
	}
	if after := s.stored(t, session.ID); after != before {
		t.Errorf("the session changed from %+v to %+v", before, after)
	}
}

// A laptop whose response was lost sleeps and wakes up somewhere else.
func TestPredecessorOfABoundSessionIsAcceptedUntilItsSuccessorIsUsed(t *testing.T) {
	t.Parallel()
	s, first := newBoundSession(t)
	for _, wait := range []time.Duration{0, time.Minute, day, 20 * day} {
		s.clock.Advance(wait)
		next, _, err := s.RotateSession(t.Context(), elsewhere(), token(first), key)
		authtest.Must(t, err)
		if next.Counter != 2 || next != s.stored(t, first.ID) {
			t.Errorf("after %v: the successor is %+v, stored is %+v", wait, next, s.stored(t, first.ID))
		}
	}
	_, _, err := s.RotateSession(t.Context(), visitor(), tokenNumber(2, first), key)
	authtest.Must(t, err)
	_, _, err = s.RotateSession(t.Context(), visitor(), token(first), key)
	wantError(t, err, ErrReplayed)
	wantEnded(t, s, first)
}

func TestPredecessorOfABoundSessionDoesNotExtendIt(t *testing.T) {
	t.Parallel()
	s, first := newBoundSession(t)
	next, _, err := s.RotateSession(t.Context(), visitor(), token(first), key)
	authtest.Must(t, err)
	s.clock.Advance(day)
	again, _, err := s.RotateSession(t.Context(), visitor(), token(first), key)
	authtest.Must(t, err)
	if !again.ExpiresAt.Equal(next.ExpiresAt) || !again.LastUsedAt.Equal(next.LastUsedAt) {
		t.Errorf("it expires at %v instead of %v", again.ExpiresAt, next.ExpiresAt)
	}
}

func TestPredecessorOfAnUnboundSessionIsAReplayFromAnotherAddress(t *testing.T) {
	t.Parallel()
	s, first := newSession(t)
	rotate(t, s, token(first))
	_, _, err := s.RotateSession(t.Context(), elsewhere(), token(first), "a thief's key")
	wantError(t, err, ErrReplayed)
	wantEnded(t, s, first)
}

// The address that counts is that of the renewal, not that of the login.
func TestPredecessorOfAnUnboundSessionIsAcceptedFromTheAddressOfItsRenewal(t *testing.T) {
	t.Parallel()
	s, first := newSession(t)
	_, _, err := s.RotateSession(t.Context(), elsewhere(), token(first), "")
	authtest.Must(t, err)
	next, _, err := s.RotateSession(t.Context(), elsewhere(), token(first), "")
	authtest.Must(t, err)
	if next.Counter != 2 {
		t.Errorf("the counter of the successor is %d", next.Counter)
	}
	_, _, err = s.RotateSession(t.Context(), visitor(), token(first), "") // the address of the login
	wantError(t, err, ErrReplayed)
}

func TestRenewalRecordsItsDeviceAndAddress(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	next, _, err := s.RotateSession(t.Context(), elsewhere(), token(session), "")
	authtest.Must(t, err)
	stored := s.stored(t, session.ID)
	if stored.Device != elsewhere().Device || stored.Address != elsewhere().Address || next != stored {
		t.Errorf("stored is %+v, returned %+v", stored, next)
	}
}

func TestPrincipalSaysWhichKeyTheSessionIsBoundTo(t *testing.T) {
	t.Parallel()
	s, bound := newBoundSession(t)
	unbound := s.logIn(t, User{ID: bound.UserID})
	for id, want := range map[string]string{bound.ID: key, unbound.ID: ""} {
		p, err := s.Principal(t.Context(), id)
		if err != nil || p.KeyThumbprint != want {
			t.Errorf("thumbprint %q, %v; want %q", p.KeyThumbprint, err, want)
		}
	}
}

func TestReplayIsRecognisedWithoutChangingAnything(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	for name, row := range map[string]struct {
		key     string // of the session
		proven  string
		counter int64 // of the token, when the newest is 3
		by      Actor
		wait    time.Duration
		want    bool
	}{
		"the newest":                            {"", "", 3, elsewhere(), day, false},
		"the newest of a bound session":         {key, "", 3, elsewhere(), day, false},
		"the predecessor":                       {"", "", 2, visitor(), 0, false},
		"the predecessor, too late":             {"", "", 2, visitor(), time.Hour, true},
		"the predecessor, from elsewhere":       {"", "", 2, elsewhere(), 0, true},
		"the predecessor, with its key":         {key, key, 2, elsewhere(), day, false},
		"the predecessor, without its key":      {key, "", 2, visitor(), 0, true},
		"the predecessor, with another key":     {key, "another thumbprint", 2, visitor(), 0, true},
		"an older token":                        {"", "", 1, visitor(), 0, true},
		"an older token of a bound session":     {key, key, 1, visitor(), 0, true},
		"a token from the future":               {"", "", 4, visitor(), 0, true},
		"the newest, of a session that expired": {"", "", 1, visitor(), 40 * day, false},
	} {
		session, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{KeyThumbprint: row.key})
		authtest.Must(t, err)
		for counter := range int64(2) {
			_, _, err = s.RotateSession(t.Context(), visitor(), tokenNumber(counter+1, session), row.key)
			authtest.Must(t, err)
		}
		before := s.stored(t, session.ID)
		s.clock.Advance(row.wait)
		_, got, err := s.FindReplayed(t.Context(), row.by, tokenNumber(row.counter, session), row.proven)
		if err != nil || got != row.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if after := s.stored(t, session.ID); after != before {
			t.Errorf("%s: the session changed to %+v", name, after)
		}
	}
	_, got, err := s.FindReplayed(t.Context(), visitor(), auth.RefreshToken{SessionID: newID(), Counter: 1}, "")
	if err != nil || got {
		t.Errorf("a session that never was: %v, %v", got, err)
	}
}

func TestLeastRecentlyUsedSessionMakesRoomForALogin(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	oldest, second := s.logIn(t, user), s.logIn(t, user)
	for range MaxSessions - 2 {
		s.clock.Advance(time.Minute)
		s.logIn(t, user)
	}
	rotate(t, s, token(oldest)) // so that it is the most recently used
	s.clock.Advance(time.Minute)
	s.logIn(t, user)
	wantEnded(t, s, second)
	if _, err := s.Principal(t.Context(), oldest.ID); err != nil {
		t.Errorf("the session in use: %v", err)
	}
}

func TestSessionsFromBeforeBoundSessionsAreUnbound(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	s.undoMigrations(t, "0002-bound-sessions-and-budgets")
	s = s.reopen(t)
	if next := rotate(t, s, token(session)); next.KeyThumbprint != "" || next.Counter != 2 || !next.Remembered {
		t.Errorf("the session is %+v", next)
	}
}
