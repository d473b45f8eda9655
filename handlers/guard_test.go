package handlers

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// TestThePublicOperations is the whole list of what anybody may use. An
// operation that is to join it must be written here too.
func TestThePublicOperations(t *testing.T) {
	want := []string{
		"GET /.well-known/jwks.json", "GET /.well-known/oauth-authorization-server", "GET /healthz", "GET /readyz",
		"POST /login", "POST /refresh", "POST /register", "POST /revoke", "POST /token",
	}
	s := newServer(t)
	var got []string
	for _, op := range operations(s.api.OpenAPI()) {
		if isPublic(op) {
			got = append(got, op.Method+" "+op.Path)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("public are %v, want %v", got, want)
	}
}

func TestAnOperationThatSaysNothingNeedsABearer(t *testing.T) {
	s := newServer(t)
	reached := false
	operation(s.Handler, "GET /test-silent", func(context.Context, *struct{}) (*struct{}, error) {
		reached = true
		return nil, nil
	})
	wantProblem(t, s.send(t, "GET", "/test-silent", ""), http.StatusUnauthorized)
	if reached {
		t.Error("the operation ran without a token")
	}
	wantStatus(t, s.get(t, "/test-silent", s.login(t)), http.StatusNoContent)
}

func TestAGuardThatIsNotKnownLetsNobodyIn(t *testing.T) {
	s := newServer(t)
	operation(s.Handler, "GET /test-unknown", func(context.Context, *struct{}) (*struct{}, error) { return nil, nil },
		func(op *huma.Operation) { op.Security = []map[string][]string{{"something-new": {}}} })
	a := s.get(t, "/test-unknown", s.login(t))
	if a.StatusCode < 400 {
		t.Errorf("status %d", a.StatusCode)
	}
}

func TestSecurityOfTheDocumentIsTheGuard(t *testing.T) {
	s := newServer(t)
	for _, op := range operations(s.api.OpenAPI()) {
		if !isPublic(op) {
			wantProblem(t, s.send(t, op.Method, op.Path, ""), http.StatusUnauthorized)
		}
	}
}

// operations lists those of a document.
func operations(document *huma.OpenAPI) (all []*huma.Operation) {
	for _, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}

// TestNoReadDeadlineEndsARequestThatWaits: Huma's own, of 5 seconds, would
// cancel a login that waits for its hash.
func TestNoReadDeadlineEndsARequestThatWaits(t *testing.T) {
	s := newServer(t)
	for _, op := range operations(s.api.OpenAPI()) {
		if byHuma := op.Path != "/token" && op.Path != "/revoke"; byHuma && op.BodyReadTimeout >= 0 {
			t.Errorf("%s %s: the timeout is %v", op.Method, op.Path, op.BodyReadTimeout)
		}
	}
}
