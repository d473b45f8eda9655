package handlers

import (
	"net/http/httptest"
	"testing"
)

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

// TestWhatIsPublishedIsOpenToEveryOrigin also where the operator named none.
func TestWhatIsPublishedIsOpenToEveryOrigin(t *testing.T) {
	named := newServer(t)
	none, err := New(Options{PublicURL: "http://localhost:8000", Issuer: named.Issuer, Log: named.Handler.Log})
	must(t, err)
	for name, h := range map[string]*Handler{"with ALLOWED_ORIGINS": named.Handler, "without": none} {
		for _, path := range []string{"/.well-known/jwks.json", "/.well-known/jwks.json/", "/.well-known/oauth-authorization-server"} {
			for _, origin := range []string{"https://app.example", "https://evil.example", "null"} {
				for _, method := range []string{"GET", "OPTIONS"} {
					request := httptest.NewRequest(method, path, nil)
					request.Header.Set("Origin", origin)
					request.Header.Set("Access-Control-Request-Method", "GET")
					recorder := httptest.NewRecorder()
					h.ServeHTTP(recorder, request)
					header := recorder.Header()
					if got := header.Values("Access-Control-Allow-Origin"); recorder.Code >= 300 || len(got) != 1 || got[0] != "*" {
						t.Errorf("%s: %s %s from %s: status %d, Access-Control-Allow-Origin %q", name, method, path, origin, recorder.Code, got)
					}
					if header.Get("Access-Control-Allow-Credentials") != "" {
						t.Errorf("%s: %s allows credentials", name, method)
					}
				}
			}
		}
		request := httptest.NewRequest("GET", "/healthz", nil)
		request.Header.Set("Origin", "https://evil.example")
		recorder := httptest.NewRecorder()
		h.ServeHTTP(recorder, request)
		if got := recorder.Header().Get("Access-Control-Allow-Origin"); got != "" {
			t.Errorf("%s: what says nothing is open to %s", name, got)
		}
	}
}
