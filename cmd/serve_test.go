package cmd

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the tests start this very program: the test binary runs main
// when it is told to.
func TestMain(m *testing.M) {
	if os.Getenv("LATCHKEY_TEST_RUN") == "1" {
		Main()
		os.Exit(0)
	}
	code := m.Run()
	closeBrowser()
	os.Exit(code)
}

func TestTheFirstStartMakesAllThatIsNeeded(t *testing.T) {
	folder := t.TempDir()
	p := start(t, folder)
	password := strings.TrimSpace(read(t, filepath.Join(folder, "data", "admin-password")))
	status, token := login(t, p.url, "admin", password)
	if status != 200 || who(t, p.url, token) != 200 {
		t.Errorf("the first user cannot log in: %d", status)
	}
	var files []string
	must(t, filepath.WalkDir(filepath.Join(folder, "data"), func(path string, entry fs.DirEntry, err error) error {
		must(t, err)
		info, err := entry.Info()
		must(t, err)
		if want := fs.FileMode(0o600); !entry.IsDir() && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		if entry.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		files = append(files, entry.Name())
		return nil
	}))
	if want := []string{"data", "admin-password", "jwt-secret", "latchkey.db", "latchkey.db-shm", "latchkey.db-wal"}; !slices.Equal(files, want) {
		t.Errorf("the files are %v, want %v", files, want)
	}
	log := p.stop(t)
	secret := read(t, filepath.Join(folder, "data", "jwt-secret"))
	if strings.Contains(log, password) || strings.Contains(log, secret) {
		t.Error("the log holds a secret")
	}
	if !strings.Contains(log, `"name":"admin"`) || !strings.Contains(log, "data/admin-password") {
		t.Errorf("the log does not say who the first user is:\n%s", log)
	}

	again := start(t, folder) // makes nobody and nothing new
	if log := again.stop(t); strings.Contains(log, "first user") {
		t.Errorf("the restart made a user:\n%s", log)
	}
	if read(t, filepath.Join(folder, "data", "jwt-secret")) != secret {
		t.Error("the restart made a secret")
	}
}

func TestARestartOnTheSameAddressLogsNobodyOut(t *testing.T) {
	folder := t.TempDir()
	settings := []string{"PUBLIC_URL=http://localhost:8000", "ADMIN_PASSWORD=correct horse battery"}
	p := start(t, folder, settings...)
	_, token := login(t, p.url, "admin", "correct horse battery")
	p.stop(t)
	p = start(t, folder, settings...)
	if status := who(t, p.url, token); status != 200 {
		t.Errorf("status %d", status)
	}
	if log := p.stop(t); strings.Contains(log, "correct horse") {
		t.Error("the log holds ADMIN_PASSWORD")
	}
	if _, err := os.Stat(filepath.Join(folder, "data", "admin-password")); err == nil {
		t.Error("ADMIN_PASSWORD was written to a file")
	}
}

