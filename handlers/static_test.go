package handlers

import (
	"regexp"
	"strings"
	"testing"
)

func TestStaticFileIsImmutableUnderItsHashOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	current := s.assets.URL("app.css")
	r := s.send(t, "GET", current, "", "Accept-Encoding", "identity")
	wantStatus(t, r, 200)
	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control of the current hash is %q", got)
	}
	other := regexp.MustCompile(`/static/[0-9a-f]+/`).ReplaceAllString(current, "/static/0123456789abcdef/")
	upgraded := s.send(t, "GET", other, "", "Accept-Encoding", "identity")
	if upgraded.body != r.body || upgraded.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("another hash: Cache-Control is %q", upgraded.Header.Get("Cache-Control"))
	}
	wantStatus(t, s.send(t, "GET", other, "", "If-None-Match", r.Header.Get("ETag")), 304)
}

func TestFaviconIsFoundWithoutReadingAPage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.send(t, "GET", "/favicon.ico", "")
	wantStatus(t, r, 200)
	if got := r.Header.Get("Content-Type"); got != "image/vnd.microsoft.icon" || !strings.HasPrefix(r.body, "\x00\x00\x01\x00\x02\x00") {
		t.Errorf("Content-Type %q, body %.6q; want an icon file with two images", got, r.body)
	}
}
