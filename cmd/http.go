package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// drainTime bounds how long requests in progress may take after the server was told to stop.
const drainTime = 10 * time.Second

// listen binds a TCP address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on ADDR: %w; set ADDR to a free address of this machine, such as 127.0.0.1:8001", err)
	}
	return listener, nil
}

// serveHTTP serves on listener until ctx ends. Then it accepts no more requests and waits for those
// in progress, up to drainTime.
func serveHTTP(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := newHTTPServer(handler, log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	log.Info("stopping after the requests in progress")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("some requests took longer than %s: %w", drainTime, err), server.Close())
	}
	return nil
}

// newHTTPServer returns a server whose limits disconnect clients that are slow on purpose (ASVS
// 13.1.3).
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken connections: nothing to fix here
	}
}
