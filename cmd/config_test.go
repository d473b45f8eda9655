package cmd

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

func writeDotEnv(t *testing.T, text string) {
	t.Helper()
	authtest.Must(t, os.WriteFile(".env", []byte(text), 0o600))
}

func TestNoSettingIsRequired(t *testing.T) {
	t.Chdir(t.TempDir())
	config, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if config.Addr != "127.0.0.1:8000" || config.DatabaseURL != "sqlite:data/latchkey.db" || config.AccessTokenTTL != 15*time.Minute {
		t.Errorf("the settings are %+v", config)
	}
}

func TestEnvironmentWinsOverDotEnv(t *testing.T) {
	t.Chdir(t.TempDir())
	writeDotEnv(t, "ADDR=127.0.0.1:1111\nJWT_AUDIENCE=file\nADMIN_NAME=file\n")
	config, err := loadConfig([]string{"ADDR=127.0.0.1:2222", "ADMIN_NAME="})
	if err != nil {
		t.Fatal(err)
	}
	if config.Addr != "127.0.0.1:2222" || config.JWTAudience != "file" {
		t.Errorf("ADDR %s, JWT_AUDIENCE %s", config.Addr, config.JWTAudience)
	}
	if config.AdminName != "admin" {
		t.Errorf("an empty variable means %q, want the default", config.AdminName)
	}
	if os.Getenv("JWT_AUDIENCE") != "" {
		t.Error(".env was loaded into the environment")
	}
}

// longSecret is a valid secret.
const longSecret = "a secret with a canary that is long enough"

func TestInvalidSettingIsNamedWithItsRemedyAndWithoutItsValue(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, values := range map[string][]string{
		"ADDR":                {"8000", "localhost", "a:b:c"},
		"PUBLIC_URL":          {"login.example.org", "https://example.org/", "https://example.org/login", "ftp://example.org", "https://user:canary@example.org", "https://", "https://example.org?x"},
		"DATABASE_URL":        {"data/latchkey.db", "sqlite:", "mysql://canary@localhost/db"},
		"JWT_SECRET":          {"canary", strings.Repeat("c", 31), longSecret + ",canary", longSecret + ",", "," + longSecret, longSecret + ", " + longSecret, longSecret + " ", strings.Repeat("c", 32)},
		"JWT_ALG":             {"none", "es256", "HS512", "PS256", "canary"},
		"ACCESS_TOKEN_TTL":    {"0s", "999ms", "-15m", "15", "canary"},
		"REFRESH_TOKEN_TTL":   {"0s", "30d", "canary"},
		"SESSION_TTL":         {"-1h", "canary"},
		"REFRESH_GRACE":       {"0s", "999ms", "61s", "60"},
		"SIGNUP":              {"yes", "OPEN"},
		"PASSWORD_GRANT":      {"true", "0"},
		"ALLOWED_ORIGINS":     {"*", "canary", "https://a.example,canary", "https://a.example/", "https://a.example, https://b.example", "null", "https://*", "https://*.example", "https://A.example", "https://a.example:443", "http://a.example:80", "https://:8443", "https://a.example:"},
		"PASSWORD_MIN_LENGTH": {"7", "0", "-1", "257", "eight"},
		"ARGON2_MEMORY":       {"19455", "262145", "64MB", "-1"},
		"ARGON2_TIME":         {"1", "11", "two"},
		"RATE_LIMIT":          {"yes", "OFF"},
		"TRUSTED_PROXIES":     {"canary", "0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0.0/8, 127.0.0.1", "10.0.0.0/8,", "localhost", "10.0.0.1:80", "10.0.0.0/0.0.0.255", "::ffff:10.0.0.0/104", "[::1]", "*"},
		"DRAIN_DELAY":         {"-1s", "5m1s", "10", "canary"},
		"LOG_FORMAT":          {"xml", "JSON"},
		"LOG_LEVEL":           {"loud", "canary"},
	} {
		for _, value := range values {
			_, err := loadConfig([]string{name + "=" + value})
			if err == nil {
				t.Errorf("%s=%s was accepted", name, value)
				continue
			}
			message := err.Error()
			if !strings.HasPrefix(message, "invalid settings") || !strings.Contains(message, name+": ") || strings.Count(message, "\n") != 1 {
				t.Errorf("%s=%s: %s", name, value, message)
			}
			if strings.Contains(message, "canary") {
				t.Errorf("%s: the message repeats the value: %s", name, message)
			}
		}
	}
}

func TestGuessableSecretHasARemedyOfItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := loadConfig([]string{"JWT_SECRET=" + strings.Repeat("a", 32)})
	if err == nil || !strings.Contains(err.Error(), "can be guessed") || strings.Contains(err.Error(), "at least 32 bytes") {
		t.Errorf("the error is %v", err)
	}
}

