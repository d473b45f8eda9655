package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// openStore opens the database, and makes it where there is none if create.
func openStore(ctx context.Context, config Config, create bool) (*models.Store, error) {
	slots := max(1, runtime.GOMAXPROCS(0)-1) // one processor is for everything that is not a password
	store, err := models.Open(ctx, models.Options{
		URL:       config.DatabaseURL,
		Existing:  !create,
		Hasher:    auth.NewHasher(auth.Cost{Memory: config.Argon2Memory, Time: config.Argon2Time, Threads: 1}),
		HashSlots: slots,
		HashQueue: 32 * slots,
		Policy:    auth.PasswordPolicy{MinLength: config.PasswordMinLength},
		Sessions:  models.SessionPolicy{Idle: config.RefreshTokenTTL, Absolute: config.SessionTTL, Grace: config.RefreshGrace},
		Now:       time.Now,
	})
	if err != nil {
		return nil, databaseAdvice(err)
	}
	return store, nil
}

// databaseAdvice says what a person can do about a database that does not open.
func databaseAdvice(err error) error {
	advice := "see that the path exists and that Latchkey may write there"
	switch {
	case errors.Is(err, models.ErrNoCGO):
		advice = "install gcc and build again with CGO_ENABLED=1"
	case errors.Is(err, models.ErrNoDatabase):
		advice = "run this where the server runs, with the same settings, or start the server once"
	case errors.Is(err, models.ErrNewerDatabase):
		advice = "start the newer version of Latchkey, or restore a backup of this one"
	case errors.Is(err, models.ErrNotDatabase), errors.Is(err, models.ErrForeignDatabase):
		advice = "set it to another path, or restore a backup; the file was left as it is"
	}
	return fmt.Errorf("DATABASE_URL cannot be used: %w; %s", err, advice)
}
