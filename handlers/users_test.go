package handlers

import (
	"fmt"
	"strings"
	"testing"
)

// addUser signs a user up and returns the user's id.
func (s *server) addUser(t *testing.T, name string) string {
	t.Helper()
	r := s.register(t, name)
	wantStatus(t, r, 201)
	return r.field("id").(string)
}

func (s *server) patch(t *testing.T, token, id, body string) response {
	t.Helper()
	return s.send(t, "PATCH", "/users/"+id, body, "Authorization", "Bearer "+token, "Content-Type", "application/json")
}

func (s *server) remove(t *testing.T, token, id string) response {
	t.Helper()
	return s.send(t, "DELETE", "/users/"+id, "", "Authorization", "Bearer "+token)
}

func TestAdministrationNeedsTheRoleAdmin(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.addUser(t, "jonas")
	token := s.login(t, "jonas")
	for name, r := range map[string]response{
		"list":         s.get(t, "/users", token),
		"change":       s.patch(t, token, id, `{"roles":["admin"]}`),
		"delete":       s.remove(t, token, id),
		"add":          s.postJSON(t, "/users", `{"username":"petra"}`, "Authorization", "Bearer "+token),
		"link":         s.send(t, "POST", "/users/"+id+"/password-link", "", "Authorization", "Bearer "+token),
		"see sessions": s.get(t, "/users/"+id+"/sessions", token),
		"end sessions": s.send(t, "DELETE", "/users/"+id+"/sessions", "", "Authorization", "Bearer "+token),
	} {
		wantType(t, r, 403, "insufficient-scope")
		if got := r.Header.Get("WWW-Authenticate"); got != challengeScope {
			t.Errorf("%s: WWW-Authenticate is %q", name, got)
		}
	}
	wantType(t, s.send(t, "GET", "/users", ""), 401, "token-required")
}

func TestRoleChangeCountsOnTheNextRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	token := s.login(t, "jonas")
	r := s.patch(t, admin, id, `{"roles":["editor","admin"]}`)
	wantStatus(t, r, 200)
	if !strings.Contains(r.body, `"roles":["admin","editor"]`) {
		t.Errorf("the response is %s", r.body)
	}
	wantStatus(t, s.get(t, "/users", token), 200)
	wantStatus(t, s.patch(t, admin, id, `{"roles":[]}`), 200)
	wantType(t, s.get(t, "/users", token), 403, "insufficient-scope")
}

func TestDisabledOrDeletedUserIsRefusedOnTheNextRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	token := s.login(t, "jonas")
	wantStatus(t, s.patch(t, admin, id, `{"disabled":true}`), 200)
	wantType(t, s.get(t, "/user", token), 401, "session-ended")
	wantStatus(t, s.patch(t, admin, id, `{"disabled":false}`), 200)
	wantType(t, s.get(t, "/user", token), 401, "session-ended") // the session has ended for good
	token = s.login(t, "jonas")
	wantStatus(t, s.remove(t, admin, id), 204)
	wantType(t, s.get(t, "/user", token), 401, "session-ended")
	wantType(t, s.remove(t, admin, id), 404, "user-not-found")
	wantType(t, s.patch(t, admin, id, `{"disabled":true}`), 404, "user-not-found")
}

func TestLastAdministratorCannotBeRemoved(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	id := s.get(t, "/user", admin).field("id").(string)
	wantType(t, s.patch(t, admin, id, `{"disabled":true}`), 409, "last-admin")
	wantType(t, s.patch(t, admin, id, `{"roles":["editor"]}`), 409, "last-admin")
	wantType(t, s.remove(t, admin, id), 409, "last-admin")
	wantStatus(t, s.patch(t, admin, id, `{"roles":["admin"]}`), 200)
}

func TestInvalidChangeOfAUserIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	before := s.get(t, "/users?q=jonas", admin).body
	for name, row := range map[string]struct{ body, kind, location string }{
		"id":                 {`{"id":"1"}`, "invalid-fields", "body"},
		"username":           {`{"username":"petra"}`, "invalid-fields", "body"},
		"password":           {`{"password":"` + canary + `"}`, "invalid-fields", "body"},
		"number as e-mail":   {`{"email":1}`, "invalid-fields", "body.email"},
		"empty e-mail":       {`{"email":""}`, "invalid-email", "body.email"},
		"no e-mail":          {`{"email":"` + canary + `"}`, "invalid-email", "body.email"},
		"text as disabled":   {`{"disabled":"yes"}`, "invalid-fields", "body.disabled"},
		"text as roles":      {`{"roles":"admin"}`, "invalid-fields", "body.roles"},
		"number as role":     {`{"roles":[1]}`, "invalid-fields", "body.roles[0]"},
		"33 roles":           {`{"roles":[` + strings.Repeat(`"a",`, 32) + `"b"]}`, "invalid-fields", "body.roles"},
		"role in upper case": {`{"roles":["Admin"]}`, "invalid-role", "body.roles"},
		"two roles in one":   {`{"roles":["admin editor"]}`, "invalid-role", "body.roles"},
		"empty role":         {`{"roles":[""]}`, "invalid-role", "body.roles"},
		"markup":             {`{"roles":["<b>` + canary + `</b>"]}`, "invalid-role", "body.roles"},
	} {
		r := s.patch(t, admin, id, row.body)
		wantType(t, r, 422, row.kind)
		if got := r.fieldError(0).Location; got != row.location {
			t.Errorf("%s: the location is %q, want %q", name, got, row.location)
		}
		if strings.Contains(r.body, canary) {
			t.Errorf("%s: the response repeats what was sent", name)
		}
	}
	if after := s.get(t, "/users?q=jonas", admin).body; after != before {
		t.Errorf("the user changed: %s", after)
	}
	wantStatus(t, s.patch(t, admin, id, `{}`), 200) // changes nothing
}

func TestEmailAddressIsReplacedRemovedOrLeftAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	for _, row := range []struct {
		body string
		want any
	}{
		{`{}`, nil}, {`{"email":"Jonas@Example.org"}`, "Jonas@Example.org"}, {`{}`, "Jonas@Example.org"},
		{`{"disabled":false}`, "Jonas@Example.org"}, {`{"email":null}`, nil}, {`{"email":null}`, nil},
	} {
		r := s.patch(t, admin, id, row.body)
		wantStatus(t, r, 200)
		if got := r.field("email"); got != row.want {
			t.Errorf("after %s the address is %v, want %v", row.body, got, row.want)
		}
	}
}

// add creates a user as an administrator.
func (s *server) add(t *testing.T, admin, body string) response {
	t.Helper()
	return s.postJSON(t, "/users", body, "Authorization", "Bearer "+admin)
}

func TestAdministratorAddsUsers(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.Signup = false })
	admin := s.login(t, "marisol")
	r := s.add(t, admin, `{"username":"Jonas","email":"jonas@example.org","roles":["reader","editor"],"password":"`+testPassword+`"}`)
	wantStatus(t, r, 201)
	if r.field("username") != "Jonas" || r.field("email") != "jonas@example.org" || r.field("last_login_at") != nil ||
		!strings.Contains(r.body, `"roles":["editor","reader"]`) || strings.Contains(r.body, "password") {
		t.Errorf("the response is %s", r.body)
	}
	s.login(t, "jonas")
	for body, location := range map[string]string{
		`{"username":"JONAS"}`: "body.username", `{"username":"a b"}`: "body.username", `{"username":"petra","email":"petra"}`: "body.email",
		`{"username":"petra","roles":["Admin"]}`: "body.roles", `{"username":"petra","password":""}`: "body.password",
		`{"username":"petra","password":"petra words"}`: "body.password",
	} {
		r := s.add(t, admin, body)
		if r.StatusCode != 409 && r.StatusCode != 422 {
			t.Errorf("%s: status %d", body, r.StatusCode)
		}
		wantFieldError(t, r, location)
	}
	wantType(t, s.add(t, admin, `{"email":"petra@example.org"}`), 422, "invalid-fields")
}

// An administrator who enters a school is not a flood of sign-ups.
func TestAddingUsersIsNotThrottled(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.store.Throttle([]byte("key"))
	admin := s.login(t, "marisol")
	for i := range 70 {
		wantStatus(t, s.add(t, admin, fmt.Sprintf(`{"username":"user%d","password":%q}`, i, testPassword)), 201)
	}
}

