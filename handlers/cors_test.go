package handlers

import "testing"

func TestOriginsThatAreAllowed(t *testing.T) {
	s := newServer(t) // https://app.example
	for _, row := range []struct {
		name, method, path, origin string
		allowed                    bool
	}{
		{"bearer operation", "GET", "/user", "https://app.example", true},
		{"operation with a parameter", "PATCH", "/users/1", "https://app.example", true},
		{"token", "POST", "/token", "https://app.example", true},
		{"trailing slash", "GET", "/users/me/", "https://app.example", true},
		{"another origin", "GET", "/user", "https://evil.example", false},
		{"longer origin", "GET", "/user", "https://app.example.evil.example", false},
		{"null origin", "GET", "/user", "null", false},
		{"http instead of https", "GET", "/user", "http://app.example", false},
		{"login", "POST", "/login", "https://app.example", false},
		{"logout", "POST", "/logout", "https://app.example", false},
		{"sign-up", "POST", "/register", "https://app.example", false},
		{"page", "GET", "/", "https://app.example", false},
		{"unknown path", "GET", "/nothing", "https://app.example", false},
		{"unknown method", "DELETE", "/user", "https://app.example", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := ""
			if row.allowed {
				want = row.origin
			}
			preflight := s.send(t, "OPTIONS", row.path, "", "Origin", row.origin,
				"Access-Control-Request-Method", row.method, "Access-Control-Request-Headers", "authorization")
			real := s.send(t, row.method, row.path, "", "Origin", row.origin)
			for name, a := range map[string]answer{"preflight": preflight, "request": real} {
				if got := a.Header.Get("Access-Control-Allow-Origin"); got != want {
					t.Errorf("%s: Access-Control-Allow-Origin is %q", name, got)
				}
				if a.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s: credentials are allowed", name)
				}
			}
		})
	}
}
