package handlers

import (
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestPagesAndTheirErrors(t *testing.T) {
	s := newServer(t)
	for _, row := range []struct {
		name, path, accept string
		status             int
		html               bool
	}{
		{"home", "/", "text/html", 200, true},
		{"login", "/login", "text/html", 200, true},
		{"login with a slash", "/login/", "text/html", 200, true},
		{"login for curl", "/login", "*/*", 200, true},
		{"unknown path to a person", "/nothing-here", "text/html,application/xhtml+xml,*/*;q=0.8", 404, true},
		{"unknown path to a program", "/nothing-here", "application/json", 404, false},
		{"unknown path to curl", "/nothing-here", "*/*", 404, false},
		{"guarded operation to a person", "/user", "text/html", 401, true},
		{"guarded operation to a program", "/user", "application/json", 401, false},
		{"unknown static file", "/static/0/nothing.js", "*/*", 404, false},
		{"path that climbs", "/static/0/../../go.mod", "*/*", 404, false},
		{"path that climbs, escaped", "/static/0/%2e%2e%2f%2e%2e%2fgo.mod", "*/*", 404, false},
		{"script as path", "/<script>alert(5309)</script>", "text/html", 404, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.send(t, "GET", row.path, "", "Accept", row.accept)
			wantStatus(t, a, row.status)
			if isHTML := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html"); isHTML != row.html {
				t.Errorf("Content-Type is %q", a.Header.Get("Content-Type"))
			}
			if !row.html {
				wantProblem(t, a, row.status)
			}
			if row.status >= 400 && row.html && !strings.Contains(a.body, a.Header.Get("X-Request-Id")) {
				t.Error("the page does not show the request's id")
			}
			if strings.Contains(a.body, "5309") {
				t.Error("the page repeats what was sent")
			}
		})
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	for name, a := range map[string]answer{
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
		"static file": s.send(t, "GET", s.assets.URL("app.css"), ""),
	} {
		for header, want := range map[string]string{
			"Content-Security-Policy":    contentSecurityPolicy,
			"X-Content-Type-Options":     "nosniff",
			"X-Frame-Options":            "DENY",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := a.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		if got := a.Header.Get("Cache-Control"); name != "static file" && got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", name, got)
		}
		if a.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over http would lock people out of a home network", name)
		}
	}
}

func TestStaticFilesAreKeptForGoodUnderTheirHash(t *testing.T) {
	s := newServer(t)
	known := s.assets.URL("app.css")
	a := s.send(t, "GET", known, "", "Accept-Encoding", "identity")
	wantStatus(t, a, 200)
	if got := a.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control of the present hash is %q", got)
	}
	zipped := s.send(t, "GET", known, "", "Accept-Encoding", "gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("the file is not compressed")
	}
	reader, err := gzip.NewReader(strings.NewReader(zipped.body))
	must(t, err)
	unzipped, err := io.ReadAll(reader)
	must(t, err)
	if string(unzipped) != a.body {
		t.Error("compressed and plain differ")
	}
	other := regexp.MustCompile(`/static/[0-9a-f]+/`).ReplaceAllString(known, "/static/0123456789abcdef/")
	upgraded := s.send(t, "GET", other, "", "Accept-Encoding", "identity")
	if upgraded.body != a.body || upgraded.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("another hash: Cache-Control is %q", upgraded.Header.Get("Cache-Control"))
	}
	same := s.send(t, "GET", other, "", "If-None-Match", a.Header.Get("ETag"))
	wantStatus(t, same, 304)
}

func TestHeadAnswersAsGetWithoutABody(t *testing.T) {
	s := newServer(t)
	for _, path := range []string{"/", "/login", "/healthz", "/readyz"} {
		a := s.send(t, "HEAD", path, "")
		wantStatus(t, a, 200)
		if a.body != "" {
			t.Errorf("%s: HEAD has a body", path)
		}
	}
}

func TestHeadersOfAClientChooseNeitherItsAddressNorTheRequestID(t *testing.T) {
	s := newServer(t)
	a := s.send(t, "GET", "/healthz", "", "X-Forwarded-For", "203.0.113.9", "X-Real-IP", "203.0.113.9",
		"Forwarded", "for=203.0.113.9", "X-Request-Id", "canary-5309")
	if id := a.Header.Get("X-Request-Id"); id == "canary-5309" || id == "" {
		t.Errorf("the request id is %q", id)
	}
	if strings.Contains(s.log.String(), "203.0.113.9") || !strings.Contains(s.log.String(), "address=127.0.0.1") {
		t.Error("the log holds an address that the client chose")
	}
}

func TestTheLogGivesEveryRequestOneLine(t *testing.T) {
	s := newServer(t)
	a := s.postJSON(t, "/login", `{"name":"a\nlevel=ERROR","password":"x"}`)
	if n := strings.Count(s.log.String(), a.Header.Get("X-Request-Id")); n != 1 {
		t.Errorf("%d lines hold the request's id", n)
	}
	if strings.Count(s.log.String(), "\n") != 1 {
		t.Error("what was sent broke the log's line")
	}
}

func TestThereIsOneFormatWhateverAProgramAccepts(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	for _, accept := range []string{"", "*/*", "json", "application/json", "application/xml", "application/problem+json", "application/json;q=0, json", "image/*"} {
		a := s.send(t, "GET", "/user", "", "Authorization", "Bearer "+token, "Accept", accept)
		wantStatus(t, a, 200)
		if got := a.Header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%q gets %q", accept, got)
		}
		wantProblem(t, s.postJSON(t, "/login", `{"x":1}`, "Accept", accept), 422)
		wantProblem(t, s.postJSON(t, "/login", `{`, "Accept", accept), 400)
	}
}

// TestBehindAProxyWithTLS makes a Handler as it is where people come by https.
func TestBehindAProxyWithTLS(t *testing.T) {
	s := newServer(t)
	o := s.Options
	o.PublicURL = "https://login.example.org"
	h, err := New(o)
	must(t, err)
	s.Server.Config.Handler = h
	body := `{"name":"marisol","password":"` + testPassword + `"}`
	a := s.postJSON(t, "/login", body, "Origin", "https://login.example.org") // though it is not the address of this server
	wantStatus(t, a, 200)
	if got := a.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
	if cookie := a.Cookies()[0]; cookie.Name != "__Host-latchkey" || !cookie.Secure {
		t.Errorf("the cookie is %+v", cookie)
	}
	wantProblem(t, s.postJSON(t, "/login", body, "Origin", "https://evil.example"), 403)
}
