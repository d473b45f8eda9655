package models

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const password = "correct horse battery"

// testStore is a Store on a file of its own, whose clock the test advances.
type testStore struct {
	*Store
	options Options
	clock   *authtest.Clock
}

// newStore opens an empty database.
func newStore(t *testing.T) testStore {
	t.Helper()
	return openPath(t, filepath.Join(t.TempDir(), "test.db"))
}

func openPath(t *testing.T, path string) testStore {
	t.Helper()
	clock := authtest.NewClock(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	return testStore{nil, testOptions(path, clock), clock}.reopen(t)
}

// testOptions makes hashes cheap and sessions last as long as they do by default.
func testOptions(path string, clock *authtest.Clock) Options {
	return Options{
		URL:    "sqlite:" + path,
		Hasher: auth.NewHasher(auth.Cost{Memory: 64, Time: 1, Threads: 1}), HashSlots: 4, HashWait: time.Hour,
		Policy:   auth.PasswordPolicy{MinLength: 8},
		Sessions: SessionPolicy{Idle: 30 * day, Absolute: 90 * day, Grace: time.Minute},
		Now:      clock.Now,
	}
}

// reopen opens the same database once more, as another process would, with the same clock. The
// options are those of s after the changes.
func (s testStore) reopen(t *testing.T, changes ...func(*Options)) testStore {
	t.Helper()
	for _, change := range changes {
		change(&s.options)
	}
	store, err := Open(t.Context(), s.options)
	authtest.Must(t, err)
	t.Cleanup(func() { store.Close() })
	s.Store = store
	s.exec(t, "PRAGMA busy_timeout = 600000") // no test fails because the machine is busy
	return s
}

// exec runs SQL that changes the database without the Store's methods.
func (s testStore) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	authtest.Must(t, s.writer.Exec(sql, args...).Error)
}

// addAdmin creates the first user, Marisol, and returns it as Authenticate does.
func (s testStore) addAdmin(t *testing.T) User {
	t.Helper()
	_, err := s.EnsureFirstUser(t.Context(), UserParams{Username: "Marisol", Password: password, Roles: Roles{RoleAdmin}}, announceNothing)
	authtest.Must(t, err)
	user, err := s.Authenticate(t.Context(), visitor(), "marisol", password)
	authtest.Must(t, err)
	return user
}

func announceNothing() error { return nil }

// addUser creates a user.
func (s testStore) addUser(t *testing.T, name string, roles ...string) User {
	t.Helper()
	user, err := s.CreateUser(t.Context(), CommandLine(), UserParams{Username: name, Password: password, Roles: roles})
	authtest.Must(t, err)
	return user
}

// logIn creates a session.
func (s testStore) logIn(t *testing.T, user User) Session {
	t.Helper()
	session, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{})
	authtest.Must(t, err)
	return session
}

// visitor returns the actor of a login.
func visitor() Actor { return Actor{Device: "Firefox on Linux", Address: "192.0.2.1"} }

// actor returns the user of a session as an actor.
func actor(session Session) Actor {
	return Actor{UserID: session.UserID, SessionID: session.ID, Device: session.Device, Address: session.Address}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

// errorOf drops a result.
func errorOf[T any](_ T, err error) error { return err }

func TestOpenAcceptsOnlyURLsOfAKnownEngine(t *testing.T) {
	t.Parallel()
	for url, known := range map[string]bool{
		"sqlite:data/latchkey.db": true, "sqlite:/var/lib/latchkey.db": true, "sqlite:x": true,
		"": false, "sqlite": false, "sqlite:": false, "data/latchkey.db": false,
		"SQLITE:data/latchkey.db": false, "postgres://localhost/latchkey": false, "mysql://localhost": false,
	} {
		if KnownURL(url) != known {
			t.Errorf("%q: known is %v, want %v", url, !known, known)
		}
		if !known {
			wantError(t, errorOf(Open(t.Context(), Options{URL: url, Now: time.Now})), ErrUnknownURL)
		}
	}
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	authtest.Must(t, s.Close())
	for name, call := range map[string]func() error{
		"authenticate":   func() error { return errorOf(s.Authenticate(t.Context(), visitor(), "marisol", password)) },
		"create session": func() error { return errorOf(s.CreateSession(t.Context(), visitor(), user, SessionParams{})) },
		"principal":      func() error { return errorOf(s.Principal(t.Context(), "x")) },
		"end sessions":   func() error { return s.EndSessions(t.Context(), visitor(), "x") },
		"ready":          func() error { return s.Ready(t.Context()) },
		"first user": func() error {
			return errorOf(s.EnsureFirstUser(t.Context(), UserParams{}, announceNothing))
		},
	} {
		if err := call(); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestChangeIsCanceledWithItsContext(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.CreateSession(ctx, visitor(), user, SessionParams{})
	wantError(t, err, context.Canceled)
}

// Each Store has its own connections, as each process has.
func TestProcessesThatStartAtOnceCreateOneFirstUser(t *testing.T) {
	t.Parallel()
	for range 10 {
		path := filepath.Join(t.TempDir(), "test.db")
		clock := authtest.NewClock(time.Now())
		var group sync.WaitGroup
		created := make(chan bool, 8)
		for i := range cap(created) {
			group.Go(func() {
				s, err := Open(t.Context(), testOptions(path, clock))
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				admin := UserParams{Username: fmt.Sprintf("admin%d", i), Password: password}
				isMine, err := s.EnsureFirstUser(t.Context(), admin, announceNothing)
				if err != nil {
					t.Error(err)
				}
				created <- isMine
			})
		}
		group.Wait()
		close(created)
		reports := 0
		for isMine := range created {
			if isMine {
				reports++
			}
		}
		users, _, err := openPath(t, path).Users(t.Context(), UserQuery{Limit: 10})
		authtest.Must(t, err)
		if reports != 1 || len(users) != 1 {
			t.Fatalf("%d of 8 created the first user, and %d users exist", reports, len(users))
		}
	}
}

// Without _txlock=immediate, this fails with "database is locked".
func TestWritersOfSeveralProcessesWaitForEachOther(t *testing.T) {
	t.Parallel()
	first := newStore(t)
	user := first.addAdmin(t)
	var group sync.WaitGroup
	for _, s := range []testStore{first, first.reopen(t), first.reopen(t)} {
		for range 8 {
			group.Go(func() {
				for range 10 {
					session, err := s.CreateSession(t.Context(), visitor(), user, SessionParams{})
					if err == nil {
						err = s.EndSessions(t.Context(), visitor(), session.ID)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
}

func TestLaterIDsSortLater(t *testing.T) {
	t.Parallel()
	previous := newID()
	for range 10000 {
		id := newID()
		if id <= previous {
			t.Fatalf("%s came after %s", id, previous)
		}
		previous = id
	}
}
