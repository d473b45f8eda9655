package handlers

import "testing"

func TestStoppingServerIsNotReadyButServesEverything(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wantStatus(t, s.send(t, "GET", "/readyz", ""), 200)
	s.StartStopping()
	r := s.send(t, "GET", "/readyz", "")
	wantType(t, r, 503, "stopping")
	if r.Header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
	wantStatus(t, s.send(t, "GET", "/healthz", ""), 200)
	wantStatus(t, s.get(t, "/user", s.login(t, "marisol")), 200)
}
