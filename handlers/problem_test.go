package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/models"
)

// TestProblemTypes is the whole list of types that programs may rely on, with their statuses.
func TestProblemTypes(t *testing.T) {
	t.Parallel()
	want := []string{
		"400 malformed-body", "400 malformed-forwarded-for", "401 invalid-credentials", "401 invalid-proof", "401 invalid-token",
		"401 session-ended", "401 token-required", "401 use-dpop-nonce",
		"403 cross-origin", "403 insufficient-scope", "403 signup-closed", "404 session-not-found", "404 user-not-found",
		"409 last-admin", "409 username-taken", "413 body-too-large", "415 unsupported-media-type", "421 misdirected-request",
		"422 invalid-email", "422 invalid-fields", "422 invalid-role", "422 invalid-username", "422 link-expired", "422 weak-password", "422 wrong-password",
		"429 too-many-requests",
		"503 busy", "503 database-unavailable", "503 stopping", "503 storage-full", "503 timeout",
	}
	var got []string
	for _, r := range problemKinds() {
		got = append(got, fmt.Sprint(r.status, " ", r.name))
		if r.status == http.StatusServiceUnavailable && r.retryAfter == 0 {
			t.Errorf("%s has no Retry-After", r.name)
		}
		if (r.status == http.StatusUnauthorized) != strings.Contains(r.challenge, `realm="latchkey"`) && r.name != "insufficient-scope" {
			t.Errorf("%s has the challenge %q", r.name, r.challenge)
		}
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("types are\n%v\nwant\n%v", got, want)
	}
}

func TestAPIDocumentationListsEveryProblemType(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/api.md")
	authtest.Must(t, err)
	for _, r := range problemKinds() {
		if !strings.Contains(string(text), "| "+fmt.Sprint(r.status)+" | ") || !strings.Contains(string(text), "`"+r.problemURI()+"`") {
			t.Errorf("docs/api.md does not list %d %s", r.status, r.problemURI())
		}
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err                       error
		status                    int
		kind, location, challenge string
		retryAfter                time.Duration
	}{
		{models.ErrInvalidCredentials, 401, "/problems/invalid-credentials", "", `Bearer realm="latchkey"`, 0},
		{errNoToken, 401, "/problems/token-required", "", `Bearer realm="latchkey"`, 0},
		{auth.ErrInvalidToken, 401, "/problems/invalid-token", "", `Bearer error="invalid_token", realm="latchkey"`, 0},
		{models.ErrSessionEnded, 401, "/problems/session-ended", "", `Bearer error="invalid_token", realm="latchkey"`, 0},
		{models.ErrReplayed, 401, "/problems/session-ended", "", `Bearer error="invalid_token", realm="latchkey"`, 0},
		{auth.ErrInvalidRefreshToken, 401, "/problems/session-ended", "", `Bearer realm="latchkey"`, 0},
		{auth.ErrStaleNonce, 401, "/problems/use-dpop-nonce", "", `DPoP error="use_dpop_nonce", realm="latchkey", algs="ES256"`, 0},
		{auth.ErrInvalidProof, 401, "/problems/invalid-proof", "", `DPoP error="invalid_dpop_proof", realm="latchkey", algs="ES256"`, 0},
		{models.ErrWrongKey, 401, "/problems/invalid-proof", "", `DPoP error="invalid_dpop_proof", realm="latchkey", algs="ES256"`, 0},
		{errInsufficientScope, 403, "/problems/insufficient-scope", "", `Bearer error="insufficient_scope", realm="latchkey"`, 0},
		{models.ErrUsernameTaken, 409, "/problems/username-taken", "body.username", "", 0},
		{models.ErrWrongPassword, 422, "/problems/wrong-password", "body.current_password", "", 0},
		{models.ErrInvalidUsername, 422, "/problems/invalid-username", "body.username", "", 0},
		{models.ErrInvalidEmail, 422, "/problems/invalid-email", "body.email", "", 0},
		{models.ErrInvalidRole, 422, "/problems/invalid-role", "body.roles", "", 0},
		{&auth.WeakPasswordError{Reason: "Too weak."}, 422, "/problems/weak-password", "body.password", "", 0},
		{&locatedError{&auth.WeakPasswordError{Reason: "Too weak."}, "body.new_password"}, 422, "/problems/weak-password", "body.new_password", "", 0},
		{models.ErrThrottled, 429, "/problems/too-many-requests", "", "", 0},
		{models.ErrBusy, 503, "/problems/busy", "", "", 2 * time.Second},
		{models.ErrStorageFull, 503, "/problems/storage-full", "", "", time.Minute},
		{models.ErrUnavailable, 503, "/problems/database-unavailable", "", "", 5 * time.Second},
		{context.DeadlineExceeded, 503, "/problems/timeout", "", "", 5 * time.Second},
		{errors.New("no such column: " + canary), 500, "about:blank", "", "", 0},
	} {
		p := describe(fmt.Errorf("doing something: %w", row.err))
		if p.Status != row.status || p.Type != row.kind || p.challenge != row.challenge || p.retryAfter != row.retryAfter {
			t.Errorf("%v: %+v", row.err, p)
		}
		if strings.Contains(p.Detail, canary) {
			t.Errorf("%v: the detail repeats the cause: %s", row.err, p.Detail)
		}
		var want []fieldError
		if row.location != "" {
			want = []fieldError{{row.location, p.Detail}}
		}
		if !slices.Equal(p.Errors, want) {
			t.Errorf("%v: errors are %v, want %v", row.err, p.Errors, want)
		}
	}
}

