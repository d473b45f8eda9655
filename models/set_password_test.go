package models

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const linkPassword = "a password by link"

// issueLink issues a set-password link for a user.
func (s testStore) issueLink(t *testing.T, user User) auth.SetPasswordLink {
	t.Helper()
	link, err := s.IssueLink(t.Context(), CommandLine(), user.ID)
	authtest.Must(t, err)
	return link
}

// storeLink makes a user have a set-password link, without the Store's methods.
func (s testStore) storeLink(t *testing.T, user User) auth.SetPasswordLink {
	t.Helper()
	s.exec(t, "UPDATE users SET link_version = 1 WHERE id = ?", user.ID)
	return auth.SetPasswordLink{UserID: user.ID, Version: 1, ExpiresAt: s.clock.Now().Add(day)}
}

// addWithoutPassword creates a user who cannot log in yet.
func (s testStore) addWithoutPassword(t *testing.T, name string, roles ...string) User {
	t.Helper()
	user, err := s.CreateUser(t.Context(), CommandLine(), UserParams{Username: name, NoPassword: true, Roles: roles})
	authtest.Must(t, err)
	return user
}

func TestLinkSetsThePasswordAndEndsEverySession(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas")
	session := s.logIn(t, user)
	link := s.issueLink(t, user)
	if want := s.clock.Now().Add(24 * time.Hour); !link.ExpiresAt.Equal(want) {
		t.Errorf("it expires at %v, want %v", link.ExpiresAt, want)
	}
	if err := s.SetPasswordByLink(t.Context(), visitor(), link, "short"); !isWeak(err) {
		t.Errorf("error is %v", err)
	}
	authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID))) // nothing has changed yet
	authtest.Must(t, s.SetPasswordByLink(t.Context(), visitor(), link, linkPassword))
	wantEnded(t, s, session)
	wantError(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", password)), ErrInvalidCredentials)
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", linkPassword)))
	wantError(t, errorOf(s.CreateSession(t.Context(), visitor(), user, SessionParams{})), ErrInvalidCredentials) // a login in progress
}

func TestUserWithoutAPasswordCannotLogIn(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addWithoutPassword(t, "jonas")
	for _, guess := range []string{"", password, "$argon2id$"} {
		wantError(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", guess)), ErrInvalidCredentials)
	}
	_, err := s.CreateUser(t.Context(), visitor(), UserParams{Username: "petra"}) // a sign-up has a password
	if !isWeak(err) {
		t.Errorf("error is %v", err)
	}
}

func TestLinkIsVoidAfter(t *testing.T) {
	t.Parallel()
	for name, event := range map[string]func(t *testing.T, s testStore, user User, link auth.SetPasswordLink) error{
		"its use": func(t *testing.T, s testStore, _ User, link auth.SetPasswordLink) error {
			return s.SetPasswordByLink(t.Context(), visitor(), link, linkPassword)
		},
		"another link": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return errorOf(s.IssueLink(t.Context(), CommandLine(), user.ID))
		},
		"the use of another link": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return s.SetPasswordByLink(t.Context(), visitor(), s.issueLink(t, user), linkPassword)
		},
		"a new password by the user": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return s.ChangePassword(t.Context(), Actor{UserID: user.ID}, password, "another horse battery")
		},
		"a new password by the operator": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return s.SetPassword(t.Context(), CommandLine(), user, "another horse battery")
		},
		"disabling the user": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return s.setDisabled(t, user, true)
		},
		"disabling and enabling the user": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return errors.Join(s.setDisabled(t, user, true), s.setDisabled(t, user, false))
		},
		"deleting the user": func(t *testing.T, s testStore, user User, _ auth.SetPasswordLink) error {
			return s.DeleteUser(t.Context(), CommandLine(), user.ID)
		},
		"24 hours": func(_ *testing.T, s testStore, _ User, _ auth.SetPasswordLink) error {
			s.clock.Advance(24 * time.Hour)
			return nil
		},
		"24 hours and a second": func(_ *testing.T, s testStore, _ User, _ auth.SetPasswordLink) error {
			s.clock.Advance(24*time.Hour + time.Second)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			user := s.addUser(t, "jonas")
			link := s.issueLink(t, user)
			authtest.Must(t, event(t, s, user, link))
			before, readErr := s.UserByID(t.Context(), user.ID)
			err := s.SetPasswordByLink(t.Context(), visitor(), link, "yet another password")
			wantError(t, err, ErrLinkExpired)
			if after, _ := s.UserByID(t.Context(), user.ID); readErr == nil && after.PasswordHash != before.PasswordHash {
				t.Error("the password was set")
			}
		})
	}
}

func TestLinkStaysValidAfter(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas")
	link := s.issueLink(t, user)
	dearer := s.reopen(t, func(o *Options) { o.Hasher = auth.NewHasher(auth.Cost{Memory: 64, Time: 2, Threads: 1}) })
	authtest.Must(t, errorOf(dearer.Authenticate(t.Context(), visitor(), "jonas", password))) // rehashes the password
	s.logIn(t, user)
	authtest.Must(t, s.setRoles(t, user, "editor"))
	authtest.Must(t, s.setDisabled(t, user, false)) // the user was not disabled
	s.clock.Advance(24*time.Hour - time.Second)
	authtest.Must(t, s.SetPasswordByLink(t.Context(), visitor(), link, linkPassword))
}

