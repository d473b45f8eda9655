package models

import (
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// forUpdate makes a query lock the rows that it returns until the transaction ends. SQLite has no
// such clause and needs none: its transactions lock the whole database when they begin.
func forUpdate() clause.Locking { return clause.Locking{Strength: clause.LockingStrengthUpdate} }

// lockUser locks the row of a user until the transaction ends and reads it, without its roles. It
// fails with ErrUserNotFound.
func (s *Store) lockUser(tx *gorm.DB, id string) (User, error) {
	return s.takeUser(tx.Clauses(forUpdate()).Where("id = ?", id))
}

// lockDatabase lets one transaction at a time look for a row that may not exist yet. Such a row
// cannot be locked, so it locks the row of the first migration, which always exists.
func (s *Store) lockDatabase(tx *gorm.DB) error {
	var ids []string
	err := tx.Table("migrations").Clauses(forUpdate()).Where("id = ?", firstMigration).Pluck("id", &ids).Error
	return s.wrap("locking the database", err)
}
