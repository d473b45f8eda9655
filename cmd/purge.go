package cmd

import (
	"context"
	"log/slog"
	"time"

	"latchkey/models"
)

// purge deletes expired sessions in small steps until ctx ends. Only the size of the database
// depends on it.
func purge(ctx context.Context, store *models.Store, log *slog.Logger) {
	pause := time.NewTicker(10 * time.Minute)
	defer pause.Stop()
	for {
		deleted, err := store.PurgeSessions(ctx)
		if err != nil && ctx.Err() == nil {
			log.Warn("could not delete expired sessions; trying again later", "cause", err)
		}
		if err == nil && deleted > 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}
