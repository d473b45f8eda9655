package handlers

import (
	"strings"
	"testing"
)

func TestPasswordChangeEndsEverySession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, elsewhere := s.login(t, "marisol"), s.login(t, "marisol")
	r := s.changePassword(t, mine, testPassword, "another horse battery")
	wantStatus(t, r, 204)
	if len(r.Cookies()) > 0 {
		t.Errorf("a browser that is not known received %v", r.Cookies())
	}
	wantType(t, s.get(t, "/user", elsewhere), 401, "session-ended")
	wantType(t, s.get(t, "/user", mine), 401, "session-ended") // someone may share this one
	wantType(t, s.postJSON(t, "/login", credentials("marisol")), 401, "invalid-credentials")
	wantStatus(t, s.postJSON(t, "/login", `{"name":"marisol","password":"another horse battery"}`), 200)
	if strings.Contains(s.logged.String(), "another horse") {
		t.Error("the log contains the password")
	}
}

func TestRefusedPasswordChangeIs422WithItsField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	mine, elsewhere := s.login(t, "marisol"), s.login(t, "marisol")
	for _, row := range []struct{ current, next, kind, location string }{
		{"wrong horse battery", "another horse battery", "wrong-password", "body.current_password"},
		{testPassword, "short", "weak-password", "body.new_password"},
		{testPassword, "marisol's words", "weak-password", "body.new_password"},
	} {
		r := s.changePassword(t, mine, row.current, row.next)
		wantType(t, r, 422, row.kind)
		wantFieldError(t, r, row.location)
	}
	wantStatus(t, s.get(t, "/user", elsewhere), 200)
}

// changePassword changes the password of the user of an access token.
func (s *server) changePassword(t *testing.T, token, current, next string) response {
	t.Helper()
	body := `{"current_password":"` + current + `","new_password":"` + next + `"}`
	return s.postJSON(t, "/users/me/password", body, "Authorization", "Bearer "+token)
}

func (b *browser) changePassword(t *testing.T, token, current, next string) response {
	t.Helper()
	body := `{"current_password":"` + current + `","new_password":"` + next + `"}`
	return b.send(t, "POST", "/users/me/password", body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

// loginWith logs Marisol in with this password and returns the access token.
func (s *server) loginWith(t *testing.T, password string) string {
	t.Helper()
	r := s.postJSON(t, "/login", `{"name":"marisol","password":"`+password+`"}`)
	wantStatus(t, r, 200)
	return r.field("token").(string)
}
