package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"latchkey/auth"
	"latchkey/handlers"
	"latchkey/models"
)

// serve answers requests until ctx ends.
func serve(ctx context.Context, p process) (err error) {
	config, err := loadConfig(p.Environ)
	if err != nil {
		return err
	}
	log := newLogger(config, p.Stderr)
	listener, err := net.Listen("tcp", config.Addr)
	if err != nil {
		return fmt.Errorf("ADDR cannot be used: %w; set it to a free address of this machine, such as 127.0.0.1:8001", err)
	}
	defer listener.Close()
	publicURL := config.publicURL(listener.Addr())

	secrets, err := loadSecrets(config.JWTSecret)
	if err != nil {
		return err
	}
	store, err := openStore(ctx, config, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	signing := signingKeys{store, models.KeyUse{Algorithm: config.JWTAlg, Secrets: secrets}, log}
	keys, err := signing.prepare(ctx, config.AccessTokenTTL)
	if err != nil {
		return err
	}
	issuer, err := auth.NewIssuer(auth.IssuerOptions{
		Keys: keys, Issuer: publicURL, Audience: config.JWTAudience,
		TTL: config.AccessTokenTTL, Now: time.Now,
	})
	if err != nil {
		return err
	}
	handler, err := handlers.New(handlers.Options{
		Store: store, Issuer: issuer, RefreshTokens: auth.NewRefreshTokens(secrets), Log: log, Version: version(),
		PublicURL: publicURL, AllowedOrigins: config.AllowedOrigins,
		Signup: config.Signup == "open", PasswordGrant: config.PasswordGrant == "on",
	})
	if err != nil {
		return err
	}
	if err := ensureFirstUser(ctx, store, newFirstUser(config, p.Stdout), log); err != nil {
		return err
	}
	defer signing.follow(ctx, issuer)()
	log.Info("Latchkey is ready", "url", publicURL, "address", listener.Addr().String(), "version", version())
	defer startPurge(ctx, store, log)()
	return serveHTTP(ctx, listener, handler, log)
}

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
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		return errors.Join(fmt.Errorf("some requests did not end in %s: %w", drainTime, err), server.Close())
	}
	return nil
}

// startPurge purges until ctx ends or stop is called, which waits for its end.
func startPurge(ctx context.Context, store *models.Store, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		purge(ctx, store, log)
	}()
	return func() { cancel(); <-ended }
}

// purge deletes what has expired, a little at a time, until ctx ends. Nothing
// depends on it but the size of the database.
func purge(ctx context.Context, store *models.Store, log *slog.Logger) {
	pause := time.NewTicker(10 * time.Minute)
	defer pause.Stop()
	for {
		deleted, err := store.PurgeSessions(ctx)
		if err != nil && ctx.Err() == nil {
			log.Warn("expired sessions could not be purged; trying again later", "cause", err)
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
