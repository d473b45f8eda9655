package models

import (
	"slices"
	"testing"
)

func TestASessionStandsForItsUserUntilItEnds(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	session, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	p, err := s.Principal(t.Context(), session.ID)
	must(t, err)
	if p.UserID != user.ID || p.SessionID != session.ID || p.Username != "Marisol" || !slices.Equal(p.Roles, []string{RoleAdmin}) {
		t.Errorf("the principal is %+v", p)
	}
	must(t, s.EndSessions(t.Context(), session.ID))
	_, err = s.Principal(t.Context(), session.ID)
	wantError(t, err, ErrSessionEnded)
	must(t, s.EndSessions(t.Context(), session.ID)) // ending twice is no error
}

func TestASessionThatIsNotThereIsOver(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	for _, id := range []string{"", newID(), "' OR 1=1 --"} {
		_, err := s.Principal(t.Context(), id)
		wantError(t, err, ErrSessionEnded)
	}
}

func TestASessionEndsWithItsUser(t *testing.T) {
	s := newStore(t)
	session, err := s.CreateSession(t.Context(), withUser(t, s), Client{})
	must(t, err)
	must(t, s.writer.Exec("UPDATE users SET disabled = 1").Error)
	_, err = s.Principal(t.Context(), session.ID)
	wantError(t, err, ErrSessionEnded)
	must(t, s.writer.Exec("DELETE FROM users").Error)
	var left int64
	must(t, s.reader.Model(&Session{}).Count(&left).Error)
	if left != 0 {
		t.Errorf("%d sessions outlived their user", left)
	}
}

// TestALoginThatAChangeOvertookFails: between the check of the password and
// the new session somebody disables the user, deletes it, or changes the
// password to get a thief out.
func TestALoginThatAChangeOvertookFails(t *testing.T) {
	for name, change := range map[string]string{
		"disabled":         "UPDATE users SET disabled = 1",
		"deleted":          "DELETE FROM users",
		"another password": "UPDATE users SET password_version = password_version + 1",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			user := withUser(t, s)
			must(t, s.writer.Exec(change).Error)
			_, err := s.CreateSession(t.Context(), user, Client{})
			wantError(t, err, ErrInvalidCredentials)
		})
	}
}

func TestOneSessionTooManyEndsTheOldest(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	var sessions []Session
	for range MaxSessions + 2 {
		session, err := s.CreateSession(t.Context(), user, Client{})
		must(t, err)
		sessions = append(sessions, session)
	}
	for i, session := range sessions {
		_, err := s.Principal(t.Context(), session.ID)
		if ended := err != nil; ended != (i < 2) {
			t.Errorf("session %d of %d: %v", i, len(sessions), err)
		}
	}
}

// TestAReadBegunBeforeAChangeIsNotRememberedAfterIt holds a read open, which
// goes on seeing the world as it was, while a change is made: every read that
// begins after the change sees it, also when the old one ends last.
func TestAReadBegunBeforeAChangeIsNotRememberedAfterIt(t *testing.T) {
	for name, change := range map[string]func(*Store, Session) error{
		"disabled": func(s *Store, of Session) error {
			return second(s.UpdateUser(t.Context(), of.UserID, UserChange{Disabled: ptr(true)}))
		},
		"deleted":    func(s *Store, of Session) error { return s.DeleteUser(t.Context(), of.UserID) },
		"logged out": func(s *Store, of Session) error { return s.EndSessions(t.Context(), of.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			withUser(t, s)
			session, err := s.CreateSession(t.Context(), createUser(t, s, "jonas"), Client{})
			must(t, err)
			held := s.reader.Begin()
			before := &Store{Options: s.Options, reader: held}
			_, err = before.Principal(t.Context(), session.ID)
			must(t, err)
			must(t, change(s, session))
			_, err = before.Principal(t.Context(), session.ID)
			must(t, err) // it really is held open
			_, err = s.Principal(t.Context(), session.ID)
			wantError(t, err, ErrSessionEnded)
			must(t, held.Rollback().Error)
			_, err = s.Principal(t.Context(), session.ID)
			wantError(t, err, ErrSessionEnded)
		})
	}
}
