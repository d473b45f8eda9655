package cmd

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestZeroSettingsAreEnough(t *testing.T) {
	t.Chdir(t.TempDir())
	config, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	if config.Addr != "127.0.0.1:8000" || config.DatabaseURL != "sqlite:data/latchkey.db" || config.AccessTokenTTL != 15*time.Minute {
		t.Errorf("the defaults are %+v", config)
	}
}

func TestTheEnvironmentWinsOverDotEnv(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".env", "ADDR=127.0.0.1:1111\nJWT_AUDIENCE=file\nADMIN_NAME=file\n")
	config, err := loadConfig([]string{"ADDR=127.0.0.1:2222", "ADMIN_NAME="})
	if err != nil {
		t.Fatal(err)
	}
	if config.Addr != "127.0.0.1:2222" || config.JWTAudience != "file" {
		t.Errorf("ADDR %s, JWT_AUDIENCE %s", config.Addr, config.JWTAudience)
	}
	if config.AdminName != "admin" {
		t.Errorf("an empty variable is the default, not %q", config.AdminName)
	}
	if os.Getenv("JWT_AUDIENCE") != "" {
		t.Error(".env leaked into the environment")
	}
}

func TestEveryWrongSettingIsToldWithItsCureAndWithoutItsValue(t *testing.T) {
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
		"REFRESH_GRACE":       {"0s", "60"},
		"ADMIN_NAME":          {"ab", "a b", "<canary>"},
		"ADMIN_PASSWORD":      {"canary", "my admin is me", strings.Repeat("x", 257)},
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
			if !strings.Contains(message, name+": ") || strings.Count(message, "\n") != 1 {
				t.Errorf("%s=%s: %s", name, value, message)
			}
			if strings.Contains(message, "canary") {
				t.Errorf("%s: the message repeats the value: %s", name, message)
			}
		}
	}
}

func TestAllProblemsComeInOneMessage(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := loadConfig([]string{"ADDR=x", "JWT_SECRET=short", "ARGON2_TIME=x", "LOG_LEVEL=x"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, name := range []string{"ADDR", "JWT_SECRET", "ARGON2_TIME", "LOG_LEVEL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in: %s", name, err)
		}
	}
}

func TestABrokenDotEnvIsToldWithoutItsContent(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, ".env", "JWT_SECRET='canary\nnothing closes it")
	_, err := loadConfig(nil)
	if err == nil || strings.Contains(err.Error(), "canary") || !strings.Contains(err.Error(), ".env") {
		t.Errorf("error is %v", err)
	}
}

// TestDocumentsNameEverySetting holds .env and README.md to Config.
func TestDocumentsNameEverySetting(t *testing.T) {
	settings := map[string]string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		settings[field.Tag.Get("env")] = field.Tag.Get("envDefault")
	}
	documented := map[string]map[string]string{".env": {}, "README.md": {}}
	for _, match := range regexp.MustCompile(`(?m)^#([A-Z0-9_]+)=(.*)$`).FindAllStringSubmatch(read(t, ".env"), -1) {
		documented[".env"][match[1]] = match[2]
	}
	for _, match := range regexp.MustCompile("(?m)^\\| `([A-Z0-9_]+)` \\| (?:`([^`]*)`)?").FindAllStringSubmatch(read(t, "README.md"), -1) {
		documented["README.md"][match[1]] = match[2]
	}
	for file, names := range documented {
		if !reflect.DeepEqual(names, settings) {
			t.Errorf("%s documents\n%v\nConfig has\n%v", file, names, settings)
		}
	}
	for _, line := range strings.Split(read(t, ".env"), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			t.Errorf(".env sets something: %s", line)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
