package handlers

import (
	"compress/gzip"
	"io"
	"regexp"
	"strings"
	"testing"

	"latchkey/auth/authtest"
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

func TestStaticFileIsCompressed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := s.assets.URL("app.css")
	plain := s.send(t, "GET", path, "", "Accept-Encoding", "identity")
	zipped := s.send(t, "GET", path, "", "Accept-Encoding", "gzip")
	if zipped.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("the file is not compressed")
	}
	reader, err := gzip.NewReader(strings.NewReader(zipped.body))
	authtest.Must(t, err)
	unzipped, err := io.ReadAll(reader)
	authtest.Must(t, err)
	if string(unzipped) != plain.body {
		t.Error("the compressed file differs from the plain one")
	}
}
