package models

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

func TestAuthenticateIgnoresTheCaseOfTheUsername(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	for _, name := range []string{"marisol", "MARISOL", "Marisol"} {
		user, err := s.Authenticate(t.Context(), visitor(), name, password)
		authtest.Must(t, err)
		if user.Username != "Marisol" {
			t.Errorf("the username became %q", user.Username)
		}
	}
}

func TestAuthenticateRefusesWrongCredentials(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	s.addUser(t, "kim")
	for name, pair := range map[string][2]string{
		"wrong password":        {"marisol", "wrong horse battery"},
		"unknown user":          {"nobody", password},
		"empty":                 {"", ""},
		"empty username":        {"", password},
		"wildcard":              {"%", password},
		"SQL":                   {"' OR 1=1 --", password},
		"Kelvin sign for k":     {"\u212aim", password}, // in Unicode, its lower case is k
		"NUL":                   {"marisol\x00", password},
		"not UTF-8":             {"marisol\xff", password},
		"white space around it": {" marisol ", password},
	} {
		_, err := s.Authenticate(t.Context(), visitor(), pair[0], pair[1])
		if !errors.Is(err, ErrInvalidCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.exec(t, "UPDATE users SET disabled = 1")
	_, err := s.Authenticate(t.Context(), visitor(), "marisol", password)
	wantError(t, err, ErrInvalidCredentials)
}

// The gate admits nobody, so a login that is refused for another reason did not ask for a hash.
func TestEveryLoginCostsAHashWhoeverItIsFor(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	s.addWithoutPassword(t, "jonas")
	closed := s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait = 0, 0 })
	for _, name := range []string{"marisol", "jonas", "nobody", "", "\u212aim", "marisol\x00"} {
		_, err := closed.Authenticate(t.Context(), visitor(), name, password)
		wantError(t, err, ErrBusy)
	}
}

func TestDamagedHashIsAFaultInsteadOfALogin(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	s.exec(t, "UPDATE users SET password_hash = '$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$a2V5'")
	_, err := s.Authenticate(t.Context(), visitor(), "marisol", password)
	wantError(t, err, auth.ErrMalformedHash)
	if errors.Is(err, ErrInvalidCredentials) {
		t.Error("the fault is called wrong credentials")
	}
}

// withCost makes new hashes more expensive.
func withCost(memory uint32) func(*Options) {
	return func(o *Options) { o.Hasher = auth.NewHasher(auth.Cost{Memory: memory, Time: 1, Threads: 1}) }
}

func (s testStore) storedHash(t *testing.T) (hash string) {
	t.Helper()
	authtest.Must(t, s.reader.Model(&User{}).Select("password_hash").Take(&hash).Error)
	return hash
}

func TestLoginReplacesACheaperHash(t *testing.T) {
	t.Parallel()
	cheap := newStore(t)
	before := cheap.addAdmin(t).PasswordHash
	s := cheap.reopen(t, withCost(128))
	user, err := s.Authenticate(t.Context(), visitor(), "marisol", password)
	authtest.Must(t, err)
	if after := s.storedHash(t); after == before || !strings.Contains(after, "m=128") {
		t.Errorf("the hash is %s", after)
	}
	s.logIn(t, user) // replacing the hash of the same password fails no login
	_, err = s.Authenticate(t.Context(), visitor(), "marisol", password)
	authtest.Must(t, err)
}

func TestRehashNeverUndoesAPasswordChange(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t) // as it was before the change
	changed := s.hasher.Hash("another horse battery")
	s.exec(t, "UPDATE users SET password_hash = ?", changed)
	authtest.Must(t, s.rehash(t.Context(), visitor(), user, password))
	if s.storedHash(t) != changed {
		t.Error("the old password is valid again")
	}
}

