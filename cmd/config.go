package cmd

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"latchkey/auth"
	"latchkey/models"
)

// Config is every setting. Its tags hold the names and defaults; README.md and
// .env tell the same, which a test holds them to.
type Config struct {
	// Addr is where to listen. The default is reached from this machine alone.
	Addr string `env:"ADDR" envDefault:"127.0.0.1:8000"`

	// PublicURL is the origin people use. It is in every token as the issuer,
	// so it must be the same on all replicas.
	PublicURL string `env:"PUBLIC_URL"`

	DatabaseURL string `env:"DATABASE_URL" envDefault:"sqlite:data/latchkey.db"`

	// JWTSecret signs the tokens: who knows it can be anybody.
	JWTSecret string `env:"JWT_SECRET"`

	// JWTAlg is what signs: the secret itself, or key pairs that the database
	// keeps and the secret seals.
	JWTAlg      string `env:"JWT_ALG" envDefault:"HS256"`
	JWTAudience string `env:"JWT_AUDIENCE" envDefault:"latchkey"`

	// AccessTokenTTL is how long a token lives that another service verifies
	// by itself, and so how long that service can be wrong.
	AccessTokenTTL time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m"`

	// RefreshTokenTTL is how long a session lasts without use, SessionTTL how
	// long at the most, and RefreshGrace how long a refresh token still works
	// after it was replaced: as long as a lost answer or a sleeping tab takes.
	RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_TTL" envDefault:"720h"`
	SessionTTL      time.Duration `env:"SESSION_TTL" envDefault:"2160h"`
	RefreshGrace    time.Duration `env:"REFRESH_GRACE" envDefault:"60s"`

	// AdminName and AdminPassword are the first user's.
	AdminName     string `env:"ADMIN_NAME" envDefault:"admin"`
	AdminPassword string `env:"ADMIN_PASSWORD"`

	// Signup lets everybody add a user; PasswordGrant lets POST /token take
	// passwords, which OAuth2's security practice advises against (RFC 9700
	// 2.4) and the clients people bring need.
	Signup        string `env:"SIGNUP" envDefault:"open"`
	PasswordGrant string `env:"PASSWORD_GRANT" envDefault:"on"`

	// AllowedOrigins are those of browser apps elsewhere that may use what
	// needs a bearer.
	AllowedOrigins []string `env:"ALLOWED_ORIGINS"`

	PasswordMinLength int `env:"PASSWORD_MIN_LENGTH" envDefault:"8"`

	// Argon2Memory (KiB) and Argon2Time (passes) are what one password hash
	// costs. The defaults are OWASP's least.
	Argon2Memory uint32 `env:"ARGON2_MEMORY" envDefault:"19456"`
	Argon2Time   uint32 `env:"ARGON2_TIME" envDefault:"2"`

	LogFormat string `env:"LOG_FORMAT"`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
}

// problems is all that is wrong with the settings, told in one message.
type problems []string

func (p problems) Error() string {
	return "these settings need mending, in the environment or in .env:\n  " + strings.Join(p, "\n  ")
}

// loadConfig reads the settings from environ and from .env in the working
// directory; the environment wins, and an empty value is none. All problems
// come in one error, each with its cure and none with a secret.
func loadConfig(environ []string) (Config, error) {
	values, err := godotenv.Read()
	if errors.Is(err, fs.ErrNotExist) {
		values, err = map[string]string{}, nil
	}
	if err != nil {
		return Config{}, errors.New(".env cannot be read: every line is NAME=value or a # comment")
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		values[name] = value
	}
	for name, value := range values {
		if value == "" {
			delete(values, name)
		}
	}
	var config Config
	err = env.ParseWithOptions(&config, env.Options{Environment: values})
	if found := config.wrong(); len(found) > 0 { // an unreadable value is zero here, which is wrong too
		return Config{}, found
	}
	return config, err
}

