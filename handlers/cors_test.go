package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestAllowedOriginsMayUseBearerOperationsOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t) // ALLOWED_ORIGINS is https://app.example
	for _, row := range []struct {
		name, method, path, origin string
		allowed                    bool
	}{
		{"bearer operation", "GET", "/user", "https://app.example", true},
		{"operation with a parameter", "PATCH", "/users/1", "https://app.example", true},
		{"token", "POST", "/token", "https://app.example", true},
		{"revoke", "POST", "/revoke", "https://app.example", true},
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
		{"unknown path under a known one", "PATCH", "/users/1/2", "https://app.example", false},
		{"unknown method", "DELETE", "/user", "https://app.example", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			want := ""
			if row.allowed {
				want = row.origin
			}
			preflight := s.send(t, "OPTIONS", row.path, "", "Origin", row.origin,
				"Access-Control-Request-Method", row.method, "Access-Control-Request-Headers", "authorization")
			request := s.send(t, row.method, row.path, "", "Origin", row.origin)
			for name, r := range map[string]response{"preflight": preflight, "request": request} {
				if got := r.Header.Get("Access-Control-Allow-Origin"); got != want {
					t.Errorf("%s: Access-Control-Allow-Origin is %q", name, got)
				}
				if r.Header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s: credentials are allowed", name)
				}
			}
		})
	}
}

func TestAllowedOriginsMaySendProofsAndReadNonces(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/token", "/sessions"} {
		preflight := s.send(t, "OPTIONS", path, "", "Origin", "https://app.example",
			"Access-Control-Request-Method", map[string]string{"/token": "POST", "/sessions": "GET"}[path], "Access-Control-Request-Headers", "dpop")
		if got := preflight.Header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "DPoP") {
			t.Errorf("%s: Access-Control-Allow-Headers is %q", path, got)
		}
	}
	r := s.send(t, "GET", "/sessions", "", "Origin", "https://app.example")
	for _, name := range []string{"DPoP-Nonce", "WWW-Authenticate", "Retry-After"} {
		if got := r.Header.Get("Access-Control-Expose-Headers"); !strings.Contains(strings.ToLower(got), strings.ToLower(name)) {
			t.Errorf("Access-Control-Expose-Headers is %q, without %s", got, name)
		}
	}
}

func TestKeySetAndMetadataAreOpenToEveryOrigin(t *testing.T) {
	t.Parallel()
	withOrigins := newServer(t)
	without, err := New(Options{PublicURL: "http://localhost:8000", Store: withOrigins.store, Issuer: withOrigins.issuer, Log: withOrigins.log})
	authtest.Must(t, err)
	for name, h := range map[string]*Handler{"with ALLOWED_ORIGINS": withOrigins.Handler, "without": without} {
		for _, path := range []string{"/.well-known/jwks.json", "/.well-known/jwks.json/", "/.well-known/oauth-authorization-server"} {
			for _, origin := range []string{"https://app.example", "https://evil.example", "null"} {
				for _, method := range []string{"GET", "OPTIONS"} {
					status, header := askFrom(h, method, path, origin)
					if got := header.Values("Access-Control-Allow-Origin"); status >= 300 || len(got) != 1 || got[0] != "*" {
						t.Errorf("%s: %s %s from %s: status %d, Access-Control-Allow-Origin %q", name, method, path, origin, status, got)
					}
					if header.Get("Access-Control-Allow-Credentials") != "" {
						t.Errorf("%s: %s allows credentials", name, method)
					}
				}
			}
		}
		if _, header := askFrom(h, "GET", "/healthz", "https://evil.example"); header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: a route without the option is open to every origin", name)
		}
	}
}

// askFrom sends a request as a browser app at origin does.
func askFrom(h *Handler, method, path, origin string) (int, http.Header) {
	request := httptest.NewRequest(method, path, nil)
	request.Header.Set("Origin", origin)
	request.Header.Set("Access-Control-Request-Method", "GET")
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Header()
}
