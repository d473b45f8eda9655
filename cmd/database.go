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

// openServerStore opens the database and creates it if there is none. While there is no user, it
// first checks the settings of the first user, so that invalid ones stop the start before anything
// is created.
func openServerStore(ctx context.Context, config Config) (store *models.Store, hasUsers bool, err error) {
	store, err = openStore(ctx, config, true)
	switch {
	case errors.Is(err, models.ErrNoDatabase):
		if err := config.checkFirstUser(); err != nil {
			return nil, false, err
		}
		store, err = openStore(ctx, config, false)
		return store, false, err
	case err != nil:
		return nil, false, err
	}
	users, _, err := store.Users(ctx, models.UserQuery{Limit: 1})
	if err == nil && len(users) == 0 {
		err = config.checkFirstUser()
	}
	if err != nil {
		return nil, false, errors.Join(err, store.Close())
	}
	return store, len(users) > 0, nil
}

// openStore opens the database. Unless it must exist, it is created where there is none.
func openStore(ctx context.Context, config Config, mustExist bool) (*models.Store, error) {
	slots := max(1, runtime.GOMAXPROCS(0)-1) // one processor is left to everything but password hashes
	store, err := models.Open(ctx, models.Options{
		URL:       config.DatabaseURL,
		MustExist: mustExist,
		Hasher:    auth.NewHasher(auth.Cost{Memory: config.Argon2Memory, Time: config.Argon2Time, Threads: 1}),
		HashSlots: slots,
		HashWait:  4 * time.Second,
		Policy:    config.passwordPolicy(),
		Sessions:  models.SessionPolicy{Idle: config.RefreshTokenTTL, Absolute: config.SessionTTL, Grace: config.RefreshGrace},
		Now:       time.Now,
	})
	if err != nil {
		return nil, databaseAdvice(err)
	}
	return store, nil
}

// databaseAdvice adds what an operator can do about a database that cannot be opened.
func databaseAdvice(err error) error {
	advice := "check that the path exists and that Latchkey may write there"
	switch {
	case errors.Is(err, models.ErrNoCGO):
		advice = "install gcc and build again with CGO_ENABLED=1"
	case errors.Is(err, models.ErrNoDatabase):
		advice = "run this command where the server runs, with the same settings, or start the server first"
	case errors.Is(err, models.ErrNewerDatabase):
		advice = "start that version, restore a backup made by this one, or move the file away to start with an empty database"
	case errors.Is(err, models.ErrBrokenLink):
		advice = "restore that file, or remove the link to start with an empty database"
	case errors.Is(err, models.ErrNotDatabase), errors.Is(err, models.ErrForeignDatabase):
		advice = "set DATABASE_URL to another path, or restore a backup; the file has not been changed"
	}
	return fmt.Errorf("opening DATABASE_URL: %w; %s", err, advice)
}
