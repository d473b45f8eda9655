package browser

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/mattn/go-sqlite3"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// execSQL changes the database of a running program.
func execSQL(t *testing.T, p *cmdtest.Program, statement string, values ...any) {
	t.Helper()
	db := openDatabase(t, p)
	defer db.Close()
	_, err := db.Exec(statement, values...)
	authtest.Must(t, err)
}

// userID returns the id of a user.
func userID(t *testing.T, p *cmdtest.Program, username string) (id string) {
	t.Helper()
	db := openDatabase(t, p)
	defer db.Close()
	authtest.Must(t, db.QueryRow("SELECT id FROM users WHERE username = ?", username).Scan(&id))
	return id
}

// Whether a session needs a proof of a key.
const (
	bound   = true
	unbound = false
)

// wantSessions fails the test unless there are this many sessions, all bound or all unbound.
func wantSessions(t *testing.T, p *cmdtest.Program, count int, areBound bool) {
	t.Helper()
	db := openDatabase(t, p)
	defer db.Close()
	var sessions, withKey int
	query := "SELECT count(*), count(nullif(key_thumbprint, '')) FROM sessions"
	authtest.Must(t, db.QueryRow(query).Scan(&sessions, &withKey))
	wantWithKey := 0
	if areBound {
		wantWithKey = count
	}
	if sessions != count || withKey != wantWithKey {
		t.Errorf("there are %d sessions, %d of them bound; want %d and %d", sessions, withKey, count, wantWithKey)
	}
}

func openDatabase(t *testing.T, p *cmdtest.Program) *sql.DB {
	t.Helper()
	path := filepath.Join(p.Folder, "data", "latchkey.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=60000&_foreign_keys=1")
	authtest.Must(t, err)
	return db
}
