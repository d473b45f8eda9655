package cmd

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
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
first user, who is an administrator. On SIGTERM or Ctrl-C, /readyz fails at
once. After DRAIN_DELAY, the server finishes the requests in progress and stops.
A second signal stops it at once.`,
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
	defer func() { _ = listener.Close() }() // unless httpServer has closed it

	makePrivate(log, dataFolder)
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
	warnOfOpenFiles(config, log)
	throttle(config, store, secrets[0], log)
	keyConfig := models.KeyConfig{Algorithm: config.JWTAlg, Secrets: secrets}
	keys, err := loadOrCreateKeys(ctx, store, keyConfig, config.AccessTokenTTL)
	if err != nil {
		return err
	}
	options := config.handlerOptions(listener.Addr())
	options.UseSecrets(secrets, time.Now)
	options.Store, options.Log = store, log
	options.Issuer, err = auth.NewIssuer(auth.IssuerOptions{
		Keys: keys, Issuer: options.PublicURL, Audience: config.JWTAudience, TTL: config.AccessTokenTTL, Now: time.Now,
	})
	if err != nil {
		return err
	}
	handler, err := handlers.New(options)
	if err != nil {
		return err
	}
	if !hasUsers {
		if err := createFirstUser(ctx, store, newFirstUser(config, c.OutOrStdout()), log); err != nil {
			return err
		}
	}

	log.Info("Latchkey is ready", "url", options.PublicURL, "address", listener.Addr().String(), "version", version())
	working := context.WithoutCancel(ctx) // during the drain delay too
	stopSync := background(working, keySync{store, keyConfig, options.Issuer, log}.run)
	defer stopSync()
	stopPurge := background(working, func(ctx context.Context) { purge(ctx, store, log) })
	defer stopPurge()
	return httpServer{handler, options.TrustedProxies, config.DrainDelay, log}.serve(ctx, listener)
}

// throttle limits how often passwords are checked and users sign up, unless RATE_LIMIT is off.
func throttle(config Config, store *models.Store, newest auth.Secret, log *slog.Logger) {
	if config.RateLimit == "off" {
		log.Warn("RATE_LIMIT is off: passwords can be guessed without limit")
		return
	}
	store.Throttle(newest.BudgetKey())
}

// warnOfOpenFiles makes the files of the server private again, and warns of those that were or are
// open to others.
func warnOfOpenFiles(config Config, log *slog.Logger) {
	if config.JWTSecret == "" {
		warnOfGroup(log, filepath.Join(dataFolder, secretFile))
	}
	for _, path := range append(models.Files(config.DatabaseURL), filepath.Join(dataFolder, adminPasswordFile)) {
		makePrivate(log, path)
	}
}
