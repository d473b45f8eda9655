package cmd

import (
	"os"
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

func TestInvalidSettingIsNamedWithItsRemedyAndWithoutItsValue(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, values := range map[string][]string{
		"ADDR":                {"8000", "localhost", "a:b:c"},
		"PUBLIC_URL":          {"login.example.org", "https://example.org/", "https://example.org/login", "ftp://example.org", "https://user:canary@example.org", "https://", "https://example.org?x"},
		"DATABASE_URL":        {"data/latchkey.db", "sqlite:", "mysql://canary@localhost/db"},
		"JWT_SECRET":          {"canary", strings.Repeat("c", 31), strings.Repeat("c", 32) + ",canary", strings.Repeat("c", 32) + ",", "," + strings.Repeat("c", 32), strings.Repeat("c", 32) + ", " + strings.Repeat("d", 32), strings.Repeat("c", 32) + " "},
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