func TestAWrongStartIsRefusedInOneMessage(t *testing.T) {
	secretOf := func(mode fs.FileMode, text string) func(*testing.T, string) {
		return func(t *testing.T, folder string) {
			must(t, os.Mkdir(filepath.Join(folder, "data"), 0o700))
			path := filepath.Join(folder, "data", "jwt-secret")
			must(t, os.WriteFile(path, []byte(text), 0o600))
			must(t, os.Chmod(path, mode))
		}
	}
	long := strings.Repeat("s", 40)
	for _, row := range []struct {
		name     string
		prepare  func(*testing.T, string)
		settings []string
		want     string
	}{
		{"short secret", nil, []string{"JWT_SECRET=0123456789012345678901234567890"}, "JWT_SECRET: "},
		{"short secret in the file", secretOf(0o600, "short"), nil, "fewer than 32 bytes"},
		{"secret file with a line end", secretOf(0o600, long+"\n"), nil, "white space"},
		{"empty secret file", secretOf(0o600, ""), nil, "no secret"},
		{"secret that all can read", secretOf(0o644, long), nil, "chmod 600"},
		{"secret that the group can read", secretOf(0o640, long), nil, "chmod 600"},
		{"secret that is a folder", func(t *testing.T, folder string) {
			must(t, os.MkdirAll(filepath.Join(folder, "data", "jwt-secret"), 0o700))
		}, nil, "secret file"},
		{"secret that is a broken link", func(t *testing.T, folder string) {
			must(t, os.Mkdir(filepath.Join(folder, "data"), 0o700))
			must(t, os.Symlink("/nowhere/at/all", filepath.Join(folder, "data", "jwt-secret")))
		}, nil, "cannot be read"},
		{"data is a file", func(t *testing.T, folder string) { write(t, filepath.Join(folder, "data"), "mine") }, nil, "data"},
		{"address in nobody's network", nil, []string{"ADDR=203.0.113.1:8000"}, "ADDR cannot be used"},
		{"port beyond all ports", nil, []string{"ADDR=127.0.0.1:99999"}, "ADDR cannot be used"},
		{"no database", func(t *testing.T, folder string) { write(t, filepath.Join(folder, "diary.txt"), long) },
			[]string{"DATABASE_URL=sqlite:diary.txt"}, "not a SQLite database"},
		{"newer database", func(t *testing.T, folder string) { newerDatabase(t, filepath.Join(folder, "new.db")) },
			[]string{"DATABASE_URL=sqlite:new.db"}, "newer version"},
	} {
		t.Run(row.name, func(t *testing.T) {
			folder := t.TempDir()
			if row.prepare != nil {
				row.prepare(t, folder)
			}
			before := snapshot(t, folder)
			message := failStart(t, folder, row.want, row.settings...)
			if strings.Contains(message, long) {
				t.Errorf("the message holds the secret: %s", message)
			}
			for path, text := range before {
				if snapshot(t, folder)[path] != text {
					t.Errorf("%s was changed", path)
				}
			}
		})
	}
}

// newerDatabase makes a database that has a step this program does not know.
func newerDatabase(t *testing.T, path string) {
	t.Helper()
	start(t, t.TempDir(), "DATABASE_URL=sqlite:"+path).stop(t)
	db, err := sql.Open("sqlite3", "file:"+path)
	must(t, err)
	defer db.Close()
	_, err = db.Exec("INSERT INTO migrations VALUES ('9999-from-the-future')")
	must(t, err)
}

func TestAnAddressInUseIsToldBeforeAnythingIsMade(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	folder := t.TempDir()
	failStart(t, folder, "ADDR cannot be used", "ADDR="+taken.Addr().String())
	if files := snapshot(t, folder); len(files) > 0 {
		t.Errorf("it made %v", files)
	}
}

func TestTwoProcessesStartedAtOnceMakeOneUserAndOneSecret(t *testing.T) {
	folder := t.TempDir()
	first := launch(t, folder, "PUBLIC_URL=http://localhost:8000")
	second := launch(t, folder, "PUBLIC_URL=http://localhost:8000")
	first.ready(t)
	second.ready(t)
	password := strings.TrimSpace(read(t, filepath.Join(folder, "data", "admin-password")))
	status, token := login(t, first.url, "admin", password)
	if status != 200 {
		t.Fatalf("the password in the file is not the first user's: %d", status)
	}
	if status := who(t, second.url, token); status != 200 {
		t.Errorf("the other process refuses the token: %d", status)
	}
	if n := strings.Count(first.stop(t)+second.stop(t), "made the first user"); n != 1 {
		t.Errorf("%d processes made the first user", n)
	}
}

