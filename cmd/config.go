package cmd

import (
	"errors"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/joho/godotenv"

	"latchkey/handlers"
)

// Config holds every setting. The tags give names and defaults; a test compares README.md and .env
// with them.
type Config struct {
	// Addr is the address to listen on. By default only this machine can reach it.
	Addr string `env:"ADDR" envDefault:"127.0.0.1:8000"`

	// PublicURL is the origin that people use. It is the issuer in every token, so it must be the same
	// on all servers.
	PublicURL string `env:"PUBLIC_URL"`

	DatabaseURL string `env:"DATABASE_URL" envDefault:"sqlite:data/latchkey.db"`

	// JWTSecret is the secret, or several separated by commas, newest first. Anyone who knows it can
	// forge tokens.
	JWTSecret string `env:"JWT_SECRET"`

	// JWTAlg is HS256, which signs with the secret itself, or ES256 or RS256, which sign with key
	// pairs that are stored in the database and sealed with the secret.
	JWTAlg      string `env:"JWT_ALG" envDefault:"HS256"`
	JWTAudience string `env:"JWT_AUDIENCE" envDefault:"latchkey"`

	// AccessTokenTTL is the lifetime of an access token, and so the longest time for which another
	// service may still accept the token of a session that has ended.
	AccessTokenTTL time.Duration `env:"ACCESS_TOKEN_TTL" envDefault:"15m"`

	// RefreshTokenTTL is how long a session lasts without use, and SessionTTL its maximum lifetime.
	RefreshTokenTTL time.Duration `env:"REFRESH_TOKEN_TTL" envDefault:"720h"`
	SessionTTL      time.Duration `env:"SESSION_TTL" envDefault:"2160h"`

	// RefreshGrace is how long an unbound session accepts a refresh token that has been replaced,
	// because a response was lost or two tabs renewed at once.
	RefreshGrace time.Duration `env:"REFRESH_GRACE" envDefault:"10s"`

	// AppName is what people log in to.
	AppName string `env:"APP_NAME" envDefault:"Latchkey"`

	// AdminName and AdminPassword are the credentials of the first user. They are used and checked
	// only to create that user; see checkFirstUser.
	AdminName     string `env:"ADMIN_NAME" envDefault:"admin"`
	AdminPassword string `env:"ADMIN_PASSWORD"`

	// Signup is whether anyone may create an account: open or closed.
	Signup string `env:"SIGNUP" envDefault:"open"`

	// PasswordGrant is whether POST /token accepts passwords: on or off. OAuth 2.0 advises against it
	// (RFC 9700 2.4), but many existing clients need it.
	PasswordGrant string `env:"PASSWORD_GRANT" envDefault:"on"`

	// AllowedOrigins are the origins of browser apps elsewhere that may use bearer operations.
	AllowedOrigins []string `env:"ALLOWED_ORIGINS"`

	PasswordMinLength int `env:"PASSWORD_MIN_LENGTH" envDefault:"8"`

	// Argon2Memory (KiB) and Argon2Time (passes) are the cost of one password hash. The defaults are
	// the minimum that OWASP recommends.
	Argon2Memory uint32 `env:"ARGON2_MEMORY" envDefault:"19456"`
	Argon2Time   uint32 `env:"ARGON2_TIME" envDefault:"2"`

	// RateLimit is whether attempts at passwords and sign-ups are throttled: on or off.
	RateLimit string `env:"RATE_LIMIT" envDefault:"on"`

	// TrustedProxies are the networks or addresses of the proxies whose X-Forwarded headers count.
	TrustedProxies []string `env:"TRUSTED_PROXIES"`

	// DrainDelay is how long /readyz fails before the server stops listening, so that a load balancer
	// notices.
	DrainDelay time.Duration `env:"DRAIN_DELAY" envDefault:"0s"`

	LogFormat string `env:"LOG_FORMAT"`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info"`
}

// loadConfig reads the settings from environ, and from .env in the working directory where environ
// has none. An empty value counts as unset. If any setting is invalid, the error lists all of them,
// each with its remedy and none with its value.
func loadConfig(environ []string) (Config, error) {
	values, err := godotenv.Read()
	if errors.Is(err, fs.ErrNotExist) {
		values, err = map[string]string{}, nil
	}
	if err != nil { // which may quote a secret
		return Config{}, errors.New("cannot read .env: every line must be NAME=value or a # comment")
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
	config := Config{DrainDelay: -1} // a value that cannot be parsed is not stored, and 0 is valid
	err = env.ParseWithOptions(&config, env.Options{Environment: values})
	if found := config.problems(); len(found) > 0 { // a value that cannot be parsed leaves an invalid one
		return Config{}, append(found, config.firstUserProblems()...)
	}
	return config, err
}

// handlerOptions returns the options that follow from the settings and the address that was bound.
func (c *Config) handlerOptions(bound net.Addr) handlers.Options {
	tcp, isTCP := bound.(*net.TCPAddr)
	proxies, _ := parsePrefixes(c.TrustedProxies) // checked by loadConfig
	return handlers.Options{
		AppName: c.AppName, Version: version(), PublicURL: c.publicURL(bound), PublicURLSet: c.PublicURL != "",
		Loopback: isTCP && tcp.IP.IsLoopback(), TrustedProxies: proxies, AllowedOrigins: c.AllowedOrigins,
		Signup: c.Signup == "open", PasswordGrant: c.PasswordGrant == "on",
	}
}

// publicURL returns PUBLIC_URL or, if it is unset, the origin by which a browser on this machine
// reaches the address that was bound.
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
