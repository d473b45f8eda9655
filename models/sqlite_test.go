package models

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// openRaw opens a SQLite file without a Store.
func openRaw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path)
	authtest.Must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestOnlyTheOwnerCanReadTheDatabase(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	openPath(t, filepath.Join(folder, "latchkey.db")).addAdmin(t)
	entries, err := os.ReadDir(folder)
	authtest.Must(t, err)
	if len(entries) != 3 { // the database, -wal and -shm
		t.Errorf("there are %d files", len(entries))
	}
	for _, entry := range entries {
		info, err := entry.Info()
		authtest.Must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", entry.Name(), mode)
		}
	}
	info, err := os.Stat(folder)
	authtest.Must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %o", info.Mode().Perm())
	}
}

func TestPragmasApplyToBothPools(t *testing.T) {
	t.Parallel()
	options := testOptions(filepath.Join(t.TempDir(), "test.db"), authtest.NewClock(time.Now()))
	s, err := Open(t.Context(), options)
	authtest.Must(t, err)
	t.Cleanup(func() { s.Close() })
	for _, pragma := range []struct{ name, writer, reader string }{
		{"journal_mode", "wal", "wal"},
		{"synchronous", "2", "2"},
		{"foreign_keys", "1", "1"},
		{"busy_timeout", "5000", "5000"},
		{"query_only", "0", "1"},
	} {
		var writer, reader string
		authtest.Must(t, s.writer.Raw("PRAGMA "+pragma.name).Scan(&writer).Error)
		authtest.Must(t, s.reader.Raw("PRAGMA "+pragma.name).Scan(&reader).Error)
		if writer != pragma.writer || reader != pragma.reader {
			t.Errorf("%s is %s and %s, want %s and %s", pragma.name, writer, reader, pragma.writer, pragma.reader)
		}
	}
}

func TestPathCanContainAnyCharacter(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%20é&mode=ro.db")
	openPath(t, path).addAdmin(t)
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestExistingDatabaseCanBeRequired(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	options := testOptions(path, authtest.NewClock(time.Now()))
	options.MustExist = true
	wantError(t, errorOf(Open(t.Context(), options)), ErrNoDatabase)
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was created")
	}
	openPath(t, path)
	s, err := Open(t.Context(), options)
	authtest.Must(t, err)
	authtest.Must(t, s.Close())
}

// The file is compared byte by byte.
func TestFileThatIsNotLatchkeysIsLeftUnchanged(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		create func(t *testing.T, path string)
		want   error
	}{
		{"text", func(t *testing.T, path string) {
			authtest.Must(t, os.WriteFile(path, []byte("A diary. No database may overwrite it, whatever its path is."), 0o600))
		}, ErrNotDatabase},
		{"a truncated database", func(t *testing.T, path string) {
			authtest.Must(t, openPath(t, path).Close())
			authtest.Must(t, os.Truncate(path, 2048))
		}, ErrNotDatabase},
		{"another program's tables", func(t *testing.T, path string) {
			_, err := openRaw(t, path).Exec("CREATE TABLE recipes (name TEXT)")
			authtest.Must(t, err)
		}, ErrForeignDatabase},
		{"another program's application id", func(t *testing.T, path string) {
			_, err := openRaw(t, path).Exec("PRAGMA application_id = 7; CREATE TABLE users (name TEXT)")
			authtest.Must(t, err)
		}, ErrForeignDatabase},
		{"a newer version's database", func(t *testing.T, path string) {
			s := openPath(t, path)
			s.exec(t, "INSERT INTO migrations VALUES ('9999-from-the-future')")
			authtest.Must(t, s.Close())
		}, ErrNewerDatabase},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file")
			row.create(t, path)
			before, err := os.ReadFile(path)
			authtest.Must(t, err)
			_, err = Open(t.Context(), testOptions(path, authtest.NewClock(time.Now())))
			wantError(t, err, row.want)
			after, err := os.ReadFile(path)
			authtest.Must(t, err)
			if string(before) != string(after) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestFolderOrReadOnlyPlaceCannotBeADatabase(t *testing.T) {
	t.Parallel()
	clock := authtest.NewClock(time.Now())
	wantError(t, errorOf(Open(t.Context(), testOptions(t.TempDir(), clock))), ErrUnavailable)
	if err := errorOf(Open(t.Context(), testOptions("/proc/latchkey.db", clock))); err == nil {
		t.Error("a database was created where no file can be")
	}
}
