package cmd_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// linkIn returns the set-password link that a command printed.
func linkIn(t *testing.T, output string) (origin, token string) {
	t.Helper()
	for line := range strings.Lines(output) {
		if origin, token, found := strings.Cut(strings.TrimSpace(line), "/set-password#"); found {
			return origin, token
		}
	}
	t.Fatalf("there is no link in %q", output)
	return "", ""
}

// setPassword uses a set-password link and returns the status.
func setPassword(t *testing.T, p *cmdtest.Program, token, password string) int {
	t.Helper()
	body, err := json.Marshal(map[string]string{"token": token, "new_password": password})
	authtest.Must(t, err)
	r, err := http.Post(p.URL+"/set-password", "application/json", bytes.NewReader(body))
	authtest.Must(t, err)
	authtest.Must(t, r.Body.Close())
	return r.StatusCode
}

// TestLinkOfTheCommandLineSetsAPassword gives the commands no input, so that one which asks for a
// password fails.
func TestLinkOfTheCommandLineSetsAPassword(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder)
	settings := []string{"ADDR="} // the default, instead of any port
	added := cmdtest.Command{Folder: folder, Settings: settings, Args: []string{"user", "add", "jonas", "--link", "--role", "editor"}}.Run(t)
	origin, first := linkIn(t, added.Stdout)
	if origin != "http://127.0.0.1:8000" || added.Exit != 0 {
		t.Errorf("exit code %d, the origin is %s", added.Exit, origin)
	}
	if status, _ := p.Login("jonas", ""); status != 401 {
		t.Errorf("POST /login before the link was used: status %d", status)
	}
	if status := setPassword(t, p, first, "some other words"); status != 204 {
		t.Errorf("POST /set-password: status %d", status)
	}
	if status, _ := p.Login("jonas", "some other words"); status != 200 {
		t.Errorf("POST /login with the new password: status %d", status)
	}
	again := cmdtest.Command{Folder: folder, Settings: settings, Args: []string{"user", "link", "JONAS"}}.Run(t)
	_, second := linkIn(t, again.Stdout)
	wantDone(t, folder, "yet other words", "new password", "user", "password", "jonas")
	for _, token := range []string{first, second} {
		if status := setPassword(t, p, token, "third new words"); status != 422 {
			t.Errorf("POST /set-password with a void link: status %d", status)
		}
	}
	if log := p.Stop(); strings.Contains(log, first) || strings.Contains(log, second) {
		t.Error("the log contains a link")
	}
}

func TestLinkInJSON(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	for _, args := range [][]string{{"user", "add", "jonas", "--link", "--json"}, {"user", "link", "--json", "jonas"}} {
		settings := []string{"PUBLIC_URL=https://login.example.org"}
		r := cmdtest.Command{Folder: folder, Args: args, Settings: settings}.Run(t)
		var row struct {
			Username string
			Link     struct {
				URL       string
				ExpiresAt time.Time `json:"expires_at"`
			}
		}
		err := json.Unmarshal([]byte(r.Stdout), &row)
		if err != nil || row.Username != "jonas" || !strings.HasPrefix(row.Link.URL, "https://login.example.org/set-password#") || row.Link.ExpiresAt.IsZero() {
			t.Errorf("%v: %v: %s%s", args, err, r.Stdout, r.Stderr)
		}
	}
}

func TestLinkHasTheOriginThatServeWouldUse(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	for setting, want := range map[string]string{
		"ADDR=:8080": "http://localhost:8080", "ADDR=0.0.0.0:80": "http://localhost:80", "ADDR=[::1]:8000": "http://[::1]:8000",
		"ADDR=localhost:8000": "http://127.0.0.1:8000", "PUBLIC_URL=https://login.example.org": "https://login.example.org",
	} {
		r := cmdtest.Command{Folder: folder, Args: []string{"user", "link", "admin"}, Settings: []string{setting}}.Run(t)
		if origin, _ := linkIn(t, r.Stdout); origin != want {
			t.Errorf("%s: the origin is %s, want %s", setting, origin, want)
		}
	}
	r := cmdtest.Command{Folder: folder, Args: []string{"user", "link", "admin"}, Settings: []string{"ADDR=127.0.0.1:0"}}.Run(t)
	if r.Exit != 1 || !strings.Contains(r.Stderr, "PUBLIC_URL") {
		t.Errorf("any port: exit code %d: %s", r.Exit, r.Stderr)
	}
}

// A command that made a secret of its own would print links that the server refuses.
func TestLinkNeedsTheSecretOfTheServer(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder, "JWT_SECRET=another secret that is long enough").Stop()
	before := readFolder(t, folder)
	for _, args := range [][]string{{"user", "link", "admin"}, {"user", "add", "jonas", "--link"}} {
		wantFailure(t, folder, "", "reading the secret file", args...)
	}
	for path := range readFolder(t, folder) {
		if _, existed := before[path]; !existed && !strings.Contains(path, "latchkey.db") {
			t.Errorf("the commands created %s", path)
		}
	}
	wantFailure(t, folder, "", "user not found", "user", "disable", "jonas") // nobody was added
}