// throttled is an error that knows when to try again.
type throttled struct{ error }

func (e throttled) Unwrap() error { return e.error }

func (throttled) RetryAfter() time.Duration { return 90*time.Second + time.Millisecond }

func TestErrorCanSetItsOwnRetryAfter(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	operation(s.Handler, "GET /test-throttled", public, func(context.Context, *struct{}) (*struct{}, error) {
		return nil, fmt.Errorf("doing something: %w", throttled{models.ErrBusy})
	})
	r := s.send(t, "GET", "/test-throttled", "")
	wantStatus(t, r, 503)
	if got := r.Header.Get("Retry-After"); got != "91" {
		t.Errorf("Retry-After is %q, want whole seconds, rounded up", got)
	}
}

func TestUnknownErrorIs500AndItsCauseIsLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	fail := func(context.Context, *struct{}) (*struct{}, error) { return nil, errors.New(canary) }
	operation(s.Handler, "GET /test-fault", public, fail)
	r := s.send(t, "GET", "/test-fault", "")
	wantProblem(t, r, 500)
	if strings.Contains(r.body, canary) || r.field("type") != "about:blank" {
		t.Errorf("the response is %s", r.body)
	}
	if line := s.logLine(r.Header.Get("X-Request-Id")); !strings.Contains(line, canary) || !strings.Contains(line, "level=ERROR") {
		t.Errorf("the log line is %s", line)
	}
}

// TestMissingTableIs500 shows that a fault of the database schema does not tell clients to try
// again.
func TestMissingTableIs500(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	s.exec(t, "ALTER TABLE sessions RENAME TO elsewhere")
	wantProblem(t, s.get(t, "/user", token), 500)
}

func TestPanicIs500AndItsStackIsOnlyLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	operation(s.Handler, "GET /test-panic", public, func(context.Context, *struct{}) (*struct{}, error) { panic(canary) })
	r := s.send(t, "GET", "/test-panic", "")
	wantProblem(t, r, 500)
	if strings.Contains(r.body, canary) || !strings.Contains(s.logged.String(), canary) {
		t.Errorf("the response is %s", r.body)
	}
	if !strings.Contains(s.logged.String(), "problem_test.go") {
		t.Error("the log does not say where it panicked")
	}
	wantStatus(t, s.send(t, "GET", "/healthz", ""), 200)
}

func TestUnavailableDatabaseIs503AndNever401(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	authtest.Must(t, s.store.Close())
	for name, r := range map[string]response{
		"user":   s.get(t, "/user", token),
		"login":  s.postJSON(t, "/login", credentials("marisol")),
		"logout": s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+token),
		"readyz": s.send(t, "GET", "/readyz", ""),
	} {
		wantType(t, r, 503, "database-unavailable")
		if r.Header.Get("Retry-After") != "5" {
			t.Errorf("%s: Retry-After is %q", name, r.Header.Get("Retry-After"))
		}
		if strings.Contains(r.body, "sql") {
			t.Errorf("%s: the response shows internals: %s", name, r.body)
		}
	}
	wantStatus(t, s.send(t, "GET", "/healthz", ""), 200)
}
