package models

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// migrations is the history of the schema, oldest first. A step that was
// released is never edited: the structs in it are copies, frozen as they were.
func migrations() []*gormigrate.Migration {
	return []*gormigrate.Migration{
		{ID: "0001-users-and-sessions", Migrate: createUsersAndSessions},
		{ID: "0002-signing-keys", Migrate: createSigningKeys},
	}
}

// migrate brings the schema up to date, or fails and leaves it as it was.
// The transaction holds the write lock from its start, so of several processes
// that start at once one migrates and the others find it done. It fails with
// ErrNewerDatabase when the schema has steps this program does not know.
func migrate(db *gorm.DB) error {
	err := db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)).Error; err != nil {
			return err
		}
		options := &gormigrate.Options{TableName: "migrations", ValidateUnknownMigrations: true}
		return gormigrate.New(tx, options, migrations()).Migrate()
	})
	if errors.Is(err, gormigrate.ErrUnknownPastMigration) {
		return ErrNewerDatabase
	}
	return failed("migrating the database", err)
}

func createUsersAndSessions(tx *gorm.DB) error {
	type user struct {
		ID              string `gorm:"primaryKey"`
		Username        string `gorm:"not null"`
		UsernameKey     string `gorm:"not null;uniqueIndex"`
		Email           *string
		PasswordHash    string    `gorm:"not null"`
		PasswordVersion int       `gorm:"not null;default:0"`
		Disabled        bool      `gorm:"not null;default:false"`
		Roles           string    `gorm:"not null;default:''"`
		CreatedAt       time.Time `gorm:"not null"`
	}
	type session struct {
		ID         string    `gorm:"primaryKey"`
		UserID     string    `gorm:"not null;index"`
		User       user      `gorm:"constraint:OnDelete:CASCADE"`
		Counter    int64     `gorm:"not null"`
		Device     string    `gorm:"not null"`
		Address    string    `gorm:"not null"`
		CreatedAt  time.Time `gorm:"not null"`
		LastUsedAt time.Time `gorm:"not null"`
		ExpiresAt  time.Time `gorm:"not null;index"`
	}
	if err := tx.Migrator().CreateTable(&user{}, &session{}); err != nil {
		return err
	}
	// It finds the few administrators among any number of users. A query uses
	// it only when it has the same condition, word for word.
	return tx.Exec("CREATE INDEX idx_users_admins ON users (id) WHERE ' ' || roles || ' ' LIKE '% admin %'").Error
}

// createSigningKeys lets an algorithm have one current and one next key, so
// that two processes never make two.
func createSigningKeys(tx *gorm.DB) error {
	type signingKey struct {
		ID        string    `gorm:"primaryKey"`
		Algorithm string    `gorm:"not null;uniqueIndex:idx_signing_keys_in_use,where:state <> 'retiring'"`
		State     string    `gorm:"not null;uniqueIndex:idx_signing_keys_in_use,where:state <> 'retiring'"`
		Sealed    []byte    `gorm:"not null"`
		TokenTTL  int64     `gorm:"not null"` // nanoseconds
		CreatedAt time.Time `gorm:"not null"`
		RetiresAt *time.Time
	}
	return tx.Migrator().CreateTable(&signingKey{})
}
