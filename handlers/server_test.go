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
	"sync/atomic"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/models"
)

const (
	testSecret   = "a test secret that is long enough"
	testPassword = "correct horse battery"

	// canary is text that no id, hash or time can contain by chance.
	canary = "~canary~"
)

// server is the whole service on a real port and a real database file, with a clock that the test
// sets and hashes that cost next to nothing. Its only user is Marisol, an administrator.
type server struct {
	*httptest.Server
	*Handler
	options Options
	serving atomic.Pointer[Handler] // the same Handler, for the goroutines that serve
	file    string
	logged  *logBuffer
	clock   *authtest.Clock
}

// newServer starts a server. Each change alters the options of its Handler.
func newServer(t *testing.T, changes ...func(*Options)) *server {
	t.Helper()
	s := &server{
		Server: httptest.NewUnstartedServer(nil), // its address, known before it starts, is the public URL
		file:   filepath.Join(t.TempDir(), "test.db"),
		logged: &logBuffer{},
		clock:  authtest.NewClock(time.Now().UTC()),
	}
	store := s.openStore(t, cheapCost(), 2)
	marisol := models.UserParams{Username: "Marisol", Password: testPassword, Roles: models.Roles{"admin", "editor"}}
	_, err := store.EnsureFirstUser(t.Context(), marisol, func() error { return nil })
	authtest.Must(t, err)
	s.options = Options{
		Store: store, PublicURL: "http://" + s.Listener.Addr().String(), Version: "test",
		AllowedOrigins: []string{"https://app.example"}, Signup: true, PasswordGrant: true,
		Log: slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	s.setSecrets(t, testSecret)
	s.restart(t, changes...)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serving.Load().ServeHTTP(w, r) })
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func cheapCost() auth.Cost { return auth.Cost{Memory: 64, Time: 1, Threads: 1} }

// openStore opens the database with hashes of this cost and this many slots for them.
func (s *server) openStore(t *testing.T, cost auth.Cost, slots int) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), models.Options{
		URL:    "sqlite:" + s.file,
		Hasher: auth.NewHasher(cost), HashSlots: slots, HashWait: time.Duration(slots) * time.Hour,
		Policy: auth.PasswordPolicy{MinLength: auth.MinPasswordLength, Names: []string{"editor"}},
		Sessions: models.SessionPolicy{
			Idle: 30 * 24 * time.Hour, Absolute: 90 * 24 * time.Hour, Grace: time.Minute,
		},
		Now: s.clock.Now,
	})
	authtest.Must(t, err)
	t.Cleanup(func() { store.Close() })
	return store
}

// setSecrets makes the options sign and verify with these secrets, as JWT_SECRET lists them.
func (s *server) setSecrets(t *testing.T, text string) {
	t.Helper()
	secrets, err := auth.ParseSecrets(text)
	authtest.Must(t, err)
	s.options.UseSecrets(secrets, s.clock.Now)
	s.options.Issuer, err = auth.NewIssuer(auth.IssuerOptions{
		Keys: auth.SecretKeys(secrets), Issuer: s.options.PublicURL, Audience: "latchkey",
		TTL: 15 * time.Minute, Now: s.clock.Now,
	})
	authtest.Must(t, err)
}

// restart replaces the Handler, as a restart with changed options does.
func (s *server) restart(t *testing.T, changes ...func(*Options)) {
	t.Helper()
	for _, change := range changes {
		change(&s.options)
	}
	var err error
	s.Handler, err = New(s.options)
	authtest.Must(t, err)
	s.serving.Store(s.Handler)
}

// exec changes the database without the Store.
func (s *server) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.file+"?_foreign_keys=1&_busy_timeout=5000")
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec(statement, args...)
	authtest.Must(t, err)
}

// response is a response whose body has been read.
type response struct {
	*http.Response
	body string
}

// field returns a field of the JSON body, or nil.
func (r response) field(name string) any {
	var fields map[string]any
	_ = json.Unmarshal([]byte(r.body), &fields) // without fields if it is not JSON
	return fields[name]
}

// fieldError returns an element of errors, or the zero value.
func (r response) fieldError(i int) fieldError {
	var p problem
	_ = json.Unmarshal([]byte(r.body), &p) // without errors if it is not JSON
	if i < len(p.Errors) {
		return p.Errors[i]
	}
	return fieldError{}
}

// send sends a request; headers are pairs of name and value. It checks the response against the
// OpenAPI document.
func (s *server) send(t *testing.T, method, path, body string, headers ...string) response {
	t.Helper()
	return s.sendReader(t, method, path, strings.NewReader(body), headers...)
}

func (s *server) sendReader(t *testing.T, method, path string, body io.Reader, headers ...string) response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	authtest.Must(t, err)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	request.Host = request.Header.Get("Host")
	received, err := http.DefaultTransport.RoundTrip(request) // follows no redirect
	authtest.Must(t, err)
	r := readResponse(t, received)
	if err := checkAgainstDocument(r); err != nil {
		t.Errorf("%s %s: the response is not as documented: %v", method, path, err)
	}
	return r
}

func readResponse(t *testing.T, received *http.Response) response {
	t.Helper()
	defer received.Body.Close()
	content, err := io.ReadAll(received.Body)
	authtest.Must(t, err)
	return response{received, string(content)}
}

func (s *server) postJSON(t *testing.T, path, body string, headers ...string) response {
	t.Helper()
	return s.send(t, "POST", path, body, append(headers, "Content-Type", "application/json")...)
}

func (s *server) get(t *testing.T, path, token string) response {
	t.Helper()
	return s.send(t, "GET", path, "", "Authorization", "Bearer "+token)
}

// credentials is the body of POST /login for a user with the test password.
func credentials(name string) string {
	return `{"name":"` + name + `","password":"` + testPassword + `"}`
}

// login logs a user in and returns the access token.
func (s *server) login(t *testing.T, name string) string {
	t.Helper()
	r := s.postJSON(t, "/login", credentials(name))
	wantStatus(t, r, 200)
	return r.field("token").(string)
}

func wantStatus(t *testing.T, r response, status int) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
}

// wantProblem checks the status, and what all problems have in common.
func wantProblem(t *testing.T, r response, status int) {
	t.Helper()
	wantStatus(t, r, status)
	if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type is %q", got)
	}
	if r.field("status") != float64(status) || r.field("title") != http.StatusText(status) {
		t.Errorf("status or title do not fit %d: %s", status, r.body)
	}
	if detail, _ := r.field("detail").(string); detail == "" || r.field("type") == nil {
		t.Errorf("type or detail is missing: %s", r.body)
	}
	if id := r.Header.Get("X-Request-Id"); id == "" || r.field("instance") != "urn:uuid:"+id {
		t.Errorf("instance is %v, want the request id %q", r.field("instance"), id)
	}
}

// wantType checks the status of a problem and the name of its type.
func wantType(t *testing.T, r response, status int, name string) {
	t.Helper()
	wantProblem(t, r, status)
	if got := r.field("type"); got != "/problems/"+name {
		t.Errorf("%s %s: type %v, want %s", r.Request.Method, r.Request.URL.Path, got, name)
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