// TestRunningRequestsAreAnsweredBeforeTheEnd stops the server while it reads
// a login: its "100 Continue" tells that it does.
func TestRunningRequestsAreAnsweredBeforeTheEnd(t *testing.T) {
	p := start(t, t.TempDir(), "ADMIN_PASSWORD=correct horse battery")
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	must(t, err)
	defer conn.Close()
	body := `{"name":"admin","password":"correct horse battery"}`
	_, err = fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	must(t, err)
	reader := bufio.NewReader(conn)
	if line, _ := reader.ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server says %q", line)
	}
	must(t, p.Process.Signal(syscall.SIGTERM))
	p.waitFor(t, "stopping")
	_, err = io.WriteString(conn, body)
	must(t, err)
	_, err = reader.Discard(len("\r\n"))
	must(t, err)
	response, err := http.ReadResponse(reader, nil)
	must(t, err)
	defer response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("status %d", response.StatusCode)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
}

func TestSlowAndOversizedHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir(), "ADMIN_PASSWORD=correct horse battery")
	request, err := http.NewRequest("GET", p.url+"/healthz", nil)
	must(t, err)
	request.Header.Set("X-Large", strings.Repeat("x", 100<<10))
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", response.StatusCode)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
	must(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	must(t, err)
	must(t, conn.SetReadDeadline(time.Now().Add(30*time.Second)))
	if _, err := io.ReadAll(conn); err != nil { // the server ends it, well before this test does
		t.Errorf("a client that never ends its header holds a connection: %v", err)
	}
}

func TestTheCommandLine(t *testing.T) {
	for _, row := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"version"}, 0, "latchkey "},
		{[]string{"help"}, 0, "usage:"},
		{[]string{"--help"}, 0, "usage:"},
		{[]string{"frobnicate"}, 2, "usage:"},
		{[]string{"serve", "now"}, 2, "usage:"},
		{[]string{"--addr=:8000"}, 2, "usage:"},
	} {
		out, err := command(t, t.TempDir(), row.args).CombinedOutput()
		exit := 0
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			exit = failed.ExitCode()
		}
		if exit != row.exit || !strings.Contains(string(out), row.want) {
			t.Errorf("%v: exit code %d:\n%s", row.args, exit, out)
		}
	}
}

// TestAMadePasswordObeysTheRules: also those that ask for more than usual.
func TestAMadePasswordObeysTheRules(t *testing.T) {
	folder := t.TempDir()
	p := start(t, folder, "PASSWORD_MIN_LENGTH=60", "ADMIN_NAME=abc")
	password := strings.TrimSpace(read(t, filepath.Join(folder, "data", "admin-password")))
	if status, _ := login(t, p.url, "abc", password); status != 200 || len(password) < 60 {
		t.Errorf("status %d with %d characters", status, len(password))
	}
}

// TestSessionsSurviveAKillInTheMiddleOfARefresh kills the server under
// refreshes that come one after the other, and goes on with the last token
// whose answer arrived.
func TestSessionsSurviveAKillInTheMiddleOfARefresh(t *testing.T) {
	folder := t.TempDir()
	settings := []string{"ADMIN_PASSWORD=correct horse battery", "PUBLIC_URL=http://localhost:8000"}
	p := start(t, folder, settings...)
	response, err := http.PostForm(p.url+"/token", url.Values{"username": {"admin"}, "password": {"correct horse battery"}})
	must(t, err)
	token, err := refreshTokenOf(t, response)
	must(t, err)
	for round := range 5 {
		time.AfterFunc(time.Duration(50+20*round)*time.Millisecond, func() { p.Process.Kill() })
		for {
			response, err := http.PostForm(p.url+"/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
			var next string
			if err == nil {
				next, err = refreshTokenOf(t, response)
			}
			if err != nil {
				break // it is dead, perhaps before it could answer what it had done
			}
			token = next
		}
		p.Wait()
		p = start(t, folder, settings...)
	}
}

// refreshTokenOf reads an answer of /token. It fails when the answer was cut.
func refreshTokenOf(t *testing.T, response *http.Response) (string, error) {
	t.Helper()
	defer response.Body.Close()
	if response.StatusCode != 200 {
		t.Fatalf("status %d: the session did not survive", response.StatusCode)
	}
	var answer struct {
		Refresh string `json:"refresh_token"`
	}
	err := json.NewDecoder(response.Body).Decode(&answer)
	return answer.Refresh, err
}
