package cmd

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"latchkey/auth"
	"latchkey/models"
)

// Bounds of settings that no other package states.
const (
	minTTL          = time.Second
	maxRefreshGrace = time.Minute
	minArgon2Memory = 19456 // KiB
	minArgon2Time   = 2
	maxDrainDelay   = 5 * time.Minute
	maxAppName      = 64 // characters
)

// problems lists the invalid settings, each with its remedy.
type problems []string

func (p problems) Error() string {
	return "invalid settings, in the environment or in .env:\n  " + strings.Join(p, "\n  ")
}

// require adds a problem unless ok.
func (p *problems) require(ok bool, name, remedy string) {
	if !ok {
		*p = append(*p, name+": "+remedy)
	}
}

// problems checks all settings except those of the first user.
func (c *Config) problems() problems {
	var found problems
	_, _, err := net.SplitHostPort(c.Addr)
	found.require(err == nil, "ADDR", "use HOST:PORT, such as 127.0.0.1:8000, or :8000 for all addresses.")
	found.require(c.PublicURL == "" || isOrigin(c.PublicURL), "PUBLIC_URL",
		"use the origin that people open, such as https://login.example.org, without a path.")
	found.require(models.KnownURL(c.DatabaseURL), "DATABASE_URL", "use sqlite: and the path of a file, such as sqlite:data/latchkey.db.")
	found.require(!slices.ContainsFunc(c.AllowedOrigins, func(o string) bool { return !isOrigin(o) }), "ALLOWED_ORIGINS",
		"use origins such as https://app.example.org, without a path, separated by commas and no spaces.")
	found.require(validAppName(c.AppName), "APP_NAME", fmt.Sprintf("use a name such as Acme: at most %d visible characters, without spaces around them.", maxAppName))
	found.require(c.Signup == "open" || c.Signup == "closed", "SIGNUP", "use open or closed.")
	found.require(c.PasswordGrant == "on" || c.PasswordGrant == "off", "PASSWORD_GRANT", "use on or off.")
	found.require(c.RateLimit == "on" || c.RateLimit == "off", "RATE_LIMIT", "use on or off.")
	_, err = parsePrefixes(c.TrustedProxies)
	found.require(err == nil, "TRUSTED_PROXIES",
		"use networks or addresses of your own proxies, such as 10.0.0.0/8 or 127.0.0.1, separated by commas and no spaces. "+
			"A network that ends in /0 would trust everyone.")
	found.require(c.DrainDelay >= 0 && c.DrainDelay <= maxDrainDelay, "DRAIN_DELAY", "use a duration from 0s to 5m, such as 10s.")
	found.require(c.LogFormat == "" || c.LogFormat == "text" || c.LogFormat == "json", "LOG_FORMAT", "use text or json.")
	found.require(new(slog.Level).UnmarshalText([]byte(c.LogLevel)) == nil, "LOG_LEVEL", "use debug, info, warn or error.")
	return append(append(found, c.tokenProblems()...), c.passwordProblems()...)
}

// tokenProblems checks the settings of tokens and sessions.
func (c *Config) tokenProblems() problems {
	var found problems
	_, err := auth.ParseSecrets(c.JWTSecret)
	weak := errors.Is(err, auth.ErrWeakSecret)
	found.require(!weak, "JWT_SECRET", "use random characters, such as the output of openssl rand -base64 32; this one can be guessed.")
	found.require(err == nil || weak || c.JWTSecret == "", "JWT_SECRET", fmt.Sprintf(
		"use at least %d bytes, such as the output of openssl rand -base64 32. "+
			"Separate several secrets by commas and no spaces, newest first.", auth.MinSecretLength))
	found.require(slices.Contains([]string{auth.HS256, auth.ES256, auth.RS256}, c.JWTAlg), "JWT_ALG", "use HS256, ES256 or RS256.")
	found.require(c.AccessTokenTTL >= minTTL, "ACCESS_TOKEN_TTL", "use a duration of at least 1s, such as 15m.")
	found.require(c.RefreshTokenTTL >= minTTL, "REFRESH_TOKEN_TTL", "use a duration of at least 1s, such as 720h.")
	found.require(c.SessionTTL >= minTTL, "SESSION_TTL", "use a duration of at least 1s, such as 2160h.")
	found.require(c.RefreshGrace >= minTTL && c.RefreshGrace <= maxRefreshGrace, "REFRESH_GRACE",
		"use a duration from 1s to 60s, such as 10s.")
	return found
}

