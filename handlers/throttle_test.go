package handlers

import (
	"fmt"
	"testing"
)

// newThrottledServer starts a server that counts attempts.
func newThrottledServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.options.Store.Throttle([]byte("a key for budgets"))
	return s
}

func wantThrottled(t *testing.T, r response, retryAfter string) {
	t.Helper()
	wantType(t, r, 429, "too-many-requests")
	if got := r.Header.Get("Retry-After"); got != retryAfter {
		t.Errorf("Retry-After is %q, want %s", got, retryAfter)
	}
}

// The clock of the server stands still, so the waits are exact.
func TestEveryPathThatChecksAPasswordIsThrottled(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	token := s.login(t, "marisol")
	const wrong = `{"name":"Marisol","password":"wrong horse battery"}`
	for range 10 {
		wantStatus(t, s.postJSON(t, "/login", wrong), 401)
		wantStatus(t, s.postForm(t, "/token", "username=marisol&password=wrong"), 401)
		wantStatus(t, s.changePassword(t, token, "wrong horse battery", "another horse battery"), 422)
	}
	wantThrottled(t, s.postJSON(t, "/login", wrong), "120")
	wantThrottled(t, s.postJSON(t, "/login", credentials("marisol")), "120")
	wantThrottled(t, s.changePassword(t, token, testPassword, "another horse battery"), "120")
	r := s.postForm(t, "/token", credentialsForm())
	wantStatus(t, r, 429)
	if r.field("error") != "temporarily_unavailable" || r.Header.Get("Retry-After") != "120" {
		t.Errorf("Retry-After is %q, and the response is %s", r.Header.Get("Retry-After"), r.body)
	}
}

func TestSignUpIsThrottled(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	register := func(i int) response {
		return s.postJSON(t, "/register", fmt.Sprintf(`{"username":"user%d","password":%q}`, i, testPassword))
	}
	for i := range 60 {
		wantStatus(t, register(i), 201)
	}
	wantThrottled(t, register(60), "60")
}
