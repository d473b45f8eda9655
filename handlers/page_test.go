package handlers

import (
	"html"
	"strings"
	"testing"
)

func TestErrorIsAPageForBrowsersAndAProblemForPrograms(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, row := range []struct {
		name, path, accept string
		status             int
		html               bool
	}{
		{"home", "/", "text/html", 200, true},
		{"login", "/login", "text/html", 200, true},
		{"login with a trailing slash", "/login/", "text/html", 200, true},
		{"login for curl", "/login", "*/*", 200, true},
		{"unknown path, browser", "/nothing-here", "text/html,application/xhtml+xml,*/*;q=0.8", 404, true},
		{"unknown path, program", "/nothing-here", "application/json", 404, false},
		{"unknown path, curl", "/nothing-here", "*/*", 404, false},
		{"guarded operation, browser", "/user", "text/html", 401, true},
		{"guarded operation, program", "/user", "application/json", 401, false},
		{"unknown method, browser", "/logout", "text/html", 405, true},
		{"unknown static file", "/static/0/nothing.js", "*/*", 404, false},
		{"path that climbs", "/static/0/../../go.mod", "*/*", 404, false},
		{"escaped path that climbs", "/static/0/%2e%2e%2f%2e%2e%2fgo.mod", "*/*", 404, false},
		{"script as path", "/<script>alert('" + canary + "')</script>", "text/html", 404, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.send(t, "GET", row.path, "", "Accept", row.accept)
			wantStatus(t, r, row.status)
			if isHTML := strings.HasPrefix(r.Header.Get("Content-Type"), "text/html"); isHTML != row.html {
				t.Errorf("Content-Type is %q", r.Header.Get("Content-Type"))
			}
			if !row.html {
				wantProblem(t, r, row.status)
			}
			if row.html && strings.Contains(r.body, r.Header.Get("X-Request-Id")) {
				t.Error("the page shows a request id, although nothing went wrong on the server")
			}
			if strings.Contains(r.body, canary) {
				t.Error("the page repeats what was sent")
			}
		})
	}
}

// TestOperationErrorsAreAPageForBrowsers covers errors that Huma finds and errors of operations.
func TestOperationErrorsAreAPageForBrowsers(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	invalid := s.send(t, "GET", "/users?limit=0", "", "Accept", "text/html", "Authorization", "Bearer "+token)
	wantStatus(t, invalid, 422)
	s.exec(t, "DELETE FROM user_roles")
	forbidden := s.send(t, "GET", "/users", "", "Accept", "text/html", "Authorization", "Bearer "+token)
	wantStatus(t, forbidden, 403)
	for _, r := range []response{invalid, forbidden} {
		if got := r.Header.Get("Content-Type"); got != "text/html; charset=UTF-8" || !strings.HasPrefix(r.body, "<!doctype html>") {
			t.Errorf("%d: Content-Type %q, body %.40q", r.StatusCode, got, r.body)
		}
	}
	if forbidden.Header.Get("WWW-Authenticate") == "" {
		t.Error("the page has no challenge")
	}
	s.exec(t, "DROP TABLE user_roles")
	failed := s.send(t, "GET", "/users/me", "", "Accept", "text/html", "Authorization", "Bearer "+token)
	wantStatus(t, failed, 500)
	if !strings.Contains(failed.body, failed.Header.Get("X-Request-Id")) {
		t.Error("the page of a failure does not show the request id")
	}
}

// TestPagesAreTheSameForEveryQuery keeps the server from reading what only the page's script may,
// such as where a login leads.
func TestPagesAreTheSameForEveryQuery(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/", "/login", "/register", "/set-password", "/account", "/admin/users"} {
		want := s.send(t, "GET", path, "")
		wantStatus(t, want, 200)
		for _, query := range []string{"", "next=/account", "next=//evil.example", "next=" + canary, "next=%00%ff", "next=a&next=b&x=1;y"} {
			if got := s.send(t, "GET", path+"?"+query, ""); got.StatusCode != 200 || got.body != want.body {
				t.Errorf("%s?%s: status %d, and another page", path, query, got.StatusCode)
			}
		}
	}
}

func TestThereIsOneFormatWhateverAProgramAccepts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for _, accept := range []string{
		"", "*/*", "json", "application/json", "application/xml", "application/problem+json", "application/json;q=0, json", "image/*",
	} {
		r := s.send(t, "GET", "/user", "", "Authorization", "Bearer "+token, "Accept", accept)
		wantStatus(t, r, 200)
		if got := r.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%q gets %q", accept, got)
		}
		wantType(t, s.postJSON(t, "/login", `{"x":1}`, "Accept", accept), 422, "invalid-fields")
		wantType(t, s.postJSON(t, "/login", `{`, "Accept", accept), 400, "malformed-body")
	}
}

// TestPageAndServerDescribeTheRulesAlike compares what the pages show with what the server answers.
func TestPageAndServerDescribeTheRulesAlike(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, id := s.login(t, "marisol"), s.addUser(t, "jonas")
	for path, r := range map[string]response{
		"/register":    s.register(t, "x"),
		"/admin/users": s.patch(t, admin, id, `{"roles":["X"]}`),
	} {
		wantStatus(t, r, 422)
		rule, _, _ := strings.Cut(r.field("detail").(string), ", and at most")
		if page := s.send(t, "GET", path, ""); !strings.Contains(page.body, html.EscapeString(strings.TrimSuffix(rule, "."))) {
			t.Errorf("%s does not show %q", path, rule)
		}
	}
}
