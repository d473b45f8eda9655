package handlers

import (
	"strings"
	"testing"
)

func TestUserReturnsTheUserOfTheToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for name, authorization := range map[string]string{
		"as the page sends it": "Bearer " + token,
		"scheme in lower case": "bearer " + token,
		"scheme in upper case": "BEARER " + token,
		"two spaces":           "Bearer  " + token,
	} {
		r := s.send(t, "GET", "/user", "", "Authorization", authorization)
		wantStatus(t, r, 200)
		if r.field("name") != "Marisol" || !strings.Contains(r.body, `"roles":["admin","editor"]`) {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

func TestChangesToTheUserCountOnTheNextRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	s.exec(t, "DELETE FROM user_roles")
	s.exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'reader' FROM users")
	if r := s.get(t, "/user", token); !strings.Contains(r.body, `"roles":["reader"]`) {
		t.Errorf("the roles are not the current ones: %s", r.body)
	}
	s.exec(t, "UPDATE users SET disabled = 1")
	wantType(t, s.get(t, "/user", token), 401, "session-ended")
	s.exec(t, "UPDATE users SET disabled = 0")
	wantStatus(t, s.get(t, "/user", token), 200)
	s.exec(t, "DELETE FROM users")
	wantType(t, s.get(t, "/user", token), 401, "session-ended")
}
