package handlers

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

const (
	testSecret   = "a-secret-of-the-tests-long-enough-to-be-one"
	testPassword = "correct horse battery"
)

// server is the whole service on a real port and a real file, with a clock
// that the test sets and hashes that cost next to nothing.
type server struct {
	*httptest.Server
	*Handler
	file  string
	log   *logBuffer
	mu    sync.Mutex
	clock time.Time
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{file: filepath.Join(t.TempDir(), "test.db"), log: &logBuffer{}, clock: time.Now().UTC()}
	store := s.openStore(t, cheapCost(), 2)
	_, err := store.EnsureFirstUser(t.Context(), models.NewUser{Username: "Marisol", Password: testPassword, Roles: models.Roles{"admin", "editor"}},
		func() error { return nil })
	must(t, err)
	// The listener comes first: its address is the public URL.
	s.Server = httptest.NewUnstartedServer(nil)
	publicURL := "http://" + s.Server.Listener.Addr().String()
	secrets, err := auth.ParseSecrets(testSecret)
	must(t, err)
	issuer, err := auth.NewIssuer(auth.IssuerOptions{
		Keys: auth.SecretKeys(secrets), Issuer: publicURL, Audience: "latchkey", TTL: 15 * time.Minute, Now: s.now,
	})
	must(t, err)
	s.Handler, err = New(Options{
		Store: store, Issuer: issuer, RefreshTokens: auth.NewRefreshTokens(secrets), PublicURL: publicURL, Version: "test",
		AllowedOrigins: []string{"https://app.example"}, Signup: true, PasswordGrant: true,
		Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	must(t, err)
	s.Server.Config.Handler = s.Handler
	s.Server.Start()
	t.Cleanup(s.Server.Close)
	return s
}

func cheapCost() auth.Cost { return auth.Cost{Memory: 64, Time: 1, Threads: 1} }

// openStore opens the server's database with hashes of this cost and this many slots for them.
func (s *server) openStore(t *testing.T, cost auth.Cost, slots int) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{
		URL:    "sqlite:" + s.file,
		Hasher: auth.NewHasher(cost), HashSlots: slots, HashQueue: 500 * slots,
		Policy:   auth.PasswordPolicy{MinLength: auth.MinPasswordLength},
		Sessions: models.SessionPolicy{Idle: 30 * 24 * time.Hour, Absolute: 90 * 24 * time.Hour, Grace: time.Minute},
		Now:      s.now,
	})
	must(t, err)
	t.Cleanup(func() { store.Close() })
	return store
}

// reopen gives the server another store for the same database.
func (s *server) reopen(t *testing.T, cost auth.Cost, slots int) {
	t.Helper()
	s.Store = s.openStore(t, cost, slots)
}

func (s *server) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

func (s *server) advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// exec changes the database behind the service's back.
func (s *server) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.file+"?_foreign_keys=1&_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statement, args...)
	must(t, err)
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// field is a field of the JSON body, or nil.
func (a answer) field(name string) any {
	var fields map[string]any
	json.Unmarshal([]byte(a.body), &fields)
	return fields[name]
}

// send sends a request; headers are pairs of name and value.
func (s *server) send(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	return s.sendReader(t, method, path, strings.NewReader(body), headers...)
}

func (s *server) sendReader(t *testing.T, method, path string, body io.Reader, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	must(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request) // no redirect is followed
	must(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	must(t, err)
	a := answer{response, string(content)}
	if err := differsFromDocument(a); err != nil {
		t.Errorf("%s %s: the answer is not as documented: %v", method, path, err)
	}
	return a
}

func (s *server) postJSON(t *testing.T, path, body string, headers ...string) answer {
	t.Helper()
	return s.send(t, "POST", path, body, append(headers, "Content-Type", "application/json")...)
}

// login logs Marisol in and returns the access token.
func (s *server) login(t *testing.T) string {
	t.Helper()
	a := s.postJSON(t, "/login", `{"name":"Marisol","password":"`+testPassword+`"}`)
	wantStatus(t, a, 200)
	return a.field("token").(string)
}

func (s *server) get(t *testing.T, path, token string) answer {
	t.Helper()
	return s.send(t, "GET", path, "", "Authorization", "Bearer "+token)
}

// wantProblem checks all that every problem has in common.
func wantProblem(t *testing.T, a answer, status int) {
	t.Helper()
	wantStatus(t, a, status)
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type is %q", got)
	}
	if a.field("status") != float64(status) || a.field("title") != http.StatusText(status) || a.field("type") == nil {
		t.Errorf("status, title or type do not fit %d: %s", status, a.body)
	}
	if detail, _ := a.field("detail").(string); detail == "" {
		t.Errorf("there is no detail: %s", a.body)
	}
	if id := a.Header.Get("X-Request-Id"); id == "" || a.field("instance") != "urn:uuid:"+id {
		t.Errorf("instance %v is not the request id %q", a.field("instance"), id)
	}
}

func wantStatus(t *testing.T, a answer, status int) {
	t.Helper()
	if a.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// logBuffer is a log that many goroutines write and the test reads.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
