package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"latchkey/auth"
	"latchkey/handlers"
	"latchkey/models"
)

// newServe returns "latchkey serve".
func newServe(environ []string) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Start the server",
		Long: `Start the server, which is also what latchkey does without a command.

The first start creates the folder data, the database, a signing secret and the
first user, who is an administrator. On SIGTERM or Ctrl-C, the server finishes
the requests in progress and stops.`,
		Example: `  latchkey serve
  PUBLIC_URL=https://login.example.org latchkey serve`,
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return serve(c, environ) },
	}
}

// serve runs the server until the context of c ends.
func serve(c *cobra.Command, environ []string) (err error) {
	ctx := c.Context()
	config, err := loadConfig(environ)
	if err != nil {
		return err
	}
	log := newLogger(config, c.ErrOrStderr())
	listener, err := listen(ctx, config.Addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // unless serveHTTP has closed it

	if err := checkSecrets(config.JWTSecret); err != nil {
		return err
	}
	store, hasUsers, err := openServerStore(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	secrets, err := loadOrCreateSecrets(config.JWTSecret)
	if err != nil {
		return err
	}
	keyConfig := models.KeyConfig{Algorithm: config.JWTAlg, Secrets: secrets}
	keys, err := loadOrCreateKeys(ctx, store, keyConfig, config.AccessTokenTTL)
	if err != nil {
		return err
	}
	publicURL := config.publicURL(listener.Addr())
	issuer, err := auth.NewIssuer(auth.IssuerOptions{
		Keys: keys, Issuer: publicURL, Audience: config.JWTAudience, TTL: config.AccessTokenTTL, Now: time.Now,
	})
	if err != nil {
		return err
	}
	handler, err := handlers.New(handlers.Options{
		Store: store, Issuer: issuer, RefreshTokens: auth.NewRefreshTokenCodec(secrets), Log: log, Version: version(),
		Proofs: auth.NewProofVerifier(secrets, time.Now), KnownBrowsers: auth.NewKnownBrowserCodec(secrets),
		PublicURL: publicURL, PublicURLSet: config.PublicURL != "", AllowedOrigins: config.AllowedOrigins,
		Signup: config.Signup == "open", PasswordGrant: config.PasswordGrant == "on",
	})
	if err != nil {
		return err
	}
	if !hasUsers {
		if err := createFirstUser(ctx, store, newFirstUser(config, c.OutOrStdout()), log); err != nil {
			return err
		}
	}

	log.Info("Latchkey is ready", "url", publicURL, "address", listener.Addr().String(), "version", version())
	stopSync := background(ctx, keySync{store, keyConfig, issuer, log}.run)
	defer stopSync()
	stopPurge := background(ctx, func(ctx context.Context) { purge(ctx, store, log) })
	defer stopPurge()
	return serveHTTP(ctx, listener, handler, log)
}
