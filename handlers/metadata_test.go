package handlers

import (
	"strings"
	"testing"
)

func TestMetadataListsTheEndpoints(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.send(t, "GET", "/.well-known/oauth-authorization-server", "")
	wantStatus(t, r, 200)
	url := s.publicURL
	if r.field("issuer") != url || r.field("token_endpoint") != url+"/token" || r.field("revocation_endpoint") != url+"/revoke" {
		t.Errorf("the metadata is %s", r.body)
	}
	if !strings.Contains(r.body, `"grant_types_supported":["password","refresh_token"]`) || !strings.Contains(r.body, `"response_types_supported":[]`) {
		t.Errorf("the metadata is %s", r.body)
	}
	s.restart(t, func(o *Options) { o.PasswordGrant = false })
	r = s.send(t, "GET", "/.well-known/oauth-authorization-server", "")
	if !strings.Contains(r.body, `"grant_types_supported":["refresh_token"]`) {
		t.Errorf("with the password grant off, the metadata is %s", r.body)
	}
}
