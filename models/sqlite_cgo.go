//go:build cgo

package models

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

const cgoEnabled = true

// notDatabase tells whether SQLite refused the file itself.
func notDatabase(err error) bool {
	var cause sqlite3.Error
	return errors.As(err, &cause) && (cause.Code == sqlite3.ErrNotADB || cause.Code == sqlite3.ErrCorrupt)
}