func TestTrustedProxiesAreNetworksAndAddresses(t *testing.T) {
	t.Chdir(t.TempDir())
	config, err := loadConfig([]string{"TRUSTED_PROXIES=10.1.2.3/8,127.0.0.1,::1,2001:db8::/32,::ffff:192.0.2.1,fe80::1%eth0"})
	authtest.Must(t, err)
	got := config.handlerOptions(&net.TCPAddr{}).TrustedProxies
	for address, want := range map[string]bool{
		"10.9.9.9": true, "127.0.0.1": true, "::1": true, "2001:db8:1::1": true, "192.0.2.1": true, "fe80::1": true,
		"11.0.0.1": false, "127.0.0.2": false, "::2": false, "2001:db9::1": false, "192.0.2.2": false,
	} {
		contains := func(p netip.Prefix) bool { return p.Contains(netip.MustParseAddr(address)) }
		if slices.ContainsFunc(got, contains) != want {
			t.Errorf("%s is trusted: %v", address, !want)
		}
	}
}

func TestHandlerKnowsWhetherItListensOnLoopbackAndWhetherThePublicURLWasChosen(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false} {
		bound := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))
		if got := new(Config).handlerOptions(bound).Loopback; got != want {
			t.Errorf("%s is loopback: %v", address, got)
		}
	}
	config := Config{PublicURL: "https://login.example.org"}
	if !config.handlerOptions(&net.TCPAddr{}).PublicURLSet || new(Config).handlerOptions(&net.TCPAddr{}).PublicURLSet {
		t.Error("PublicURLSet does not follow PUBLIC_URL")
	}
}

// TestFirstUserIsCheckedOnItsOwn: these settings mean nothing once there is a user, so loadConfig
// alone must not refuse them.
func TestFirstUserIsCheckedOnItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, values := range map[string][]string{
		"ADMIN_NAME":     {"ab", "a b", "<canary>"},
		"ADMIN_PASSWORD": {"canary", "my admin is me", strings.Repeat("x", 257)},
	} {
		for _, value := range values {
			config, err := loadConfig([]string{name + "=" + value})
			if err != nil {
				t.Errorf("%s=%s: %v", name, value, err)
			}
			err = config.checkFirstUser()
			if err == nil || !strings.Contains(err.Error(), name+": ") || strings.Contains(err.Error(), "canary") {
				t.Errorf("%s=%s: the first user's error is %v", name, value, err)
			}
		}
	}
	if err := new(Config{AdminName: "admin"}).checkFirstUser(); err != nil {
		t.Errorf("a first user without a password: %v, want none since one is generated", err)
	}
}

func TestOneMessageNamesAllInvalidSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := loadConfig([]string{"ADDR=x", "JWT_SECRET=short", "ADMIN_PASSWORD=short", "ARGON2_TIME=x", "LOG_LEVEL=x"})
	if err == nil {
		t.Fatal("invalid settings were accepted")
	}
	for _, name := range []string{"ADDR", "JWT_SECRET", "ADMIN_PASSWORD", "ARGON2_TIME", "LOG_LEVEL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in: %s", name, err)
		}
	}
}

func TestUnreadableDotEnvIsReportedWithoutItsContent(t *testing.T) {
	t.Chdir(t.TempDir())
	writeDotEnv(t, "JWT_SECRET='canary\nnothing closes it")
	_, err := loadConfig(nil)
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), ".env") {
		t.Errorf("the error is %v", err)
	}
}

func TestPasswordMadeOfNamesThatEverybodyKnowsIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	for password, allowed := range map[string]bool{
		"Acme2026!": false, "cloudware-acme": false, "latchkey1": false, "admin12345": false, "acme otter kite": true,
	} {
		config, err := loadConfig([]string{"APP_NAME=Acme Cloudware", "ADMIN_NAME=zoe", "ADMIN_PASSWORD=" + password})
		authtest.Must(t, err)
		if err := config.checkFirstUser(); (err == nil) != allowed {
			t.Errorf("%s: the error is %v", password, err)
		}
	}
}

func TestGeneratedPasswordObeysTheRules(t *testing.T) {
	t.Parallel()
	for _, length := range []int{0, 8, 26, 27, 255, 256} {
		config := Config{AppName: "Abc", AdminName: "xyz", PasswordMinLength: length}
		password := generatePassword(config)
		if err := config.passwordPolicy().Check(config.AdminName, firstRoles(), password); err != nil || len(password) < 26 {
			t.Errorf("minimum %d: %s: %v", length, password, err)
		}
	}
}

func TestAppNameIsOneThatThePagesCanShow(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"Acme": true, "Ärzte & Söhne": true, "<b>": true, "نام\u200cها": true, "👩\u200d🚀": true, strings.Repeat("é", 64): true,
		strings.Repeat("é", 65): false, " Acme": false, "Acme\t": false, "a\u202eevil": false, "\u200b": false, "\u200d": false, "\xff": false,
	} {
		if validAppName(name) != valid {
			t.Errorf("validAppName(%q) = %v", name, !valid)
		}
	}
}
