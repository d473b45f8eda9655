package handlers

import "testing"

func TestSessionsAreListedWithTheirDevices(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wantStatus(t, s.postJSON(t, "/login", credentials("marisol"),
		"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"), 200)
	list := s.listSessions(t, s.login(t, "marisol"))
	if len(list) != 2 {
		t.Fatalf("the list is %v", list)
	}
	current, other := list[0], list[1]
	if current["current"] != true || other["current"] != false || other["device"] != "Firefox on Linux" || other["address"] != "127.0.0.1" {
		t.Errorf("the list is %v", list)
	}
}

func TestUserCanEndOneOrAllOtherSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, second := s.login(t, "marisol"), s.login(t, "marisol")
	s.addUser(t, "jonas")
	jonas := s.login(t, "jonas")
	other := s.listSessions(t, second)[1]["id"].(string)
	wantStatus(t, s.send(t, "DELETE", "/sessions/"+other, "", "Authorization", "Bearer "+second), 204)
	wantType(t, s.get(t, "/user", first), 401, "session-ended")
	third := s.login(t, "marisol")
	wantStatus(t, s.send(t, "DELETE", "/sessions", "", "Authorization", "Bearer "+third), 204)
	wantType(t, s.get(t, "/user", second), 401, "session-ended")
	wantStatus(t, s.get(t, "/user", third), 200)
	wantStatus(t, s.get(t, "/user", jonas), 200)
}

func TestSessionOfAnotherUserIs404(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	marisol := s.login(t, "marisol")
	s.addUser(t, "jonas")
	jonas := s.login(t, "jonas")
	id := s.listSessions(t, jonas)[0]["id"].(string)
	for _, id := range []string{id, "01a20000-0000-7000-8000-000000000000", "x"} { // not 403, which would reveal that it exists
		wantType(t, s.send(t, "DELETE", "/sessions/"+id, "", "Authorization", "Bearer "+marisol), 404, "session-not-found")
	}
	wantStatus(t, s.get(t, "/user", jonas), 200)
}

// listSessions returns the sessions of the user of an access token.
func (s *server) listSessions(t *testing.T, token string) (sessions []map[string]any) {
	t.Helper()
	r := s.get(t, "/sessions", token)
	wantStatus(t, r, 200)
	for _, session := range r.field("sessions").([]any) {
		sessions = append(sessions, session.(map[string]any))
	}
	return sessions
}
