package models

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// applicationID marks a file as Latchkey's ("LKey" in ASCII). Without it, a wrong path would add
// tables to the database of another program.
const applicationID = 0x4c4b6579

// busyTimeout is how long a statement waits while another process writes.
const busyTimeout = 5 * time.Second

// sqliteEngine keeps the database in a file, whose path follows the scheme.
func sqliteEngine() engine {
	return engine{scheme: "sqlite:", open: openSQLite, claim: claimSQLite, transient: sqliteTransient, full: sqliteFull}
}

// openSQLite opens a writer pool of one connection, so that the writers of this process wait for
// each other in Go instead of polling SQLite's lock, and a reader pool that cannot write.
func openSQLite(ctx context.Context, o Options) (reader, writer *gorm.DB, err error) {
	if !cgoEnabled {
		return nil, nil, ErrNoCGO
	}
	path, err := filepath.Abs(strings.TrimPrefix(o.URL, sqliteEngine().scheme))
	if err != nil {
		return nil, nil, fmt.Errorf("finding the database file: %w", err)
	}
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			return nil, nil, ErrBrokenLink
		}
		if o.MustExist {
			return nil, nil, ErrNoDatabase
		}
	}
	if err := createFile(path); err != nil {
		return nil, nil, fmt.Errorf("creating the database file: %w", err)
	}
	writer, err = openPool(path, url.Values{"_txlock": {"immediate"}}, 1, o.Now)
	if err != nil {
		return nil, nil, err
	}
	if err := prepare(writer.WithContext(ctx)); err != nil {
		return nil, nil, errors.Join(err, closePool(writer))
	}
	reader, err = openPool(path, url.Values{"_query_only": {"1"}}, 8, o.Now)
	if err != nil {
		return nil, nil, errors.Join(err, closePool(writer))
	}
	return reader, writer, nil
}

// Files returns the paths of the files that hold the database at a URL. They need not all exist. A
// database that is a link has its other files beside the file that the link names.
func Files(url string) []string {
	path, isFile := strings.CutPrefix(url, sqliteEngine().scheme)
	if !isFile {
		return nil
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	return []string{path, path + "-wal", path + "-shm"}
}

// claimSQLite marks the file as Latchkey's. It does not lock: the transaction has held the write
// lock since it began (_txlock=immediate).
func claimSQLite(tx *gorm.DB) error {
	return tx.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)).Error
}

// createFile creates an empty file that only its owner can read. SQLite itself would let others
// read it. The -wal and -shm files get the same mode.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // do not open it: closing it would release SQLite's locks on it in this process
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// openPool opens path with the pragmas that apply to a connection.
func openPool(path string, params url.Values, connections int, now func() time.Time) (*gorm.DB, error) {
	params.Set("_busy_timeout", fmt.Sprint(busyTimeout.Milliseconds()))
	params.Set("_foreign_keys", "1")
	params.Set("_synchronous", "FULL") // a committed transaction survives a power failure
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params.Encode()
	db, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{
		Logger:                 logger.Discard, // errors are returned, and their handler logs them
		NowFunc:                func() time.Time { return now().UTC() },
		TranslateError:         true,
		SkipDefaultTransaction: true, // a single statement is atomic anyway
	})
	if notDatabase(err) { // setting synchronous has read the file
		return nil, ErrNotDatabase
	}
	if err != nil {
		return nil, sqliteEngine().wrap("opening the database", err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, sqliteEngine().wrap("opening the database", err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return db, nil
}

// prepare checks that the file is Latchkey's or empty, and sets the pragma that applies to the
// whole file.
func prepare(db *gorm.DB) error {
	if err := identify(db); err != nil {
		return err
	}
	if err := enableWAL(db); err != nil {
		return err
	}
	return checkPragmas(db)
}

// identify fails unless the file is Latchkey's or has no tables.
func identify(db *gorm.DB) error {
	// The tables come first: another Latchkey process may be about to commit both.
	var id, tables int
	err := db.Raw("SELECT count(*) FROM sqlite_master").Scan(&tables).Error
	if err == nil {
		err = db.Raw("PRAGMA application_id").Scan(&id).Error
	}
	switch {
	case notDatabase(err):
		return ErrNotDatabase
	case err != nil:
		return sqliteEngine().wrap("reading the database", err)
	case id == applicationID:
		return nil
	case id != 0 || tables > 0:
		return ErrForeignDatabase
	}
	return nil
}

// enableWAL lets readers continue while there is a writer. SQLite ignores busy_timeout here, so
// this function retries.
func enableWAL(db *gorm.DB) error {
	deadline := time.Now().Add(busyTimeout)
	for {
		err := db.Exec("PRAGMA journal_mode = WAL").Error
		if err == nil || time.Now().After(deadline) {
			return sqliteEngine().wrap("switching the database to WAL", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// checkPragmas reads the pragmas back, because SQLite does not report those that it cannot apply,
// such as WAL on some file systems.
func checkPragmas(db *gorm.DB) error {
	want := map[string]string{
		"journal_mode": "wal",
		"synchronous":  "2",
		"foreign_keys": "1",
		"busy_timeout": fmt.Sprint(busyTimeout.Milliseconds()),
	}
	for name, value := range want {
		var got string
		if err := db.Raw("PRAGMA " + name).Scan(&got).Error; err != nil {
			return sqliteEngine().wrap("reading a pragma of the database", err)
		}
		if got != value {
			return fmt.Errorf("the database's %s is %q, not %q: use a local disk", name, got, value)
		}
	}
	return nil
}
