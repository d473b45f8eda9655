package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth/authtest"
)

// Each row breaks a real database in one way.
func TestOnlyErrorsThatTimeCanCureAreUnavailable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name        string
		damage      func(t *testing.T, s testStore)
		unavailable bool
	}{
		{"locked by another process", func(t *testing.T, s testStore) {
			s.exec(t, "PRAGMA busy_timeout = 1")
			other := openRaw(t, strings.TrimPrefix(s.options.URL, "sqlite:"))
			other.SetMaxOpenConns(1)
			_, err := other.Exec("BEGIN IMMEDIATE")
			authtest.Must(t, err)
		}, true},
		{"full", func(t *testing.T, s testStore) {
			s.exec(t, "PRAGMA max_page_count = 1") // SQLite takes the present size instead
		}, true},
		{"read-only", func(t *testing.T, s testStore) { s.exec(t, "PRAGMA query_only = 1") }, false},
		{"closed", func(t *testing.T, s testStore) { authtest.Must(t, s.Close()) }, true},
		{"a column is missing", func(t *testing.T, s testStore) {
			s.exec(t, "ALTER TABLE sessions DROP COLUMN device")
		}, false},
		{"a table is missing", func(t *testing.T, s testStore) { s.exec(t, "DROP TABLE sessions") }, false},
		{"a constraint fails", func(t *testing.T, s testStore) {
			s.exec(t, "CREATE TRIGGER refuse BEFORE INSERT ON sessions BEGIN SELECT RAISE(ABORT, 'refused'); END")
		}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			user := s.addAdmin(t)
			row.damage(t, s)
			by := visitor()
			by.Device = strings.Repeat("x", 1<<20) // too large for the free pages of the file
			_, err := s.CreateSession(t.Context(), by, user, SessionParams{})
			if err == nil || errors.Is(err, ErrUnavailable) != row.unavailable {
				t.Errorf("error is %v, want unavailable %v", err, row.unavailable)
			}
			if errors.Is(err, ErrStorageFull) != (row.name == "full") {
				t.Errorf("error is %v: is it said to be a full disk?", err)
			}
			if errors.Is(err, ErrInvalidCredentials) {
				t.Error("the error says something about the user")
			}
		})
	}
}

func TestErrorsKeepTheirCause(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	wrapped := func(err error) error { return fmt.Errorf("wrapped: %w", err) }
	for _, row := range []struct {
		cause       error
		unavailable bool
	}{
		{context.Canceled, false},
		{context.DeadlineExceeded, false},
		{sql.ErrConnDone, true},
		{driver.ErrBadConn, true},
		{errors.New("anything else"), false},
	} {
		err := s.wrap("testing", wrapped(row.cause))
		if !errors.Is(err, row.cause) || errors.Is(err, ErrUnavailable) != row.unavailable {
			t.Errorf("%v became %v", row.cause, err)
		}
		if !strings.HasPrefix(err.Error(), "testing: ") {
			t.Errorf("the error does not begin with what was being done: %v", err)
		}
	}
	anyTransient := engine{transient: func(error) bool { return true }, full: func(error) bool { return false }} // such as a driver that reports a timeout
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if err := anyTransient.wrap("testing", wrapped(cause)); errors.Is(err, ErrUnavailable) {
			t.Errorf("the caller gave up, but the error is %v", err)
		}
	}
	if err := s.wrap("testing", nil); err != nil {
		t.Errorf("success became %v", err)
	}
}

// database/sql rolls back by itself when a context ends, and then reports another error.
func TestChangeWhoseContextEndsBeforeTheCommitIsCanceled(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancelAndWait := func(tx *gorm.DB) {
		cancel()
		for err := error(nil); !errors.Is(err, sql.ErrTxDone); { // until the rollback
			_, err = tx.Statement.ConnPool.ExecContext(context.WithoutCancel(ctx), "SELECT 1")
		}
	}
	authtest.Must(t, s.writer.Callback().Create().After("gorm:create").Register("test:cancel", cancelAndWait))
	_, err := s.CreateSession(ctx, visitor(), user, SessionParams{})
	wantError(t, err, context.Canceled)
	if errors.Is(err, ErrUnavailable) {
		t.Error("the caller gave up, yet the database is called unavailable")
	}
}
