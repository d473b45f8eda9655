package models

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// wantEnded checks that a session gives access to nothing.
func wantEnded(t *testing.T, s testStore, session Session) {
	t.Helper()
	if _, err := s.Principal(t.Context(), session.ID); !errors.Is(err, ErrSessionEnded) {
		t.Errorf("the session has not ended: %v", err)
	}
}

func TestSessionActsForItsUserUntilItEnds(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	session := s.logIn(t, user)
	p, err := s.Principal(t.Context(), session.ID)
	authtest.Must(t, err)
	want := auth.Principal{UserID: user.ID, SessionID: session.ID, Username: "Marisol"}
	isAdmin := slices.Equal(p.Roles, []string{RoleAdmin})
	if p.UserID != want.UserID || p.SessionID != want.SessionID || p.Username != want.Username || !isAdmin {
		t.Errorf("the principal is %+v", p)
	}
	authtest.Must(t, s.EndSessions(t.Context(), visitor(), session.ID))
	wantEnded(t, s, session)
	authtest.Must(t, s.EndSessions(t.Context(), visitor(), session.ID)) // a second time
}

func TestUnknownSessionHasEnded(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	for _, id := range []string{"", newID(), "' OR 1=1 --"} {
		_, err := s.Principal(t.Context(), id)
		wantError(t, err, ErrSessionEnded)
	}
}

func TestSessionEndsWithItsUser(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	session := s.logIn(t, s.addAdmin(t))
	s.exec(t, "UPDATE users SET disabled = 1")
	wantEnded(t, s, session)
	s.exec(t, "DELETE FROM users")
	var left int64
	authtest.Must(t, s.reader.Model(&Session{}).Count(&left).Error)
	if left != 0 {
		t.Errorf("%d sessions outlived their user", left)
	}
}

func TestPrincipalIsOneQuery(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	session := s.logIn(t, s.addAdmin(t))
	queries := 0
	count := func(*gorm.DB) { queries++ }
	authtest.Must(t, s.reader.Callback().Query().Register("test:count", count))
	authtest.Must(t, s.reader.Callback().Row().Register("test:count", count))
	authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID)))
	if queries != 1 {
		t.Errorf("it took %d queries", queries)
	}
}

func TestPrincipalReadsOnlyIndexes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statement := s.reader.ToSQL(func(db *gorm.DB) *gorm.DB {
		return principalQuery(db, newID(), s.now()).Find(&[]userRole{})
	})
	wantPlan(t, s, statement, "SEARCH sessions USING INDEX")
}

// A read that began before a change goes on seeing the database as it was. Every read that begins
// after the change must see it, even while the old one is still open.
func TestReadsThatBeginAfterAChangeSeeIt(t *testing.T) {
	t.Parallel()
	changes := userChanges(t)
	for name, change := range map[string]func(s testStore, user User, session Session) error{
		"disabled": func(s testStore, user User, _ Session) error { return changes["disable"](s, user) },
		"deleted":  func(s testStore, user User, _ Session) error { return changes["delete"](s, user) },
		"logged out": func(s testStore, _ User, session Session) error {
			return s.EndSessions(t.Context(), visitor(), session.ID)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.addAdmin(t)
			user := s.addUser(t, "jonas")
			session := s.logIn(t, user)
			open := s.reader.Begin()
			before := &Store{reader: open, engine: s.engine, clock: s.clock.Now}
			authtest.Must(t, errorOf(before.Principal(t.Context(), session.ID)))
			authtest.Must(t, change(s, user, session))
			authtest.Must(t, errorOf(before.Principal(t.Context(), session.ID))) // it is still open
			wantEnded(t, s, session)
			authtest.Must(t, open.Rollback().Error)
			wantEnded(t, s, session)
		})
	}
}

func TestEndingSessionsEndsOnlyThoseThatAreNamed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	first, second, third := s.logIn(t, user), s.logIn(t, user), s.logIn(t, user)
	theirs := s.logIn(t, s.addUser(t, "jonas"))

	wantError(t, s.EndSession(t.Context(), actor(third), theirs.ID), ErrSessionNotFound)
	wantError(t, s.EndSession(t.Context(), actor(third), newID()), ErrSessionNotFound)
	wantError(t, s.EndSession(t.Context(), visitor(), third.ID), ErrSessionNotFound)
	authtest.Must(t, s.EndSession(t.Context(), actor(third), second.ID))
	wantEnded(t, s, second)
	authtest.Must(t, errorOf(s.Principal(t.Context(), first.ID)))
	authtest.Must(t, s.EndOtherSessions(t.Context(), actor(third)))
	wantEnded(t, s, first)
	for _, session := range []Session{third, theirs} {
		authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID)))
	}
	left, err := s.SessionsOf(t.Context(), user.ID)
	authtest.Must(t, err)
	if len(left) != 1 || left[0].ID != third.ID {
		t.Errorf("the sessions left are %v", left)
	}
}

func TestExpiredSessionsArePurgedInBatches(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	session := s.logIn(t, s.addAdmin(t))
	rows := make([]Session, purgeBatch+10)
	for i := range rows {
		rows[i] = Session{ID: newID(), UserID: session.UserID, ExpiresAt: s.clock.Now().Add(time.Hour)}
	}
	authtest.Must(t, s.writer.CreateInBatches(rows, 100).Error)
	for step, want := range []int64{0, purgeBatch, 10, 0} {
		if step == 1 {
			s.clock.Advance(time.Hour)
		}
		deleted, err := s.PurgeSessions(t.Context())
		authtest.Must(t, err)
		if deleted != want {
			t.Errorf("purge %d deleted %d, want %d", step, deleted, want)
		}
	}
	authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID))) // it has not expired
}

func TestSessionsAreListedByLastUse(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	sessions := []Session{s.logIn(t, user), s.logIn(t, user), s.logIn(t, user)}
	s.clock.Advance(time.Minute)
	rotate(t, s, token(sessions[1]))
	listed, err := s.SessionsOf(t.Context(), user.ID)
	authtest.Must(t, err)
	var got []string
	for _, session := range listed {
		got = append(got, session.ID)
	}
	if want := []string{sessions[1].ID, sessions[2].ID, sessions[0].ID}; !slices.Equal(got, want) {
		t.Errorf("the order is %v, want %v", got, want)
	}
}
