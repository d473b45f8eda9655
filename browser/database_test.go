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
	path := filepath.Join(p.Folder, "data", "latchkey.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=60000&_foreign_keys=1")
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec(statement, values...)
	authtest.Must(t, err)
}