// passwordProblems checks the password policy and the cost of a hash.
func (c *Config) passwordProblems() problems {
	var found problems
	found.require(c.PasswordMinLength >= auth.MinPasswordLength && c.PasswordMinLength <= auth.MaxPasswordLength,
		"PASSWORD_MIN_LENGTH", fmt.Sprintf("use a number from %d to %d.", auth.MinPasswordLength, auth.MaxPasswordLength))
	found.require(c.Argon2Memory >= minArgon2Memory && c.Argon2Memory <= auth.MaxMemory,
		"ARGON2_MEMORY", fmt.Sprintf("use a number of KiB from %d to %d.", minArgon2Memory, auth.MaxMemory))
	found.require(c.Argon2Time >= minArgon2Time && c.Argon2Time <= auth.MaxTime,
		"ARGON2_TIME", fmt.Sprintf("use a number from %d to %d.", minArgon2Time, auth.MaxTime))
	return found
}

// checkFirstUser returns an error unless the first user can be created from the settings. It is
// apart from the other checks because these settings mean nothing once there is a user.
func (c *Config) checkFirstUser() error {
	if found := c.firstUserProblems(); len(found) > 0 {
		return found
	}
	return nil
}

func (c *Config) firstUserProblems() problems {
	const scope = " This setting is used only to create the first user."
	var found problems
	found.require(models.ValidUsername(c.AdminName), "ADMIN_NAME", "use 3 to 64 characters: the letters a to z, digits and . _ - @ +."+scope)
	if err := c.passwordPolicy().Check(c.AdminName, firstRoles(), c.AdminPassword); err != nil && c.AdminPassword != "" {
		found.require(false, "ADMIN_PASSWORD", err.Error()+scope)
	}
	return found
}

// passwordPolicy returns the rules for new passwords. Everybody knows the names of the app, of this
// program and of the role that rules it.
func (c *Config) passwordPolicy() auth.PasswordPolicy {
	return auth.PasswordPolicy{MinLength: c.PasswordMinLength, Names: []string{c.AppName, "Latchkey", models.RoleAdmin}}
}

// validAppName reports whether the pages can show the name. Invisible characters could turn the
// text around it; two of them join or part letters, as some languages and emoji need.
func validAppName(name string) bool {
	invisible := func(r rune) bool { return !unicode.IsGraphic(r) && r != '\u200c' && r != '\u200d' }
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= maxAppName && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, invisible) && strings.ContainsFunc(name, unicode.IsGraphic)
}

// parsePrefixes parses networks such as 10.0.0.0/8. An address without a length is one host. It
// fails on a length of 0, which would be every address.
func parsePrefixes(texts []string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if !strings.Contains(text, "/") {
			var address netip.Addr
			address, err = netip.ParseAddr(text)
			prefix = netip.PrefixFrom(address.Unmap().WithZone(""), address.Unmap().BitLen())
		}
		if err != nil || prefix.Bits() == 0 || prefix.Addr().Is4In6() {
			return nil, errors.New("not a network or an address")
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, nil
}

// isOrigin reports whether text is a scheme, a host and perhaps a port, exactly as a browser writes
// an origin (RFC 6454 6.2).
func isOrigin(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || text != u.Scheme+"://"+u.Host {
		return false
	}
	isDefaultPort := u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] || strings.HasSuffix(u.Host, ":")
	return u.Hostname() != "" && !isDefaultPort && text == strings.ToLower(text) && !strings.ContainsAny(text, "*?")
}