func TestLinkOfADisabledUserSetsAPasswordButDoesNotEnable(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	user := s.addUser(t, "jonas")
	authtest.Must(t, s.setDisabled(t, user, true))
	authtest.Must(t, s.SetPasswordByLink(t.Context(), visitor(), s.issueLink(t, user), linkPassword))
	wantError(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", linkPassword)), ErrInvalidCredentials)
	authtest.Must(t, s.setDisabled(t, user, false))
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", linkPassword)))
}

// The other use happens after this one has read the user.
func TestLinkFailsIfAnotherUseWasFaster(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	link := s.issueLink(t, s.addUser(t, "jonas"))
	other := s.reopen(t)
	var once sync.Once
	overtake := func(*gorm.DB) {
		once.Do(func() { authtest.Must(t, other.SetPasswordByLink(t.Context(), visitor(), link, linkPassword)) })
	}
	authtest.Must(t, s.reader.Callback().Query().After("gorm:query").Register("test:overtake", overtake))
	wantError(t, s.SetPasswordByLink(t.Context(), visitor(), link, "second new words"), ErrLinkExpired)
	authtest.Must(t, errorOf(other.Authenticate(t.Context(), visitor(), "jonas", linkPassword)))
}

func TestOneOfManyParallelUsesOfALinkSucceeds(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	link := s.issueLink(t, s.addUser(t, "jonas"))
	stores := []testStore{s, s.reopen(t)}
	errs := make([]error, 8)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { errs[i] = stores[i%2].SetPasswordByLink(t.Context(), visitor(), link, linkPassword) })
	}
	group.Wait()
	succeeded := 0
	for _, err := range errs {
		if err == nil {
			succeeded++
		} else if !errors.Is(err, ErrLinkExpired) {
			t.Errorf("error is %v", err)
		}
	}
	if succeeded != 1 {
		t.Errorf("%d uses succeeded", succeeded)
	}
}

// The gate admits nobody, so a hash would fail with ErrBusy.
func TestVoidLinkCostsNoHash(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas")
	superseded, link := s.issueLink(t, user), s.issueLink(t, user)
	expired, unknown := link, link
	expired.ExpiresAt = s.clock.Now()
	unknown.UserID = newID()
	closed := s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait = 0, 0 })
	for name, void := range map[string]auth.SetPasswordLink{"superseded": superseded, "expired": expired, "of nobody": unknown, "zero": {}} {
		for _, text := range []string{linkPassword, "short"} {
			if err := closed.SetPasswordByLink(t.Context(), visitor(), void, text); !errors.Is(err, ErrLinkExpired) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := closed.SetPasswordByLink(t.Context(), visitor(), link, "short"); !isWeak(err) {
		t.Errorf("a weak password: %v", err)
	}
	wantError(t, closed.SetPasswordByLink(t.Context(), visitor(), link, linkPassword), ErrBusy)
}

// A thief of the secret can make the MAC of any link, but must guess the version.
func TestLinkVersionCannotBeGuessed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	user := s.addUser(t, "jonas")
	refuseSmall := func(after string) {
		t.Helper()
		for version := range int64(5) {
			link := auth.SetPasswordLink{UserID: user.ID, Version: version, ExpiresAt: s.clock.Now().Add(day)}
			if err := s.SetPasswordByLink(t.Context(), visitor(), link, linkPassword); !errors.Is(err, ErrLinkExpired) {
				t.Errorf("%s, version %d: %v", after, version, err)
			}
		}
	}
	refuseSmall("a new user")
	authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), user, "another horse battery"))
	refuseSmall("a new password")
	s.exec(t, "UPDATE users SET link_version = 0")
	authtest.Must(t, s.setDisabled(t, user, true))
	refuseSmall("disabling")
	s.exec(t, "UPDATE users SET link_version = 0")
	s.issueLink(t, user)
	refuseSmall("a link")
	for range 100 {
		if growth := linkGrowth(); growth < 1 || growth > 1<<40 {
			t.Errorf("a version grew by %d", growth)
		}
	}
}

func TestAdministratorWithoutAPasswordDoesNotCount(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	admin := s.addAdmin(t)
	invited := s.addWithoutPassword(t, "jonas", RoleAdmin)
	wantError(t, s.DeleteUser(t.Context(), CommandLine(), admin.ID), ErrLastAdmin)
	wantError(t, s.setDisabled(t, admin, true), ErrLastAdmin)
	wantError(t, s.setRoles(t, admin), ErrLastAdmin)
	authtest.Must(t, s.SetPasswordByLink(t.Context(), visitor(), s.issueLink(t, invited), linkPassword))
	authtest.Must(t, s.DeleteUser(t.Context(), CommandLine(), admin.ID))
	wantError(t, s.DeleteUser(t.Context(), CommandLine(), invited.ID), ErrLastAdmin)
	authtest.Must(t, s.DeleteUser(t.Context(), CommandLine(), s.addWithoutPassword(t, "petra", RoleAdmin).ID)) // one who never counted
}

func TestLinkThatIsVoidWhenItsTurnComesCostsNoHash(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas")
	link := s.issueLink(t, user)
	leave := make([]func(), s.gate.slots)
	for i := range leave {
		leave[i] = mustEnter(t, s.gate)
	}
	result := make(chan error)
	go func() { result <- s.SetPasswordByLink(t.Context(), visitor(), link, linkPassword) }()
	for s.gate.waiting() == 0 {
		time.Sleep(time.Millisecond)
	}
	s.issueLink(t, user)
	const noHash = time.Hour
	s.gate.hashTime = noHash
	for _, leave := range leave {
		leave()
	}
	wantError(t, <-result, ErrLinkExpired)
	if s.gate.hashTime != noHash {
		t.Error("a password was hashed")
	}
}

// waiting returns how many wait at the gate.
func (g *gate) waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.known.length + g.others.length
}
