package handlers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestLoopbackServerAnswersOnlyToItsOwnHostNames(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.Loopback, o.PublicURL = true, "https://Login.example.org" })
	for host, own := range map[string]bool{
		"login.example.org":       true,
		"LOGIN.example.org.:8443": true,
		"localhost":               true,
		"LocalHost:8000":          true,
		"localhost.":              true,
		"app.localhost:8000":      true,
		"127.0.0.1:8000":          true,
		"127.0.0.1":               true,
		"[::1]:8000":              true,
		"[::1]":                   true,
		"203.0.113.9":             true, // an address cannot be pointed elsewhere
		"":                        true, // no browser leaves it out
		"evil.example":            false,
		"evil.example:8000":       false,
		"login.example.org.evil":  false,
		"evil.login.example.org":  false,
		"notlocalhost":            false,
		"localhost.evil.example":  false,
		"127.0.0.1.evil.example":  false,
		"127.0.0.1.nip.io":        false,
		"0x7f.1":                  false,
		"2130706433":              false,
		".localhost.evil":         false,
		"evil.example@localhost":  false,
		"[::1].evil.example":      false,
		"[evil.example]":          false,
	} {
		for _, path := range []string{"/", "/login", "/healthz", "/nothing", "/openapi.json", s.assets.URL("app.css")} {
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			s.Handler.ServeHTTP(w, r)
			if misdirected := w.Code == http.StatusMisdirectedRequest; misdirected == own {
				t.Errorf("Host %q, GET %s: status %d", host, path, w.Code)
			}
		}
	}
}

func TestMisdirectedRequestNamesTheRemedy(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.Loopback = true })
	rebound := []string{"Host", "evil.example", "Origin", "http://evil.example"}
	r := s.postJSON(t, "/login", credentials("marisol"), rebound...)
	wantType(t, r, 421, "misdirected-request")
	page := s.send(t, "GET", "/login", "", append(rebound, "Accept", "text/html")...)
	wantStatus(t, page, 421)
	form := s.postForm(t, "/token", "username=marisol&password=x", rebound...)
	wantStatus(t, form, 421)
	for _, answer := range []response{r, page, form} {
		if !strings.Contains(answer.body, "PUBLIC_URL") || strings.Contains(answer.body, "evil.example") {
			t.Errorf("the answer is %s", answer.body)
		}
	}
}

// Otherwise a server that a proxy or a container reaches by another name would need a setting.
func TestServerOnAnotherAddressAnswersToEveryHostName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wantStatus(t, s.send(t, "GET", "/", "", "Host", "latchkey.internal"), 200)
}
