package handlers

import "testing"

func TestAdministratorSeesAndEndsTheSessionsOfAUser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	tokens := []string{s.login(t, "jonas"), s.login(t, "jonas")}
	path := "/users/" + id + "/sessions"
	listed := func() []any { return s.get(t, path, admin).field("sessions").([]any) }
	if got := listed(); len(got) != 2 || got[0].(map[string]any)["current"] != false {
		t.Errorf("the sessions are %v", got)
	}
	wantStatus(t, s.send(t, "DELETE", path, "", "Authorization", "Bearer "+admin), 204)
	for _, token := range tokens {
		wantType(t, s.get(t, "/user", token), 401, "session-ended")
	}
	if got := listed(); len(got) != 0 {
		t.Errorf("after ending them, the sessions are %v", got)
	}
	wantStatus(t, s.get(t, "/user", admin), 200)
	s.login(t, "jonas") // the user is not shut out
}

func TestOperationsOnAnUnknownUserAre404(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	for _, id := range []string{"1", "me", "%00", "'%20OR%201=1%20--"} {
		for _, row := range [][2]string{{"GET", "/sessions"}, {"DELETE", "/sessions"}, {"POST", "/password-link"}} {
			wantType(t, s.send(t, row[0], "/users/"+id+row[1], "", "Authorization", "Bearer "+admin), 404, "user-not-found")
		}
	}
}
