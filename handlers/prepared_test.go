package handlers

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"latchkey/auth/authtest"
)

// preparedPaths returns paths of everything that is prepared at start.
func (s *server) preparedPaths() []string {
	return []string{"/", "/login", "/register", "/set-password", "/account", "/admin/users", "/docs", "/openapi.json", s.assets.URL("app.css")}
}

func unzip(t *testing.T, r response) string {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(r.body))
	authtest.Must(t, err)
	plain, err := io.ReadAll(reader)
	authtest.Must(t, err)
	return string(plain)
}

func TestWhatIsPreparedAtStartIsCompressedAndRevalidated(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range s.preparedPaths() {
		plain := s.send(t, "GET", path, "", "Accept-Encoding", "identity")
		zipped := s.send(t, "GET", path, "", "Accept-Encoding", "gzip", "Accept", "text/html")
		if zipped.Header.Get("Content-Encoding") != "gzip" || unzip(t, zipped) != plain.body {
			t.Errorf("%s: the compressed content differs from the plain one", path)
		}
		if len(zipped.body) >= len(plain.body) {
			t.Errorf("%s: %d bytes were compressed to %d", path, len(plain.body), len(zipped.body))
		}
		etag := plain.Header.Get("ETag")
		for _, r := range []response{plain, zipped} {
			wantStatus(t, r, 200)
			if r.Header.Get("Vary") != "Accept-Encoding" || r.Header.Get("Content-Length") != strconv.Itoa(len(r.body)) {
				t.Errorf("%s: Vary is %q, Content-Length is %q", path, r.Header.Get("Vary"), r.Header.Get("Content-Length"))
			}
			if got := r.Header.Get("Cache-Control"); got != "no-cache" && !strings.HasPrefix(path, "/static/") {
				t.Errorf("%s: Cache-Control is %q", path, got)
			}
			if !strings.HasPrefix(etag, `W/"`) || r.Header.Get("ETag") != etag {
				t.Errorf("%s: ETag is %q and %q", path, etag, r.Header.Get("ETag"))
			}
		}
		again := s.send(t, "GET", path, "", "Accept-Encoding", "gzip", "If-None-Match", etag)
		wantStatus(t, again, 304)
		if again.body != "" || again.Header.Get("ETag") != etag || again.Header.Get("Vary") != "Accept-Encoding" ||
			again.Header.Get("Cache-Control") != plain.Header.Get("Cache-Control") {
			t.Errorf("%s: the response 304 has the body %q and %v", path, again.body, again.Header)
		}
	}
}

func TestHeadDescribesWhatGetSends(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range s.preparedPaths() {
		for _, encoding := range []string{"gzip", "identity"} {
			get := s.send(t, "GET", path, "", "Accept-Encoding", encoding)
			head := s.send(t, "HEAD", path, "", "Accept-Encoding", encoding)
			wantStatus(t, head, 200)
			if head.body != "" {
				t.Errorf("HEAD %s: %d bytes", path, len(head.body))
			}
			for _, name := range []string{"Cache-Control", "Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary"} {
				if got, want := head.Header.Get(name), get.Header.Get(name); got != want {
					t.Errorf("HEAD %s: %s is %q, want %q", path, name, got, want)
				}
			}
		}
		etag := s.send(t, "GET", path, "").Header.Get("ETag")
		wantStatus(t, s.send(t, "HEAD", path, "", "If-None-Match", etag), 304)
	}
}

