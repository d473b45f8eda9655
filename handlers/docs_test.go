package handlers

import "testing"

func TestOnlyDocsHasAPolicyWithoutTrustedTypes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for path, want := range map[string]string{
		"/docs": docsSecurityPolicy, "/docs/": docsSecurityPolicy,
		"/login": contentSecurityPolicy, "/openapi.json": contentSecurityPolicy,
	} {
		if got := s.send(t, "GET", path, "").Header.Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
