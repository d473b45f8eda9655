package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
)

const password = "correct horse battery"

// cheap hashes cost next to nothing.
func cheap() *auth.Hasher { return auth.NewHasher(auth.Cost{Memory: 64, Time: 1, Threads: 1}, 4, 1000) }

// clock is a time that the test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// policy is how long the sessions of the tests live.
func policy() SessionPolicy {
	return SessionPolicy{Idle: 30 * 24 * time.Hour, Absolute: 90 * 24 * time.Hour, Grace: time.Minute}
}

// open opens the database at path with a clock that stands still.
func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), options(path))
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func options(path string) Options {
	c := &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	return Options{URL: "sqlite:" + path, Hasher: cheap(), Policy: auth.PasswordPolicy{MinLength: 8}, Sessions: policy(), Now: c.Now}
}

// newStore is an empty database in a file of its own.
func newStore(t *testing.T) *Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "test.db"))
}

// withUser adds the first user, marisol.
func withUser(t *testing.T, s *Store) User {
	t.Helper()
	_, err := s.EnsureFirstUser(t.Context(), NewUser{Username: "Marisol", Password: password, Roles: Roles{RoleAdmin}}, silently)
	must(t, err)
	user, err := s.Authenticate(t.Context(), "marisol", password)
	must(t, err)
	return user
}

func silently() error { return nil }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

// raw opens the file beside the Store.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestFilesOfTheDatabaseAreForTheOwnerAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s := open(t, filepath.Join(folder, "latchkey.db"))
	withUser(t, s)
	entries, err := os.ReadDir(folder)
	must(t, err)
	if len(entries) != 3 { // the database, -wal and -shm
		t.Errorf("%d files", len(entries))
	}
	for _, entry := range entries {
		info, err := entry.Info()
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", entry.Name(), mode)
		}
	}
	info, err := os.Stat(folder)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %o", info.Mode().Perm())
	}
}

func TestPragmasHoldOnEveryConnection(t *testing.T) {
	s := newStore(t)
	for _, pragma := range []struct{ name, writer, reader string }{
		{"journal_mode", "wal", "wal"},
		{"synchronous", "2", "2"},
		{"foreign_keys", "1", "1"},
		{"busy_timeout", "5000", "5000"},
		{"query_only", "0", "1"},
	} {
		var writer, reader string
		must(t, s.writer.Raw("PRAGMA "+pragma.name).Scan(&writer).Error)
		must(t, s.reader.Raw("PRAGMA "+pragma.name).Scan(&reader).Error)
		if writer != pragma.writer || reader != pragma.reader {
			t.Errorf("%s is %s and %s, want %s and %s", pragma.name, writer, reader, pragma.writer, pragma.reader)
		}
	}
}

func TestAPathMayHoldAnyCharacter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20é&mode=ro.db")
	withUser(t, open(t, path))
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestAFileThatIsNotLatchkeysIsLeftAlone compares it byte for byte.
func TestAFileThatIsNotLatchkeysIsLeftAlone(t *testing.T) {
	for _, row := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"text", func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte("My diary. Nobody may overwrite it, least of all a database of something."), 0o600))
		}, ErrNotDatabase},
		{"a database cut in half", func(t *testing.T, path string) {
			s, err := Open(t.Context(), options(path))
			must(t, err)
			must(t, s.Close())
			must(t, os.Truncate(path, 2048))
		}, ErrNotDatabase},
		{"another program's database", func(t *testing.T, path string) {
			_, err := raw(t, path).Exec("CREATE TABLE recipes (name TEXT)")
			must(t, err)
		}, ErrForeignDatabase},
		{"another program's mark", func(t *testing.T, path string) {
			_, err := raw(t, path).Exec("PRAGMA application_id = 7; CREATE TABLE users (name TEXT)")
			must(t, err)
		}, ErrForeignDatabase},
		{"a newer version's database", func(t *testing.T, path string) {
			s, err := Open(t.Context(), options(path))
			must(t, err)
			must(t, s.writer.Exec("INSERT INTO migrations VALUES ('9999-from-the-future')").Error)
			must(t, s.Close())
		}, ErrNewerDatabase},
	} {
		t.Run(row.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			row.make(t, path)
			before, err := os.ReadFile(path)
			must(t, err)
			_, err = Open(t.Context(), options(path))
			wantError(t, err, row.want)
			after, err := os.ReadFile(path)
			must(t, err)
			if string(before) != string(after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestAFolderOrAReadOnlyPlaceIsNoDatabase(t *testing.T) {
	_, err := Open(t.Context(), options(t.TempDir()))
	wantError(t, err, ErrUnavailable)
	_, err = Open(t.Context(), options("/proc/latchkey.db"))
	if err == nil {
		t.Error("a database was made where no file can be")
	}
}

// TestManyProcessesStartAtOnce opens one new file many times at once, each
// with connections of its own, as processes do.
func TestManyProcessesStartAtOnce(t *testing.T) {
	for range 10 {
		path := filepath.Join(t.TempDir(), "test.db")
		var group sync.WaitGroup
		made := make(chan string, 8)
		for i := range cap(made) {
			group.Go(func() {
				s, err := Open(t.Context(), options(path))
				if err != nil {
					t.Error(err)
					return
				}
				defer s.Close()
				name := fmt.Sprintf("admin%d", i)
				created, err := s.EnsureFirstUser(t.Context(), NewUser{Username: name, Password: password}, silently)
				if err != nil {
					t.Error(err)
				}
				if created {
					made <- name
				}
			})
		}
		group.Wait()
		close(made)
		var count int
		must(t, raw(t, path).QueryRow("SELECT count(*) FROM users").Scan(&count))
		if len(made) != 1 || count != 1 {
			t.Fatalf("%d of 8 made the first user, %d users exist", len(made), count)
		}
	}
}

// TestWritersOfSeveralProcessesWaitForEachOther fails with "database is
// locked" when transactions do not take the write lock at their start.
func TestWritersOfSeveralProcessesWaitForEachOther(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	first := open(t, path)
	user := withUser(t, first)
	var group sync.WaitGroup
	for _, s := range []*Store{first, open(t, path), open(t, path)} {
		for range 8 {
			group.Go(func() {
				for range 10 {
					session, err := s.CreateSession(t.Context(), user, Client{})
					if err == nil {
						err = s.EndSessions(t.Context(), session.ID)
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

func TestAClosedDatabaseIsUnavailable(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	must(t, s.Close())
	_, err := s.Authenticate(t.Context(), "marisol", password)
	wantError(t, err, ErrUnavailable)
	_, err = s.CreateSession(t.Context(), user, Client{})
	wantError(t, err, ErrUnavailable)
	_, err = s.Principal(t.Context(), "x")
	wantError(t, err, ErrUnavailable)
	wantError(t, s.EndSessions(t.Context(), "x"), ErrUnavailable)
	wantError(t, s.Ready(t.Context()), ErrUnavailable)
	_, err = s.EnsureFirstUser(t.Context(), NewUser{}, silently)
	wantError(t, err, ErrUnavailable)
}

func TestAWriterWhoseCallerLeftGivesUp(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.CreateSession(ctx, user, Client{})
	wantError(t, err, context.Canceled)
}