func TestClientChoosesTheEncoding(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		accepted string
		zipped   bool
	}{
		{"", false},
		{"gzip", true},
		{"GZip", true},
		{"gzip, deflate, br, zstd", true},
		{"br", false},
		{"br, gzip", true},
		{"deflate,gzip;q=0.5", true},
		{"gzip;q=1.0", true},
		{"gzip; q=0.001", true},
		{"gzip;q=0", false},
		{"gzip; Q=0", false},
		{"gzip ; q=0.000", false},
		{"gzip;q=", false},
		{"gzip;q=high", false},
		{"*", true},
		{"*;q=0.1", true},
		{"*;q=0", false},
		{"gzip;q=0, *", false},
		{"*;q=0, gzip", true},
		{"identity;q=0, gzip;q=0.1", true},
		{"identity, gzip;q=0.5", false},
		{"identity;q=0.5, gzip", true},
		{"xgzip", false},
		{"gzipped", false},
		{"br;q=1, not-gzip", false},
		{",, ,", false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.Header.Set("Accept-Encoding", row.accepted)
		if got := acceptsGzip(r); got != row.zipped {
			t.Errorf("%q: gzip is %v, want %v", row.accepted, got, row.zipped)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	r.Header["Accept-Encoding"] = []string{"br", "gzip"}
	if !acceptsGzip(r) {
		t.Error("only the first of two headers counts")
	}
}

func TestOnlyTheSameContentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	weak := s.send(t, "GET", "/login", "").Header.Get("ETag")
	strong := strings.TrimPrefix(weak, "W/")
	other := s.send(t, "GET", "/register", "").Header.Get("ETag")
	for _, row := range []struct {
		known  string
		status int
	}{
		{weak, 304},
		{strong, 304}, // the comparison is weak
		{other + ", " + weak, 304},
		{`"a, b",` + strong, 304},
		{" * ", 304},
		{"", 200},
		{other, 200},
		{strings.Trim(strong, `"`), 200},
		{strong[:len(strong)-2] + `"`, 200},
		{`"*"`, 200},
	} {
		wantStatus(t, s.send(t, "GET", "/login", "", "If-None-Match", row.known), row.status)
	}
}

// TestNothingElseIsCompressed guards against BREACH: the length of a compressed response would tell
// how much of what an attacker made the request contain is in the response too.
func TestNothingElseIsCompressed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for name, r := range map[string]response{
		"operation":   s.send(t, "GET", "/users", "", "Accept-Encoding", "gzip", "Authorization", "Bearer "+token),
		"login":       s.postJSON(t, "/login", credentials("marisol"), "Accept-Encoding", "gzip"),
		"problem":     s.send(t, "GET", "/user", "", "Accept-Encoding", "gzip"),
		"error page":  s.send(t, "GET", "/nothing", "", "Accept-Encoding", "gzip", "Accept", "text/html"),
		"no file":     s.send(t, "GET", "/static/x/nothing.js", "", "Accept-Encoding", "gzip"),
		"key set":     s.send(t, "GET", "/.well-known/jwks.json", "", "Accept-Encoding", "gzip"),
		"OAuth error": s.postForm(t, "/token", "", "Accept-Encoding", "gzip"),
	} {
		if r.Header.Get("Content-Encoding") != "" || r.Header.Get("ETag") != "" {
			t.Errorf("%s: Content-Encoding is %q, ETag %q", name, r.Header.Get("Content-Encoding"), r.Header.Get("ETag"))
		}
	}
}

// TestPageIsTheSameForEveryRequest sends what no page may contain.
func TestPageIsTheSameForEveryRequest(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for _, path := range s.preparedPaths() {
		first := s.send(t, "GET", path, "", "Accept-Encoding", "identity")
		second := s.send(t, "GET", path+"?next="+canary+"&"+canary, "", "Accept-Encoding", "identity", "Cookie", "latchkey="+canary,
			"Authorization", "Bearer "+token, "User-Agent", canary, "Accept-Language", canary, "Referer", "http://x/"+canary)
		wantStatus(t, second, 200)
		if first.body != second.body {
			t.Errorf("%s differs", path)
		}
	}
}

func TestPageThatCannotBeRenderedStopsTheStart(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	s := newServer(t)
	content := templ.ComponentFunc(func(context.Context, io.Writer) error { return broken })
	page(s.Handler, "GET /test-page", public, content)
	if err := s.prepare(); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}
