package handlers

import (
	"strings"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

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

func TestDocsShowTheServersOwnSettingsAndNoSecret(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	key, err := auth.NewKey(auth.ES256)
	authtest.Must(t, err)
	for algorithm, keys := range map[string]auth.KeySet{"HS256": s.issuer.Keys(), "ES256": {key}} {
		issuer, err := auth.NewIssuer(auth.IssuerOptions{
			Keys: keys, Issuer: s.publicURL, Audience: "acme", TTL: time.Minute, Now: time.Now,
		})
		authtest.Must(t, err)
		s.restart(t, func(o *Options) { o.Issuer = issuer })
		page := s.send(t, "GET", "/docs", "", "Accept", "text/html").body
		for _, want := range []string{s.publicURL, "acme", algorithm, "/token"} {
			if !strings.Contains(page, "<code>"+want+"</code>") && !strings.Contains(page, s.publicURL+want) {
				t.Errorf("%s: the page does not show %s", algorithm, want)
			}
		}
		if strings.Contains(page, testSecret) {
			t.Errorf("%s: the page shows the secret", algorithm)
		}
	}
}
