package handlers

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEveryResponseHasTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for name, r := range map[string]response{
		"page":        s.send(t, "GET", "/", ""),
		"operation":   s.get(t, "/user", token),
		"204":         s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+token),
		"400":         s.postJSON(t, "/login", "{"),
		"401":         s.send(t, "GET", "/user", ""),
		"403":         s.postJSON(t, "/login", "{}", "Origin", "https://evil.example"),
		"404":         s.send(t, "GET", "/nothing", ""),
		"404 page":    s.send(t, "GET", "/nothing", "", "Accept", "text/html"),
		"405":         s.send(t, "DELETE", "/login", ""),
		"413":         s.postJSON(t, "/login", padded(20000)),
		"415":         s.send(t, "POST", "/login", ""),
		"422":         s.postJSON(t, "/login", "{}"),
		"OAuth error": s.postForm(t, "/token", ""),
		"static file": s.send(t, "GET", s.assets.URL("app.css"), ""),
	} {
		for header, want := range map[string]string{
			"Content-Security-Policy":    contentSecurityPolicy,
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		prepared := name == "page" || name == "static file" // they may be cached; see prepared_test.go
		if got := r.Header.Get("Cache-Control"); !prepared && got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", name, got)
		}
		if r.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over http would lock people out of a home network", name)
		}
	}
}

func TestClientChoosesNeitherItsAddressNorTheRequestID(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.send(t, "GET", "/healthz", "", "X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9",
		"Forwarded", "for=203.0.113.9", "X-Request-Id", canary)
	if id := r.Header.Get("X-Request-Id"); id == canary || id == "" {
		t.Errorf("the request id is %q", id)
	}
	if strings.Contains(s.logged.String(), "203.0.113.9") || !strings.Contains(s.logged.String(), "address=127.0.0.1") {
		t.Error("the log shows an address that the client chose")
	}
}

func TestEveryRequestIsOneLineInTheLog(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.postJSON(t, "/login", `{"name":"a\nlevel=ERROR","password":"x"}`)
	if n := strings.Count(s.logged.String(), r.Header.Get("X-Request-Id")); n != 1 {
		t.Errorf("%d lines contain the request id", n)
	}
	if strings.Count(s.logged.String(), "\n") != 1 {
		t.Error("what was sent broke the line")
	}
}

func TestLongCauseIsCut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cause := strings.Repeat("é", 10_000)
	fail := func(context.Context, *struct{}) (*struct{}, error) { return nil, errors.New("x" + cause) }
	operation(s.Handler, "GET /test-long", public, fail)
	s.send(t, "GET", "/test-long", "")
	if line := s.logLine("/test-long"); !strings.Contains(line, "é…") || len(line) > 600 {
		t.Errorf("the line has %d bytes: %.600s", len(line), line)
	}
	if got := cut("x" + cause); len(got) > maxLogged+len("…") || !utf8.ValidString(got) {
		t.Errorf("cut at %d bytes: %q", len(got), got)
	}
	for _, whole := range []string{"", "short", strings.Repeat("x", maxLogged)} {
		if got := cut(whole); got != whole {
			t.Errorf("%d bytes became %d", len(whole), len(got))
		}
	}
}

// TestForgedTokenWritesAShortLine sends an unsigned token whose exp has 14 kB, which the JWT
// library repeats in its error several times.
func TestForgedTokenWritesAShortLine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	encode := base64.RawURLEncoding.EncodeToString
	exp := strings.Repeat("987", 14_000/3)
	wantStatus(t, s.get(t, "/user", encode([]byte(`{"alg":"HS256"}`))+"."+encode([]byte(`{"exp":`+exp+`}`))+".x"), 401)
	if line := s.logLine("route=/user"); len(line) > 500 || strings.Contains(line, "987987") || !strings.Contains(line, "malformed") {
		t.Errorf("the line has %d bytes: %.600s", len(line), line)
	}
}

func TestLongMethodWritesAShortLine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.send(t, strings.Repeat("M", 10_000), "/user", "")
	if n := len(s.logged.String()); n == 0 || n > 600 {
		t.Errorf("the log has %d bytes", n)
	}
}

func TestLogContainsNoSecrets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	s.postJSON(t, "/login", `{"name":"`+canary+`","password":"`+canary+`"}`)
	s.get(t, "/user", token)
	s.send(t, "GET", "/"+canary+"?access_token="+canary, "")
	for _, secret := range []string{canary, testPassword, token, strings.Split(token, ".")[2], testSecret} {
		if strings.Contains(s.logged.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
	if !strings.Contains(s.logged.String(), "unknown user") {
		t.Error("the log does not say why a login was refused")
	}
}

// TestPublicURLWithHTTPS is about a server behind a proxy that adds TLS.
func TestPublicURLWithHTTPS(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.PublicURL, o.PublicURLSet = "https://login.example.org", true })
	r := s.postJSON(t, "/login", credentials("marisol"), "Origin", "https://login.example.org") // not the address of this server
	wantStatus(t, r, 200)
	if got := r.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
	if cookie := r.Cookies()[0]; cookie.Name != "__Host-latchkey" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("the cookie is %+v", cookie)
	}
	wantType(t, s.postJSON(t, "/login", credentials("marisol"), "Origin", "https://evil.example"), 403, "cross-origin")
}

func TestPublicURLMustBeAnOrigin(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "login.example.org", "https://login.example.org/path", "https://login.example.org?x=1"} {
		if _, err := New(Options{PublicURL: url}); err == nil {
			t.Errorf("%q was accepted", url)
		}
	}
}
