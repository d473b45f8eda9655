// Latchkey is a login service: it shows the login page, keeps the users,
// issues the tokens that the page and other services use, and ends them when
// somebody says so.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"latchkey/auth"
	"latchkey/handlers"
	"latchkey/models"
)

// process is what a run has from the operating system.
type process struct {
	Args    []string // without the program's name
	Environ []string // KEY=value
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, process{os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, "latchkey:", err)
		os.Exit(exitCode(err))
	}
}

const usage = `usage:
  latchkey [serve]                starts the service
  latchkey user add NAME          adds a user; [--email ADDRESS] [--role ROLE]...
  latchkey user list              lists all users
  latchkey user disable NAME      ends the user's sessions and lets nobody log in
  latchkey user enable NAME
  latchkey user password NAME     sets another password and ends the sessions
  latchkey user role NAME ROLE... gives the user these roles and no others
  latchkey user delete NAME
  latchkey keys list              lists the keys that sign and verify tokens
  latchkey keys rotate            makes the next key sign; [--force] at once
  latchkey keys compromised KID   takes a stolen key out of use at once
  latchkey version
The user and keys commands answer in JSON with --json. A password is asked for,
or read from standard input`

// errUsage tells that the command line is not understood.
var errUsage = errors.New(usage)

func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// run is the program. It returns when the command is done or, for serve, when
// ctx has ended and running requests were answered.
func run(ctx context.Context, p process) error {
	switch {
	case len(p.Args) == 0, len(p.Args) == 1 && p.Args[0] == "serve":
		return serve(ctx, p)
	case len(p.Args) == 1 && p.Args[0] == "version":
		_, err := fmt.Fprintln(p.Stdout, "latchkey", version())
		return err
	case p.Args[0] == "help", p.Args[0] == "-h", p.Args[0] == "--help":
		_, err := fmt.Fprintln(p.Stdout, usage)
		return err
	case p.Args[0] == "user":
		return runUser(ctx, p, p.Args[1:])
	case p.Args[0] == "keys":
		return runKeys(ctx, p, p.Args[1:])
	}
	return errUsage
}

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
	if err := ensureAdmin(ctx, store, config, p.Stdout, log); err != nil {
		return err
	}
	defer signing.follow(ctx, issuer)()
	log.Info("Latchkey is ready", "url", publicURL, "address", listener.Addr().String(), "version", version())
	go purge(ctx, store, log)
	return serveHTTP(ctx, listener, handler, log)
}

// openStore opens the database, and makes it where there is none if create.
func openStore(ctx context.Context, config Config, create bool) (*models.Store, error) {
	store, err := models.Open(ctx, models.Options{
		URL:      config.DatabaseURL,
		Existing: !create,
		Hasher:   newHasher(config),
		Policy:   auth.PasswordPolicy{MinLength: config.PasswordMinLength},
		Sessions: models.SessionPolicy{Idle: config.RefreshTokenTTL, Absolute: config.SessionTTL, Grace: config.RefreshGrace},
		Now:      time.Now,
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

// newHasher leaves one processor to everything that is not a password.
func newHasher(config Config) *auth.Hasher {
	slots := max(1, runtime.GOMAXPROCS(0)-1)
	cost := auth.Cost{Memory: config.Argon2Memory, Time: config.Argon2Time, Threads: 1}
	return auth.NewHasher(cost, slots, 32*slots)
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
