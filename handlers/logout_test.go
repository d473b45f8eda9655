package handlers

import "testing"

func TestLogoutEndsTheSessionAndNoOther(t *testing.T) {
	s := newServer(t)
	first, second := s.login(t), s.login(t)
	a := s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+first)
	wantStatus(t, a, 204)
	if a.body != "" {
		t.Errorf("a 204 has a body: %q", a.body)
	}
	wantProblem(t, s.get(t, "/user", first), 401)
	wantProblem(t, s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+first), 401)
	wantStatus(t, s.get(t, "/user", second), 200)
}

func TestLogoutFromAnotherSiteIsRefused(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	a := s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+token, "Origin", "https://evil.example")
	wantProblem(t, a, 403)
	wantStatus(t, s.get(t, "/user", token), 200)
}

func TestLogoutNeedsAToken(t *testing.T) {
	s := newServer(t)
	wantProblem(t, s.send(t, "POST", "/logout", ""), 401)
	wantProblem(t, s.send(t, "GET", "/logout", ""), 405) // a link must not be able to log anybody out
}
