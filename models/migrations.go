package models

import (
	"context"
	"errors"
	"time"

	"github.com/go-gormigrate/gormigrate/v2"
	"gorm.io/gorm"
)

// firstMigration is the id of the migration that every database has.
const firstMigration = "0001-first-schema"

// migrations returns the history of the schema, oldest first. Never change a migration that was
// released. The structs in it are copies: they must not follow later changes of the models.
func migrations() []*gormigrate.Migration {
	return []*gormigrate.Migration{
		{ID: firstMigration, Migrate: createFirstSchema},
		{ID: "0002-bound-sessions-and-budgets", Migrate: addBoundSessionsAndBudgets},
		{ID: "0003-links-and-logins", Migrate: addLinksAndLogins},
	}
}

// migrate brings the schema up to date, or fails and leaves it unchanged. If several processes
// start at once, one migrates while the others wait. It fails with ErrNewerDatabase if the database
// has migrations that this program does not know.
func (s *Store) migrate(ctx context.Context) error {
	return s.transaction(ctx, "migrating the database", func(tx *gorm.DB) error {
		if err := s.engine.claim(tx); err != nil {
			return s.wrap("claiming the database", err)
		}
		options := &gormigrate.Options{TableName: "migrations", ValidateUnknownMigrations: true}
		err := gormigrate.New(tx, options, migrations()).Migrate()
		if errors.Is(err, gormigrate.ErrUnknownPastMigration) {
			return ErrNewerDatabase
		}
		return s.wrap("migrating the database", err)
	})
}

func createFirstSchema(tx *gorm.DB) error {
	type user struct {
		ID              string `gorm:"primaryKey"`
		Username        string `gorm:"not null"`
		UsernameKey     string `gorm:"not null;uniqueIndex"`
		Email           *string
		PasswordHash    string    `gorm:"not null"`
		PasswordVersion int       `gorm:"not null;default:0"`
		Disabled        bool      `gorm:"not null;default:false"`
		CreatedAt       time.Time `gorm:"not null"`
	}
	type userRole struct {
		UserID string `gorm:"primaryKey;index:idx_user_roles_role,priority:2"`
		User   user   `gorm:"constraint:OnDelete:CASCADE"`
		Role   string `gorm:"primaryKey;index:idx_user_roles_role,priority:1"` // indexed to find the administrators
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
	// The unique index allows each algorithm one current and one next key, so that two processes
	// cannot both create them.
	type signingKey struct {
		ID        string    `gorm:"primaryKey"`
		Algorithm string    `gorm:"not null;uniqueIndex:idx_signing_keys_in_use,where:state <> 'retiring'"`
		State     string    `gorm:"not null;uniqueIndex:idx_signing_keys_in_use,where:state <> 'retiring'"`
		Sealed    []byte    `gorm:"not null"`
		TokenTTL  int64     `gorm:"not null"` // nanoseconds
		CreatedAt time.Time `gorm:"not null"`
		RetiresAt *time.Time
	}
	return tx.Migrator().CreateTable(&user{}, &userRole{}, &session{}, &signingKey{})
}

func addBoundSessionsAndBudgets(tx *gorm.DB) error {
	type session struct {
		KeyThumbprint string `gorm:"not null;default:''"`
	}
	type budget struct {
		Key    string `gorm:"primaryKey"`
		FullAt int64  `gorm:"not null;index"` // microseconds since 1970
	}
	if err := tx.Migrator().AddColumn(&session{}, "KeyThumbprint"); err != nil {
		return err
	}
	return tx.Migrator().CreateTable(&budget{})
}

func addLinksAndLogins(tx *gorm.DB) error {
	type user struct {
		ID          string  `gorm:"index:idx_users_email_key,priority:2"` // to list equal addresses in pages
		EmailKey    *string `gorm:"index:idx_users_email_key,priority:1"`
		LinkVersion int64   `gorm:"not null;default:0"`
		LastLoginAt *time.Time
	}
	type session struct {
		Remembered bool `gorm:"not null;default:true"`
	}
	for _, column := range []string{"EmailKey", "LinkVersion", "LastLoginAt"} {
		if err := tx.Migrator().AddColumn(&user{}, column); err != nil {
			return err
		}
	}
	if err := tx.Migrator().AddColumn(&session{}, "Remembered"); err != nil {
		return err
	}
	// E-mail addresses are ASCII, so every database folds them like foldCase.
	if err := tx.Exec("UPDATE users SET email_key = lower(email)").Error; err != nil {
		return err
	}
	return tx.Migrator().CreateIndex(&user{}, "idx_users_email_key")
}
