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

// SQLiteScheme begins the URL of a database in a file.
const SQLiteScheme = "sqlite:"

// applicationID marks the file as Latchkey's ("LKey" in ASCII), so that a
// wrong path never adds tables to somebody else's database.
const applicationID = 0x4c4b6579

// busyTimeout is how long a statement waits for another process's write.
const busyTimeout = 5 * time.Second

// Errors of Open that a person must mend.
var (
	ErrNoCGO           = errors.New("SQLite needs cgo, and this program was built without it")
	ErrNoDatabase      = errors.New("there is no database yet")
	ErrNotDatabase     = errors.New("the file is not a SQLite database")
	ErrForeignDatabase = errors.New("the database belongs to another program")
	ErrNewerDatabase   = errors.New("the database belongs to a newer version")
)

// openSQLite opens the pools of the file that o.URL names.
func openSQLite(ctx context.Context, o Options) (reader, writer *gorm.DB, err error) {
	if !cgoEnabled {
		return nil, nil, ErrNoCGO
	}
	path, err := filepath.Abs(strings.TrimPrefix(o.URL, SQLiteScheme))
	if err != nil {
		return nil, nil, fmt.Errorf("finding the database file: %w", err)
	}
	if _, err := os.Stat(path); o.Existing && errors.Is(err, os.ErrNotExist) {
		return nil, nil, ErrNoDatabase
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

// createFile makes an empty file that only its owner can read, before SQLite
// would make one that everybody can; its -wal and -shm files take the same mode.
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil // never opened here: closing it would drop SQLite's locks in this process
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// openPool opens path with the pragmas that hold for one connection.
func openPool(path string, params url.Values, connections int, now func() time.Time) (*gorm.DB, error) {
	params.Set("_busy_timeout", fmt.Sprint(busyTimeout.Milliseconds()))
	params.Set("_foreign_keys", "1")
	params.Set("_synchronous", "FULL") // a COMMIT that was answered survives a power cut
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + params.Encode()
	db, err := gorm.Open(sqlite.Open(dsn), &gorm.Config{
		Logger:                 logger.Discard, // errors are returned, and logged once by who handles them
		NowFunc:                func() time.Time { return now().UTC() },
		TranslateError:         true,
		SkipDefaultTransaction: true, // one statement is atomic by itself
	})
	if notDatabase(err) { // found out here already, since setting synchronous reads the file
		return nil, ErrNotDatabase
	}
	if err != nil {
		return nil, failed("opening the database", err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, failed("opening the database", err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	return db, nil
}

// prepare makes sure that the file is Latchkey's, or empty, and sets what
// holds for the file as a whole.
func prepare(db *gorm.DB) error {
	if err := identify(db); err != nil {
		return err
	}
	if err := enableWAL(db); err != nil {
		return err
	}
	return checkPragmas(db)
}

// identify fails unless the file is Latchkey's or has no table yet.
func identify(db *gorm.DB) error {
	// In this order: another process of ours may be making both, in one
	// transaction, just now.
	var id, tables int
	err := db.Raw("SELECT count(*) FROM sqlite_master").Scan(&tables).Error
	if err == nil {
		err = db.Raw("PRAGMA application_id").Scan(&id).Error
	}
	switch {
	case notDatabase(err):
		return ErrNotDatabase
	case err != nil:
		return failed("reading the database", err)
	case id == applicationID:
		return nil
	case id != 0 || tables > 0:
		return ErrForeignDatabase
	}
	return nil
}

// enableWAL lets readers go on while one writes. The switch itself does not
// wait for other processes by busy_timeout, so it is tried again here.
func enableWAL(db *gorm.DB) error {
	deadline := time.Now().Add(busyTimeout)
	for {
		err := db.Exec("PRAGMA journal_mode = WAL").Error
		if err == nil || time.Now().After(deadline) {
			return failed("switching the database to WAL", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// checkPragmas reads back what was asked for: SQLite ignores in silence what
// it cannot do, such as WAL on some file systems.
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
			return failed("reading a pragma of the database", err)
		}
		if got != value {
			return fmt.Errorf("the database's %s is %q, not %q: use a local disk", name, got, value)
		}
	}
	return nil
}
