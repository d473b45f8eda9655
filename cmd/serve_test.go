package cmd_test

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

func TestFirstStartCreatesPrivateFilesAndNoOthers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder)
	var names []string
	authtest.Must(t, filepath.WalkDir(filepath.Join(folder, "data"), func(path string, entry fs.DirEntry, err error) error {
		authtest.Must(t, err)
		names = append(names, entry.Name())
		info, err := entry.Info()
		authtest.Must(t, err)
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		return nil
	}))
	if want := []string{"data", "admin-password", "jwt-secret", "latchkey.db", "latchkey.db-shm", "latchkey.db-wal"}; !slices.Equal(names, want) {
		t.Errorf("the files are %v, want %v", names, want)
	}
	secret := cmdtest.ReadFile(t, filepath.Join(folder, "data", "jwt-secret"))
	if strings.Contains(p.Stop(), secret) {
		t.Error("the log contains the secret")
	}
	cmdtest.Start(t, folder).Stop()
	if cmdtest.ReadFile(t, filepath.Join(folder, "data", "jwt-secret")) != secret {
		t.Error("the second start replaced the secret")
	}
}

func TestRestartLogsNobodyOut(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	settings := []string{"PUBLIC_URL=http://localhost:8000", "ADMIN_PASSWORD=" + adminPassword}
	p := cmdtest.Start(t, folder, settings...)
	_, token := p.Login("admin", adminPassword)
	p.Stop()
	p = cmdtest.Start(t, folder, settings...)
	if status := p.Who(token); status != 200 {
		t.Errorf("GET /user with a token from before the restart: status %d", status)
	}
}

func TestInvalidSettingsStopTheStartBeforeAnythingIsCreated(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	wantNoStart(t, folder, "invalid settings", "JWT_SECRET="+strings.Repeat("s", 31))
	if files := readFolder(t, folder); len(files) > 0 {
		t.Errorf("it created %v", files)
	}
}

// obstacle is a file that must stop the start.
type obstacle struct {
	name    string
	prepare func(t *testing.T, folder string)
	setting string
	want    string // a part of the message
}

// privateText is text that no message may contain, and a valid secret.
const privateText = "a secret of forty characters............"

// wantNoStartWith starts a server in a folder with each obstacle, which must stay as it was.
func wantNoStartWith(t *testing.T, obstacles []obstacle) {
	t.Helper()
	for _, row := range obstacles {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			row.prepare(t, folder)
			before := readFolder(t, folder)
			message := wantNoStart(t, folder, row.want, row.setting)
			if strings.Contains(message, privateText) {
				t.Errorf("the message contains the secret: %s", message)
			}
			after := readFolder(t, folder)
			for path, text := range before {
				if after[path] != text {
					t.Errorf("%s was changed", path)
				}
			}
			if strings.HasPrefix(row.name, "secret") && len(after) != len(before) {
				t.Errorf("the start created files: %d, were %d", len(after), len(before))
			}
		})
	}
}

func TestUnusableFilesStopTheStartAndStayUnchanged(t *testing.T) {
	t.Parallel()
	wantNoStartWith(t, []obstacle{
		{"data that is a file", func(t *testing.T, folder string) {
			writeFile(t, filepath.Join(folder, "data"), "mine")
		}, "", "data"},
		{"database that is a broken link", func(t *testing.T, folder string) {
			authtest.Must(t, os.Symlink("elsewhere.db", filepath.Join(folder, "link.db")))
		}, "DATABASE_URL=sqlite:link.db", "link to a file that does not exist; restore"},
		{"database that is a text file", func(t *testing.T, folder string) {
			writeFile(t, filepath.Join(folder, "diary.txt"), privateText)
		}, "DATABASE_URL=sqlite:diary.txt", "not a SQLite database"},
		{"database of a newer version", func(t *testing.T, folder string) {
			createNewerDatabase(t, filepath.Join(folder, "new.db"))
		}, "DATABASE_URL=sqlite:new.db", "another version"},
	})
}

// createNewerDatabase creates a database with a migration that this version does not know.
func createNewerDatabase(t *testing.T, path string) {
	t.Helper()
	cmdtest.Start(t, t.TempDir(), "DATABASE_URL=sqlite:"+path).Stop()
	db, err := sql.Open("sqlite3", "file:"+path)
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec("INSERT INTO migrations VALUES ('9999-from-the-future')")
	authtest.Must(t, err)
}

func TestUnusableAddressStopsTheStartBeforeAnythingIsCreated(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	authtest.Must(t, err)
	defer taken.Close()
	for name, address := range map[string]string{
		"port in use":                    taken.Addr().String(),
		"address of another machine":     "203.0.113.1:8000",
		"port number above the last one": "127.0.0.1:99999",
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			wantNoStart(t, folder, "listening on ADDR", "ADDR="+address)
			if files := readFolder(t, folder); len(files) > 0 {
				t.Errorf("it created %v", files)
			}
		})
	}
}

func TestTwoProcessesStartedTogetherShareOneSecretAndOneFirstUser(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := cmdtest.Launch(t, folder, "PUBLIC_URL=http://localhost:8000")
	second := cmdtest.Launch(t, folder, "PUBLIC_URL=http://localhost:8000")
	first.WaitUntilReady()
	second.WaitUntilReady()
	status, token := first.Login("admin", adminPasswordIn(t, folder))
	if status != 200 {
		t.Fatalf("logging in with the password from the file: status %d", status)
	}
	if status := second.Who(token); status != 200 {
		t.Errorf("GET /user at the other process: status %d", status)
	}
	if n := strings.Count(first.Stop()+second.Stop(), "created the first user"); n != 1 {
		t.Errorf("%d processes created the first user, want 1", n)
	}
}

// TestSessionsSurviveAKillDuringARenewal kills the server during repeated renewals, and goes
// on with the last refresh token that arrived.
func TestSessionsSurviveAKillDuringARenewal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	// The last response may be lost, so its predecessor must be accepted for as long as a start
	// takes.
	settings := []string{"ADMIN_PASSWORD=" + adminPassword, "PUBLIC_URL=http://localhost:8000", "REFRESH_GRACE=60s"}
	p := cmdtest.Start(t, folder, settings...)
	response, err := http.PostForm(p.URL+"/token", url.Values{"username": {"admin"}, "password": {adminPassword}})
	authtest.Must(t, err)
	token, err := refreshTokenOf(t, response)
	authtest.Must(t, err)
	for round := range 5 {
		time.AfterFunc(time.Duration(50+20*round)*time.Millisecond, p.Kill)
		for {
			response, err := http.PostForm(p.URL+"/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
			if err != nil {
				break
			}
			next, err := refreshTokenOf(t, response)
			if err != nil {
				break
			}
			token = next
		}
		p.Kill()
		p = cmdtest.Start(t, folder, settings...)
	}
}

// refreshTokenOf reads a response of POST /token. It fails if the connection broke in the middle.
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
