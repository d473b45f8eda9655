package models

import (
	"slices"
	"testing"

	"latchkey/auth"
)

func claimsOf(session Session) *auth.Claims {
	claims := &auth.Claims{SessionID: session.ID}
	claims.Subject = session.UserID
	return claims
}

func TestASessionStandsForItsUserUntilItEnds(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	session, err := s.CreateSession(t.Context(), user)
	must(t, err)
	p, err := s.Principal(t.Context(), claimsOf(session))
	must(t, err)
	if p.UserID != user.ID || p.SessionID != session.ID || p.Username != "Marisol" || !slices.Equal(p.Roles, []string{RoleAdmin}) {
		t.Errorf("the principal is %+v", p)
	}
	must(t, s.EndSession(t.Context(), session.ID))
	_, err = s.Principal(t.Context(), claimsOf(session))
	wantError(t, err, ErrSessionEnded)
	must(t, s.EndSession(t.Context(), session.ID)) // ending twice is no error
}

func TestASessionOfAnotherUserOrOfNobodyIsOver(t *testing.T) {
	s := newStore(t)
	session, err := s.CreateSession(t.Context(), withUser(t, s))
	must(t, err)
	for name, change := range map[string]func(*auth.Claims){
		"another user's":  func(c *auth.Claims) { c.Subject = newID() },
		"nobody's":        func(c *auth.Claims) { c.Subject = "" },
		"unknown session": func(c *auth.Claims) { c.SessionID = newID() },
		"no session":      func(c *auth.Claims) { c.SessionID = "" },
	} {
		claims := claimsOf(session)
		change(claims)
		if _, err := s.Principal(t.Context(), claims); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestASessionEndsWithItsUser(t *testing.T) {
	s := newStore(t)
	session, err := s.CreateSession(t.Context(), withUser(t, s))
	must(t, err)
	must(t, s.writer.Exec("UPDATE users SET disabled = 1").Error)
	_, err = s.Principal(t.Context(), claimsOf(session))
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
			_, err := s.CreateSession(t.Context(), user)
			wantError(t, err, ErrInvalidCredentials)
		})
	}
}

func TestOneSessionTooManyEndsTheOldest(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	var sessions []Session
	for range MaxSessions + 2 {
		session, err := s.CreateSession(t.Context(), user)
		must(t, err)
		sessions = append(sessions, session)
	}
	for i, session := range sessions {
		_, err := s.Principal(t.Context(), claimsOf(session))
		if ended := err != nil; ended != (i < 2) {
			t.Errorf("session %d of %d: %v", i, len(sessions), err)
		}
	}
}