func TestParallelLoginsSucceedDuringARehash(t *testing.T) {
	t.Parallel()
	cheap := newStore(t)
	cheap.addAdmin(t)
	s := cheap.reopen(t, withCost(128))
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			user, err := s.Authenticate(t.Context(), visitor(), "marisol", password)
			if err == nil {
				_, err = s.CreateSession(t.Context(), visitor(), user, SessionParams{})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestSessionRecordsDeviceAndAddressOfTheLogin(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.logIn(t, s.addAdmin(t))
	var stored Session
	authtest.Must(t, s.reader.Take(&stored).Error)
	if stored.Device != "Firefox on Linux" || stored.Address != "192.0.2.1" || stored.Counter != 1 {
		t.Errorf("the session is %+v", stored)
	}
}

func TestLoginEndsTheSessionThatItReplaces(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	kept, replaced := s.logIn(t, user), s.logIn(t, user)
	_, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{Replaces: replaced.ID})
	authtest.Must(t, err)
	wantEnded(t, s, replaced)
	authtest.Must(t, errorOf(s.Principal(t.Context(), kept.ID)))
}

// Between the two steps of a login, an administrator disables or deletes the user, or sets another
// password to lock out a thief.
func TestLoginFailsIfTheUserChangesBetweenItsSteps(t *testing.T) {
	t.Parallel()
	for name, change := range userChanges(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.addAdmin(t)
			user := s.addUser(t, "jonas")
			authtest.Must(t, change(s, user))
			_, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{})
			wantError(t, err, ErrInvalidCredentials)
		})
	}
}

// userChanges returns the changes that must overtake every login that is under way.
func userChanges(t *testing.T) map[string]func(s testStore, user User) error {
	by := CommandLine()
	return map[string]func(s testStore, user User) error{
		"disable": func(s testStore, user User) error {
			return errorOf(s.UpdateUser(t.Context(), by, user.ID, UserChange{Disabled: new(true)}))
		},
		"delete": func(s testStore, user User) error { return s.DeleteUser(t.Context(), by, user.ID) },
		"set password": func(s testStore, user User) error {
			return s.SetPassword(t.Context(), by, user, "another horse battery")
		},
		"change password": func(s testStore, user User) error {
			return s.ChangePassword(t.Context(), Actor{UserID: user.ID}, password, "another horse battery")
		},
	}
}

// The user has already entered the correct password when the change comes from another process. In
// either order, no session may survive.
func TestNoSessionSurvivesAChangeThatRacesTheLogin(t *testing.T) {
	t.Parallel()
	for name, change := range userChanges(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.addAdmin(t)
			other := s.reopen(t)
			for range 20 {
				user := s.addUser(t, "jonas")
				errs := make(chan error, 4)
				var group sync.WaitGroup
				for range cap(errs) {
					group.Go(func() { errs <- errorOf(s.CreateSession(t.Context(), visitor(), user, SessionParams{})) })
				}
				group.Go(func() {
					if err := change(other, user); err != nil {
						t.Error(err)
					}
				})
				group.Wait()
				close(errs)
				for err := range errs {
					if err != nil && !errors.Is(err, ErrInvalidCredentials) {
						t.Error(err)
					}
				}
				left, err := s.SessionsOf(t.Context(), user.ID)
				authtest.Must(t, err)
				if len(left) != 0 {
					t.Fatalf("%d sessions survived", len(left))
				}
				s.exec(t, "DELETE FROM users WHERE id = ?", user.ID)
			}
		})
	}
}

func TestOneSessionTooManyEndsTheOldest(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	var sessions []Session
	for range MaxSessions + 2 {
		sessions = append(sessions, s.logIn(t, user))
	}
	for i, session := range sessions {
		_, err := s.Principal(t.Context(), session.ID)
		if ended := err != nil; ended != (i < 2) {
			t.Errorf("session %d of %d: %v", i, len(sessions), err)
		}
	}
}

func TestParallelLoginsNeverExceedTheMaximumOfSessions(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	for range MaxSessions - 1 {
		s.logIn(t, user)
	}
	other := s.reopen(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			if _, err := []testStore{s, other}[i%2].CreateSession(t.Context(), visitor(), user, SessionParams{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	sessions, err := s.SessionsOf(t.Context(), user.ID)
	authtest.Must(t, err)
	if len(sessions) != MaxSessions {
		t.Errorf("the user has %d sessions", len(sessions))
	}
}
