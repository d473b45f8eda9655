package handlers

import (
	"fmt"
	"strings"
	"testing"
)

func (s *server) loginAs(t *testing.T, name string) string {
	t.Helper()
	a := s.postJSON(t, "/login", fmt.Sprintf(`{"name":%q,"password":%q}`, name, testPassword))
	wantStatus(t, a, 200)
	return a.field("token").(string)
}

// addUser registers a user and returns its id.
func (s *server) addUser(t *testing.T, name string) string {
	t.Helper()
	a := s.register(t, name)
	wantStatus(t, a, 201)
	return a.field("id").(string)
}

func (s *server) patch(t *testing.T, token, id, body string) answer {
	t.Helper()
	return s.send(t, "PATCH", "/users/"+id, body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

func (s *server) remove(t *testing.T, token, id string) answer {
	t.Helper()
	return s.send(t, "DELETE", "/users/"+id, "", "Authorization", "Bearer "+token)
}

func TestAdministrationNeedsTheRole(t *testing.T) {
	s := newServer(t)
	id := s.addUser(t, "jonas")
	token := s.loginAs(t, "jonas")
	for name, a := range map[string]answer{
		"list":   s.get(t, "/users", token),
		"change": s.patch(t, token, id, `{"roles":["admin"]}`),
		"delete": s.remove(t, token, id),
	} {
		wantProblem(t, a, 403)
		if got := a.Header.Get("WWW-Authenticate"); got != `Bearer error="insufficient_scope"` {
			t.Errorf("%s: WWW-Authenticate is %q", name, got)
		}
	}
	wantProblem(t, s.send(t, "GET", "/users", ""), 401)
}

func TestARoleCountsFromTheNextRequestOn(t *testing.T) {
	s := newServer(t)
	admin, id := s.login(t), s.addUser(t, "jonas")
	token := s.loginAs(t, "jonas")
	a := s.patch(t, admin, id, `{"roles":["editor","admin"]}`)
	wantStatus(t, a, 200)
	if !strings.Contains(a.body, `"roles":["admin","editor"]`) {
		t.Errorf("the answer is %s", a.body)
	}
	wantStatus(t, s.get(t, "/users", token), 200)
	wantStatus(t, s.patch(t, admin, id, `{"roles":[]}`), 200)
	wantProblem(t, s.get(t, "/users", token), 403)
}

func TestADisabledOrDeletedUserIsOutOnTheNextRequest(t *testing.T) {
	s := newServer(t)
	admin, id := s.login(t), s.addUser(t, "jonas")
	token := s.loginAs(t, "jonas")
	wantStatus(t, s.patch(t, admin, id, `{"disabled":true}`), 200)
	wantProblem(t, s.get(t, "/user", token), 401)
	wantStatus(t, s.patch(t, admin, id, `{"disabled":false}`), 200)
	wantProblem(t, s.get(t, "/user", token), 401) // the session is over for good
	token = s.loginAs(t, "jonas")
	wantStatus(t, s.remove(t, admin, id), 204)
	wantProblem(t, s.get(t, "/user", token), 401)
	wantProblem(t, s.remove(t, admin, id), 404)
	wantProblem(t, s.patch(t, admin, id, `{"disabled":true}`), 404)
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := newServer(t)
	admin := s.login(t)
	id := s.get(t, "/user", admin).field("id").(string)
	wantProblem(t, s.patch(t, admin, id, `{"disabled":true}`), 409)
	wantProblem(t, s.patch(t, admin, id, `{"roles":["editor"]}`), 409)
	wantProblem(t, s.remove(t, admin, id), 409)
	wantStatus(t, s.patch(t, admin, id, `{"roles":["admin"]}`), 200)
}

func TestChangesThatAreRefused(t *testing.T) {
	s := newServer(t)
	admin, id := s.login(t), s.addUser(t, "jonas")
	before := s.get(t, "/users?q=jonas", admin).body
	for name, body := range map[string]string{
		"id":             `{"id":"1"}`,
		"username":       `{"username":"petra"}`,
		"password":       `{"password":"canary-5309"}`,
		"text":           `{"disabled":"yes"}`,
		"role as text":   `{"roles":"admin"}`,
		"role number":    `{"roles":[1]}`,
		"role with case": `{"roles":["Admin"]}`,
		"role of two":    `{"roles":["admin editor"]}`,
		"empty role":     `{"roles":[""]}`,
		"markup":         `{"roles":["<b>canary-5309</b>"]}`,
		"too many roles": `{"roles":[` + strings.Repeat(`"a",`, 32) + `"b"]}`,
	} {
		a := s.patch(t, admin, id, body)
		wantProblem(t, a, 422)
		if strings.Contains(a.body, "5309") {
			t.Errorf("%s: the answer repeats what was sent", name)
		}
	}
	if after := s.get(t, "/users?q=jonas", admin).body; after != before {
		t.Errorf("something changed: %s", after)
	}
	wantStatus(t, s.patch(t, admin, id, `{}`), 200) // nothing asked, nothing done
}

func TestUsersAreListedByPages(t *testing.T) {
	s := newServer(t)
	admin := s.login(t)
	for i := range 7 {
		s.addUser(t, fmt.Sprintf("User%d", i))
	}
	var names []string
	path := "/users?q=uSeR&limit=3"
	for after := ""; ; {
		a := s.get(t, path+after, admin)
		wantStatus(t, a, 200)
		for _, user := range a.field("users").([]any) {
			names = append(names, user.(map[string]any)["username"].(string))
		}
		next, more := a.field("next").(string)
		if !more {
			break
		}
		after = "&after=" + next
	}
	if got := strings.Join(names, " "); got != "User0 User1 User2 User3 User4 User5 User6" {
		t.Errorf("the pages hold %s", got)
	}
	empty := s.get(t, "/users?q=zzz", admin)
	if strings.TrimSpace(empty.body) != `{"users":[],"next":null}` {
		t.Errorf("no user is %s", empty.body)
	}
}

func TestQueriesOutOfRangeAreRefused(t *testing.T) {
	s := newServer(t)
	admin := s.login(t)
	for _, query := range []string{
		"limit=0", "limit=201", "limit=-1", "limit=canary-5309", "limit=1e2", "limit=99999999999999999999",
		"q=" + strings.Repeat("5309", 20), "after=" + strings.Repeat("5309", 20),
	} {
		a := s.get(t, "/users?"+query, admin)
		wantProblem(t, a, 422)
		if strings.Contains(a.body, "5309") {
			t.Errorf("%s: the answer repeats what was sent: %s", query, a.body)
		}
	}
	for _, query := range []string{"limit=1", "limit=200", "q=%25", "q='%20OR%201=1--", "after=%00", "unknown=1"} {
		wantStatus(t, s.get(t, "/users?"+query, admin), 200)
	}
}

// TestHostileTextIsOnlyText writes what no operation would take straight into
// the table: JSON must carry it as it is, and escape what HTML could read.
func TestHostileTextIsOnlyText(t *testing.T) {
	s := newServer(t)
	admin := s.login(t)
	for i, text := range xssStrings() {
		s.exec(t, "INSERT INTO users (id, username, username_key, email, password_hash, created_at) VALUES (?, ?, ?, ?, '', '2026-01-01')",
			fmt.Sprint(i), text, fmt.Sprintf("xss%02d", i), text)
	}
	a := s.get(t, "/users?q=xss&limit=200", admin)
	wantStatus(t, a, 200)
	if len(a.field("users").([]any)) != len(xssStrings()) {
		t.Error("some are missing")
	}
	if strings.ContainsAny(a.body, "<>") {
		t.Error("the answer holds markup")
	}
}
