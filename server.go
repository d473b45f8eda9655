package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"latchkey/handlers"
)

// drainTime is how long running requests may take after the order to stop.
const drainTime = 10 * time.Second

// serveHTTP answers on listener until ctx ends, then stops taking requests
// and waits for those that run. The bounds drop clients that are slow on
// purpose (ASVS 13.1.3).
func serveHTTP(ctx context.Context, listener net.Listener, handler *handlers.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken connections, not ours to mend
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping: running requests are answered first")
	handler.Drain()
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in %s: %w", drainTime, err), server.Close())
	}
	return nil
}
