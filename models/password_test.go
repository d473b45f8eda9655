package models

import (
	"errors"
	"sync"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

func TestChangingThePasswordEndsEverySession(t *testing.T) {
	t.Parallel()
	s, mine := newSession(t)
	user, err := s.UserByName(t.Context(), "marisol")
	authtest.Must(t, err)
	thiefs := s.logIn(t, user)
	by := actor(mine)
	wantError(t, s.ChangePassword(t.Context(), by, "wrong horse battery", "another horse battery"), ErrWrongPassword)
	if err := s.ChangePassword(t.Context(), by, password, "short"); !isWeak(err) {
		t.Errorf("error is %v", err)
	}
	authtest.Must(t, errorOf(s.Principal(t.Context(), thiefs.ID))) // nothing has changed yet
	authtest.Must(t, s.ChangePassword(t.Context(), by, password, "another horse battery"))
	wantEnded(t, s, thiefs)
	wantEnded(t, s, mine) // a thief may share it
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "marisol", "another horse battery")))
}

func isWeak(err error) bool {
	_, weak := errors.AsType[*auth.WeakPasswordError](err)
	return weak
}

// The other change happens after this one has read the hash of the current password.
func TestPasswordChangeFailsIfAnotherOneWasFaster(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	other := s.reopen(t)
	var once sync.Once
	overtake := func(*gorm.DB) {
		once.Do(func() {
			authtest.Must(t, other.ChangePassword(t.Context(), actor(session), password, "first new words"))
		})
	}
	authtest.Must(t, s.reader.Callback().Query().After("gorm:query").Register("test:overtake", overtake))
	err := s.ChangePassword(t.Context(), actor(session), password, "second new words")
	wantError(t, err, ErrWrongPassword)
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "marisol", "first new words")))
}

func TestOneOfTwoParallelPasswordChangesFails(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	other := s.reopen(t)
	errs := make([]error, 2)
	var group sync.WaitGroup
	group.Go(func() { errs[0] = s.ChangePassword(t.Context(), actor(session), password, "first new words") })
	group.Go(func() { errs[1] = other.ChangePassword(t.Context(), actor(session), password, "second new words") })
	group.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("the errors are %v", errs)
	}
	wantError(t, errors.Join(errs...), ErrWrongPassword)
}

func TestSettingThePasswordEndsEverySession(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas")
	session := s.logIn(t, user)
	authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), user, "another horse battery"))
	wantEnded(t, s, session)
	_, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{}) // the login began with the old password
	wantError(t, err, ErrInvalidCredentials)
	_, err = s.Authenticate(t.Context(), visitor(), "jonas", password)
	wantError(t, err, ErrInvalidCredentials)
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", "another horse battery")))
	if err := s.SetPassword(t.Context(), CommandLine(), user, "short"); !isWeak(err) {
		t.Errorf("error is %v", err)
	}
}

// There is one slot and no queue, so a hash that keeps its slot makes the next one fail.
func TestEveryHashFreesItsSlot(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	user, err := s.UserByID(t.Context(), session.UserID)
	authtest.Must(t, err)
	narrow := s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait = 1, 0 })
	for _, row := range []struct {
		name string
		call func() error
		want error
	}{
		{"login", func() error { return errorOf(narrow.Authenticate(t.Context(), visitor(), "marisol", password)) }, nil},
		{"wrong password", func() error {
			return errorOf(narrow.Authenticate(t.Context(), visitor(), "marisol", "wrong horse battery"))
		}, ErrInvalidCredentials},
		{"unknown user", func() error {
			return errorOf(narrow.Authenticate(t.Context(), visitor(), "nobody", password))
		}, ErrInvalidCredentials},
		{"malformed hash", func() error {
			return narrow.checkPassword(t.Context(), visitor(), login{"marisol", password, User{PasswordHash: "x"}})
		}, auth.ErrMalformedHash},
		{"create user", func() error {
			return errorOf(narrow.CreateUser(t.Context(), visitor(), UserParams{Username: "jonas", Password: password}))
		}, nil},
		{"set password", func() error { return narrow.SetPassword(t.Context(), CommandLine(), user, password) }, nil},
	} {
		if err := row.call(); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, err, row.want)
		}
		leave, err := narrow.gate.enter(t.Context(), place{})
		if err != nil {
			t.Fatalf("after %s: %v", row.name, err)
		}
		leave()
	}
}

// The gate admits nobody.
func TestEveryHashPassesTheGate(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	user, err := s.UserByID(t.Context(), session.UserID)
	authtest.Must(t, err)
	closed := s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait = 0, 0 })
	for name, call := range map[string]func() error{
		"create user": func() error {
			return errorOf(closed.CreateUser(t.Context(), visitor(), UserParams{Username: "jonas", Password: password}))
		},
		"set password": func() error { return closed.SetPassword(t.Context(), CommandLine(), user, "another horse battery") },
		"change password": func() error {
			return closed.ChangePassword(t.Context(), actor(session), password, "another horse battery")
		},
		"delete account": func() error { return closed.DeleteAccount(t.Context(), actor(session), password) },
		"authenticate": func() error {
			return errorOf(closed.Authenticate(t.Context(), visitor(), "marisol", password))
		},
	} {
		if err := call(); !errors.Is(err, ErrBusy) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// An expensive hash can be made later: the login itself succeeds.
	authtest.Must(t, closed.rehash(t.Context(), visitor(), user, password))
}

func TestNewPasswordThatEqualsTheCurrentOneIsRefused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const composed, decomposed = "caf\u00e9 horse battery", "cafe\u0301 horse battery"
	user := s.addUser(t, "marisol")
	authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), user, composed))
	for _, same := range []string{composed, decomposed} {
		err := s.ChangePassword(t.Context(), Actor{UserID: user.ID}, composed, same)
		if _, refused := errors.AsType[*auth.WeakPasswordError](err); !refused {
			t.Errorf("%q: %v", same, err)
		}
	}
	wantError(t, s.ChangePassword(t.Context(), Actor{UserID: user.ID}, "wrong horse battery", "wrong horse battery"), ErrWrongPassword)
}

// The names of a user's roles are as easy to guess as the username.
func TestPasswordMadeOfTheUsersRolesIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	const weak = "keeper-zoo-77"
	_, err := s.CreateUser(t.Context(), CommandLine(), UserParams{Username: "jonas", Password: weak, Roles: Roles{"zoo:keeper"}})
	if !isWeak(err) {
		t.Errorf("creating a user: %v", err)
	}
	user := s.addUser(t, "jonas", "zoo:keeper")
	if err := s.SetPassword(t.Context(), CommandLine(), user, weak); !isWeak(err) {
		t.Errorf("setting the password: %v", err)
	}
	if err := s.ChangePassword(t.Context(), Actor{UserID: user.ID}, password, weak); !isWeak(err) {
		t.Errorf("changing the password: %v", err)
	}
	link, err := s.IssueLink(t.Context(), CommandLine(), user.ID)
	authtest.Must(t, err)
	if err := s.SetPasswordByLink(t.Context(), visitor(), link, weak); !isWeak(err) {
		t.Errorf("setting the password by a link: %v", err)
	}
	other := s.addUser(t, "petra")
	authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), other, weak))
}
