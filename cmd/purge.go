package cmd

import (
	"context"
	"log/slog"
	"time"

	"latchkey/models"
)

// purge deletes expired sessions and full budgets in small steps until ctx ends. Only the size of
// the database depends on it.
func purge(ctx context.Context, store *models.Store, log *slog.Logger) {
	pause := time.NewTicker(10 * time.Minute)
	defer pause.Stop()
	for {
		for what, step := range map[string]func(context.Context) (int64, error){
			"expired sessions": store.PurgeSessions,
			"full budgets":     store.PurgeBudgets,
		} {
			if err := repeat(ctx, step); err != nil && ctx.Err() == nil {
				log.Warn("could not delete "+what+"; trying again later", "cause", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// repeat calls step until it fails or has nothing left to delete.
func repeat(ctx context.Context, step func(context.Context) (int64, error)) error {
	for {
		deleted, err := step(ctx)
		if err != nil || deleted == 0 {
			return err
		}
	}
}
