package models

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
)

// transaction runs change in one transaction and commits it if change returns nil. Otherwise it
// rolls back and returns the error of change as it is.
//
// Other transactions may write at the same time. A change that depends on a row must therefore lock
// the row first, and then read everything else that it depends on in later statements. A statement
// that had to wait for a lock may see other tables as they were before it waited (READ COMMITTED,
// the default of PostgreSQL).
func (s *Store) transaction(ctx context.Context, doing string, change func(tx *gorm.DB) error) error {
	var refusal error
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		refusal = change(tx)
		return refusal
	})
	if refusal != nil {
		return refusal
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		err = ctx.Err() // database/sql rolled back when ctx ended, just before the commit
	}
	return s.wrap(doing, err)
}

// now returns the time in the form in which it is stored: UTC, in whole microseconds, the finest
// unit that all engines store.
func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// newID returns an opaque id. Ids created later sort later (RFC 9562 5.7).
func newID() string { return uuid.Must(uuid.NewV7()).String() }