func TestUsersAreFoundByEmailRoleAndState(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	for _, body := range []string{
		`{"username":"hello","roles":["editor"]}`, `{"username":"zoe","email":"hello@example.org"}`, `{"username":"jonas","roles":["editor"]}`,
	} {
		wantStatus(t, s.add(t, admin, body), 201)
	}
	zoe := s.get(t, "/users?q=zoe", admin).field("users").([]any)[0].(map[string]any)
	wantStatus(t, s.patch(t, admin, zoe["id"].(string), `{"disabled":true}`), 200)
	for query, want := range map[string]string{
		"q=HELLO": "hello zoe", "q=hello@": "zoe", "q=hello&role=editor": "hello", "q=hello&disabled=true": "zoe", "q=hello&disabled=false": "hello",
		"disabled=true": "zoe", "role=editor": "hello jonas Marisol", "role=editor&disabled=true": "", "": "hello jonas Marisol zoe",
	} {
		var names []string
		for _, user := range s.get(t, "/users?"+query, admin).field("users").([]any) {
			user := user.(map[string]any)
			names = append(names, user["username"].(string))
			if hasLoggedIn := user["last_login_at"] != nil; hasLoggedIn != (user["username"] == "Marisol") {
				t.Errorf("the last login of %s is %v", user["username"], user["last_login_at"])
			}
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s finds %q, want %q", query, got, want)
		}
	}
}

func TestUsersAreListedInPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	for i := range 7 {
		s.addUser(t, fmt.Sprintf("User%d", i))
	}
	var names []string
	path := "/users?q=uSeR&limit=3"
	for after := ""; ; {
		r := s.get(t, path+after, admin)
		wantStatus(t, r, 200)
		for _, user := range r.field("users").([]any) {
			names = append(names, user.(map[string]any)["username"].(string))
		}
		next, more := r.field("next").(string)
		if !more {
			break
		}
		after = "&after=" + next
	}
	if got := strings.Join(names, " "); got != "User0 User1 User2 User3 User4 User5 User6" {
		t.Errorf("the pages contain %s", got)
	}
	empty := s.get(t, "/users?q=zzz", admin)
	if strings.TrimSpace(empty.body) != `{"users":[],"next":null}` {
		t.Errorf("an empty page is %s", empty.body)
	}
}

func TestInvalidQueryIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	for _, query := range []string{
		"limit=0", "limit=201", "limit=-1", "limit=" + canary, "limit=1e2", "limit=99999999999999999999",
		"q=" + strings.Repeat(canary, 32), "after=" + strings.Repeat(canary, 65), "after=" + canary, "after=%00", "after=dQ", "after=ZQ",
		"role=" + strings.Repeat(canary, 9), "disabled=" + canary, "disabled=1",
	} {
		r := s.get(t, "/users?"+query, admin)
		wantType(t, r, 422, "invalid-fields")
		name, _, _ := strings.Cut(query, "=")
		if got := r.fieldError(0).Location; got != "query."+name {
			t.Errorf("%s: the location is %q", query, got)
		}
		if strings.Contains(r.body, canary) {
			t.Errorf("%s: the response repeats what was sent: %s", query, r.body)
		}
	}
	for _, query := range []string{"limit=1", "limit=200", "q=%25", "q='%20OR%201=1--", "q=%00", "role=%00", "role='", "unknown=1"} {
		wantStatus(t, s.get(t, "/users?"+query, admin), 200)
	}
}

// TestHostileTextStaysText writes text that no operation accepts straight into the table. JSON must
// carry it unchanged and escape what HTML would parse.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	for i, text := range xssStrings() {
		s.exec(t, "INSERT INTO users (id, username, username_key, email, password_hash, created_at) VALUES (?, ?, ?, ?, '', '2026-01-01')",
			fmt.Sprint(i), text, fmt.Sprintf("xss%02d", i), text)
	}
	r := s.get(t, "/users?q=xss&limit=200", admin)
	wantStatus(t, r, 200)
	if len(r.field("users").([]any)) != len(xssStrings()) {
		t.Error("users are missing")
	}
	if strings.ContainsAny(r.body, "<>") {
		t.Error("the response contains markup")
	}
}
