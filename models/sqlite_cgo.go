//go:build cgo

package models

import (
	"errors"

	"github.com/mattn/go-sqlite3"
)

const cgoEnabled = true

// notDatabase reports whether SQLite rejected the file itself.
func notDatabase(err error) bool {
	var cause sqlite3.Error
	return errors.As(err, &cause) && (cause.Code == sqlite3.ErrNotADB || cause.Code == sqlite3.ErrCorrupt)
}

// sqliteTransient reports whether err is temporary; see engine.
func sqliteTransient(err error) bool {
	var cause sqlite3.Error
	if !errors.As(err, &cause) {
		return false
	}
	switch cause.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrProtocol, // another process is writing
		sqlite3.ErrCantOpen, sqlite3.ErrIoErr: // the disk
		return true
	}
	return false
}

// sqliteFull reports whether err means that the disk is full; see engine.
func sqliteFull(err error) bool {
	var cause sqlite3.Error
	return errors.As(err, &cause) && cause.Code == sqlite3.ErrFull
}