// wrong tells which values cannot be used, and what to use instead.
func (c *Config) wrong() problems {
	var found problems
	check := func(ok bool, name, cure string) {
		if !ok {
			found = append(found, name+": "+cure)
		}
	}
	_, _, err := net.SplitHostPort(c.Addr)
	check(err == nil, "ADDR", "use HOST:PORT, such as 127.0.0.1:8000, or :8000 for all addresses.")
	check(c.PublicURL == "" || isOrigin(c.PublicURL), "PUBLIC_URL", "use the origin people see, such as https://login.example.org, without a path.")
	check(models.KnownURL(c.DatabaseURL), "DATABASE_URL", "use sqlite: and the path of a file, such as sqlite:data/latchkey.db.")
	_, err = auth.ParseSecrets(c.JWTSecret)
	check(err == nil || c.JWTSecret == "", "JWT_SECRET", "use at least 32 bytes without spaces around them, such as openssl rand -base64 32 prints; several are separated by commas alone, newest first.")
	check(slices.Contains([]string{auth.HS256, auth.ES256, auth.RS256}, c.JWTAlg), "JWT_ALG", "use HS256, ES256 or RS256.")
	check(c.AccessTokenTTL >= time.Second, "ACCESS_TOKEN_TTL", "use a duration from 1s up, such as 15m.")
	check(c.RefreshTokenTTL >= time.Second, "REFRESH_TOKEN_TTL", "use a duration from 1s up, such as 720h.")
	check(c.SessionTTL >= time.Second, "SESSION_TTL", "use a duration from 1s up, such as 2160h.")
	check(c.RefreshGrace >= time.Second, "REFRESH_GRACE", "use a duration from 1s up, such as 60s.")
	check(models.ValidUsername(c.AdminName), "ADMIN_NAME", "use 3 to 64 of letters, digits and ._-@+.")
	policy := auth.PasswordPolicy{MinLength: c.PasswordMinLength}
	if err := policy.Check(c.AdminName, c.AdminPassword); err != nil && c.AdminPassword != "" {
		check(false, "ADMIN_PASSWORD", err.Error()+" Once there is a user it means nothing and can go.")
	}
	check(c.Signup == "open" || c.Signup == "closed", "SIGNUP", "use open or closed.")
	check(c.PasswordGrant == "on" || c.PasswordGrant == "off", "PASSWORD_GRANT", "use on or off.")
	check(!slices.ContainsFunc(c.AllowedOrigins, func(o string) bool { return !isOrigin(o) }), "ALLOWED_ORIGINS",
		"use origins such as https://app.example.org, without a path, separated by commas.")
	check(c.PasswordMinLength >= auth.MinPasswordLength && c.PasswordMinLength <= auth.MaxPasswordLength,
		"PASSWORD_MIN_LENGTH", "use a whole number from 8 to 256.")
	check(c.Argon2Memory >= 19456 && c.Argon2Memory <= auth.MaxMemory, "ARGON2_MEMORY", "use a whole number of KiB from 19456 to 262144.")
	check(c.Argon2Time >= 2 && c.Argon2Time <= auth.MaxTime, "ARGON2_TIME", "use a whole number from 2 to 10.")
	check(c.LogFormat == "" || c.LogFormat == "text" || c.LogFormat == "json", "LOG_FORMAT", "use text or json.")
	check(new(slog.Level).UnmarshalText([]byte(c.LogLevel)) == nil, "LOG_LEVEL", "use debug, info, warn or error.")
	return found
}

// isOrigin tells whether text is scheme, host and perhaps port, as a browser
// writes an origin.
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || text != u.Scheme+"://"+u.Host {
		return false
	}
	isDefaultPort := u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] || strings.HasSuffix(u.Host, ":")
	return u.Hostname() != "" && !isDefaultPort && text == strings.ToLower(text) && !strings.ContainsAny(text, "*?")
}

// publicURL is PUBLIC_URL or, when unset, the address that was bound, as a
// browser on this machine would write it.
func (c *Config) publicURL(bound net.Addr) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	host, port, _ := net.SplitHostPort(bound.String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
