package models

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// engine is a kind of database. Each one has a file of its own. SQLite is the only one so far, but
// the package also keeps the rules of PostgreSQL (row locks, READ COMMITTED), so that it can be
// added.
type engine struct {
	scheme string // what its URLs begin with, such as "sqlite:"

	// open connects to the database, and creates it if there is none, unless o.MustExist. Both pools
	// may be the same one.
	open func(ctx context.Context, o Options) (reader, writer *gorm.DB, err error)

	// claim runs first in the transaction that migrates the database. It marks the database as
	// Latchkey's. When it returns, no other process is migrating the database.
	claim func(tx *gorm.DB) error

	// transient reports whether an error of the driver is temporary: the database is busy, locked or
	// unreachable.
	transient func(err error) bool

	// full reports whether an error of the driver means that there is no space left.
	full func(err error) bool
}

// engines returns all kinds of database that Open knows.
func engines() []engine { return []engine{sqliteEngine()} }

func findEngine(url string) (engine, bool) {
	all := engines()
	i := slices.IndexFunc(all, func(e engine) bool {
		rest, found := strings.CutPrefix(url, e.scheme)
		return found && rest != ""
	})
	if i < 0 {
		return engine{}, false
	}
	return all[i], true
}

// KnownURL reports whether Open accepts the URL. It does not look for the database.
func KnownURL(url string) bool {
	_, found := findEngine(url)
	return found
}

func closePool(db *gorm.DB) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	return pool.Close()
}
