package handlers

import "testing"

// deleteMe deletes the user of an access token.
func (s *server) deleteMe(t *testing.T, token, password string, headers ...string) response {
	t.Helper()
	return s.postJSON(t, "/users/me/deletion", `{"current_password":"`+password+`"}`, append(headers, "Authorization", "Bearer "+token)...)
}

func TestDeletionEndsEverySessionAndFreesTheName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.addUser(t, "jonas")
	mine, elsewhere := s.login(t, "jonas"), s.login(t, "jonas")
	r := s.deleteMe(t, mine, testPassword)
	wantStatus(t, r, 204)
	if len(r.Cookies()) > 0 {
		t.Errorf("a deletion sets %v; only a logout clears the cookie", r.Cookies())
	}
	for _, token := range []string{mine, elsewhere} {
		wantType(t, s.get(t, "/user", token), 401, "session-ended")
	}
	wantType(t, s.postJSON(t, "/login", credentials("jonas")), 401, "invalid-credentials")
	s.addUser(t, "jonas")
}

func TestDeletionWithAWrongPasswordDeletesNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.addUser(t, "jonas")
	token := s.login(t, "jonas")
	for _, password := range []string{"wrong horse battery", "", testPassword + " "} {
		r := s.deleteMe(t, token, password)
		wantType(t, r, 422, "wrong-password")
		wantFieldError(t, r, "body.current_password")
	}
	wantStatus(t, s.get(t, "/user", token), 200)
}

func TestLastAdministratorCannotDeleteTheAccount(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	wantType(t, s.deleteMe(t, token, "wrong horse battery"), 422, "wrong-password") // the password comes first
	wantType(t, s.deleteMe(t, token, testPassword), 409, "last-admin")
	wantStatus(t, s.get(t, "/user", token), 200)
	wantStatus(t, s.patch(t, token, s.addUser(t, "jonas"), `{"roles":["admin"]}`), 200)
	wantStatus(t, s.deleteMe(t, token, testPassword), 204)
}
