package handlers

import (
	"testing"

	"latchkey/auth/authtest"
)

func TestLogoutEndsOnlyItsOwnSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, second := s.login(t, "marisol"), s.login(t, "marisol")
	r := s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+first)
	wantStatus(t, r, 204)
	if r.body != "" {
		t.Errorf("a 204 has a body: %q", r.body)
	}
	wantType(t, s.get(t, "/user", first), 401, "session-ended")
	wantType(t, s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+first), 401, "session-ended")
	wantStatus(t, s.get(t, "/user", second), 200)
}

func TestCrossOriginLogoutIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	r := s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+token, "Origin", "https://evil.example")
	wantType(t, r, 403, "cross-origin")
	wantStatus(t, s.get(t, "/user", token), 200)
}

func TestLogoutNeedsATokenOrCookie(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wantType(t, s.send(t, "POST", "/logout", ""), 401, "token-required")
	wantProblem(t, s.send(t, "GET", "/logout", ""), 405) // a link must not log anyone out
}

func TestLogoutByCookieOrBearerOrBoth(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		cookie, bearer string // valid, ended (its session), broken or none
		status         int
		kind           string
	}{
		"both":                             {"valid", "valid", 204, ""},
		"cookie only":                      {"valid", "none", 204, ""},
		"bearer only":                      {"none", "valid", 204, ""},
		"ended bearer, valid cookie":       {"valid", "ended", 204, ""},
		"broken bearer, valid cookie":      {"valid", "broken", 204, ""},
		"valid bearer, broken cookie":      {"broken", "valid", 204, ""},
		"valid bearer, ended cookie":       {"ended", "valid", 204, ""},
		"neither":                          {"none", "none", 401, "token-required"},
		"ended bearer":                     {"none", "ended", 401, "session-ended"},
		"broken bearer":                    {"none", "broken", 401, "invalid-token"},
		"broken cookie":                    {"broken", "none", 401, "token-required"},
		"ended cookie":                     {"ended", "none", 401, "token-required"},
		"ended bearer beside ended cookie": {"ended", "ended", 401, "session-ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			b, ofBrowser := s.newBrowser(t)
			other := s.login(t, "marisol") // a session of another browser
			gone, ended := s.newBrowser(t)
			wantStatus(t, s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+ended), 204)
			bearers := map[string]string{"valid": other, "ended": ended, "broken": other + "x"}
			cookies := map[string]string{"valid": b.cookie, "ended": gone.cookie, "broken": b.cookie + "x"}
			var headers []string
			if token, sent := bearers[row.bearer]; sent {
				headers = append(headers, "Authorization", "Bearer "+token)
			}
			if cookie, sent := cookies[row.cookie]; sent {
				headers = append(headers, "Cookie", "latchkey="+cookie)
			}
			r := s.send(t, "POST", "/logout", "", headers...)
			wantStatus(t, r, row.status)
			if row.status == 401 {
				wantType(t, r, 401, row.kind)
			}
			challenge := challengeBearer
			if row.kind != "token-required" {
				challenge = challengeInvalidToken
			}
			if got := r.Header.Get("WWW-Authenticate"); row.status == 401 && got != challenge {
				t.Errorf("WWW-Authenticate is %q", got)
			}
			cleared := len(r.Cookies()) == 1 && r.Cookies()[0].MaxAge < 0
			if cleared != (row.status == 204) {
				t.Errorf("the cookie is cleared: %v", cleared)
			}
			wantEnded(t, s, "the session of the cookie", ofBrowser, row.cookie == "valid")
			wantEnded(t, s, "the session of the bearer", other, row.bearer == "valid")
		})
	}
}

// wantEnded checks whether the session of an access token has ended.
func wantEnded(t *testing.T, s *server, what, token string, want bool) {
	t.Helper()
	if ended := s.get(t, "/user", token).StatusCode == 401; ended != want {
		t.Errorf("%s has ended: %v", what, ended)
	}
}

func TestLogoutWithoutDatabaseIs503AndKeepsTheCookie(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, token := s.newBrowser(t)
	authtest.Must(t, s.store.Close())
	for _, headers := range [][]string{nil, {"Authorization", "Bearer " + token}} {
		r := b.send(t, "POST", "/logout", "", headers...)
		wantType(t, r, 503, "database-unavailable")
		if len(r.Cookies()) > 0 {
			t.Error("the cookie was cleared")
		}
	}
	wantType(t, b.refresh(t), 503, "database-unavailable")
}
