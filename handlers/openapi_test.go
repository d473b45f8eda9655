package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/models"
)

// documentRouter finds operations in the OpenAPI document, as a client reads it.
var documentRouter = sync.OnceValues(func() (routers.Router, error) {
	h, err := newHandlerAt("http://localhost:8000")
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(h.document.Body)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(document)
})

// newHandlerAt returns a Handler of which only the document and the pages work.
func newHandlerAt(publicURL string) (*Handler, error) {
	secrets, err := auth.ParseSecrets(testSecret)
	if err != nil {
		return nil, err
	}
	issuer, err := auth.NewIssuer(auth.IssuerOptions{
		Keys: auth.SecretKeys(secrets), Issuer: publicURL, Audience: "latchkey", TTL: time.Minute, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	return New(Options{PublicURL: publicURL, Version: "test", Issuer: issuer, Store: &models.Store{}})
}

// checkAgainstDocument checks a response of an operation: the document must list its status and the
// type of its problem, and describe its body, content type and headers.
func checkAgainstDocument(r response) error {
	router, err := documentRouter()
	if err != nil {
		return err
	}
	isPage := strings.HasPrefix(r.Header.Get("Content-Type"), "text/html")
	if isPage || r.Request.Method == http.MethodHead {
		return nil
	}
	request := r.Request.Clone(context.Background())
	request.URL = &url.URL{Path: strings.TrimRight(request.URL.Path, "/")}
	route, params, err := router.FindRoute(request)
	if errors.Is(err, routers.ErrPathNotFound) || errors.Is(err, routers.ErrMethodNotAllowed) {
		return nil
	}
	if err != nil {
		return err
	}
	if documented := route.Operation.Responses.Status(r.StatusCode); documented != nil {
		problem, _ := r.field("type").(string)
		if strings.HasPrefix(problem, "/problems/") && !strings.Contains(*documented.Value.Description, "`"+problem+"`") {
			return fmt.Errorf("the type %s of status %d is not documented", problem, r.StatusCode)
		}
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route, PathParams: params},
		Status:                 r.StatusCode, Header: r.Header,
		Body:    io.NopCloser(strings.NewReader(r.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

// TestUndocumentedResponseIsNoticed tests checkAgainstDocument, through which the tests of this
// package pass every response.
func TestUndocumentedResponseIsNoticed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	good := s.get(t, "/user", s.login(t, "marisol"))
	authtest.Must(t, checkAgainstDocument(good))
	for name, change := range map[string]func(*response){
		"unknown status": func(r *response) { r.StatusCode = 418 },
		"missing field":  func(r *response) { r.body = `{"id":"1","name":"x"}` },
		"wrong type":     func(r *response) { r.body = `{"id":1,"name":"x","roles":[]}` },
		"unknown field":  func(r *response) { r.body = `{"id":"1","name":"x","roles":[],"hash":"y"}` },
		"unknown problem": func(r *response) {
			r.StatusCode, r.body = 401, `{"type":"/problems/wrong-password","title":"x","status":401,"detail":"x","instance":"urn:uuid:x"}`
			r.Header = http.Header{"Content-Type": {"application/problem+json"}}
		},
	} {
		changed := *good.Response
		wrong := response{&changed, good.body}
		change(&wrong)
		if checkAgainstDocument(wrong) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.send(t, "GET", "/openapi.json", "")
	wantStatus(t, r, 200)
	document, err := openapi3.NewLoader().LoadFromData([]byte(r.body))
	authtest.Must(t, err)
	authtest.Must(t, document.Validate(t.Context()))
	if document.OpenAPI != "3.1.0" || len(document.Servers) != 1 || document.Servers[0].URL != "/" {
		t.Errorf("openapi %s, servers %v", document.OpenAPI, document.Servers)
	}
	if document.Components.Schemas["ErrorModel"] != nil {
		t.Error("there is a schema of Huma's own errors")
	}
	scheme := document.Components.SecuritySchemes["oauth2"].Value
	if scheme.Flows.Password == nil || scheme.Flows.Password.TokenURL != "/token" {
		t.Error("there is no password flow with tokenUrl /token")
	}
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			if op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
				t.Errorf("%s %s needs a summary, a description and a tag", method, path)
			}
		}
	}
}

func TestDocumentShowsTheRefreshCookie(t *testing.T) {
	t.Parallel()
	for publicURL, name := range map[string]string{
		"http://localhost:8000": "latchkey", "https://login.example.org": "__Host-latchkey",
	} {
		h, err := newHandlerAt(publicURL)
		authtest.Must(t, err)
		document, err := openapi3.NewLoader().LoadFromData(h.document.Body)
		authtest.Must(t, err)
		for _, path := range []string{"/login", "/refresh"} {
			op := document.Paths.Find(path).Post
			if op.Parameters.GetByInAndName("cookie", name) == nil {
				t.Errorf("%s does not show the cookie %s", path, name)
			}
		}
		for path, status := range map[string]int{"/login": 200, "/refresh": 200, "/logout": 204} {
			if document.Paths.Find(path).Post.Responses.Status(status).Value.Headers["Set-Cookie"] == nil {
				t.Errorf("%s does not show Set-Cookie", path)
			}
		}
		accepts := func(requirement openapi3.SecurityRequirement) bool { return requirement["cookie"] != nil }
		logout := document.Paths.Find("/logout").Post
		if !slices.ContainsFunc(*logout.Security, accepts) || document.Components.SecuritySchemes["cookie"].Value.Name != name {
			t.Errorf("/logout does not show the cookie %s", name)
		}
	}
}

func TestDocumentShowsProofs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	document, err := openapi3.NewLoader().LoadFromData(s.document.Body)
	authtest.Must(t, err)
	scheme := document.Components.SecuritySchemes["dpop"].Value
	if scheme.Type != "apiKey" || scheme.In != "header" || scheme.Name != "DPoP" {
		t.Errorf("the scheme is %+v", scheme)
	}
	for path, item := range document.Paths.Map() {
		for method, op := range item.Operations() {
			hasParameter := op.Parameters.GetByInAndName("header", "DPoP") != nil
			if want := slices.Contains([]string{"/login", "/refresh", "/token"}, path); hasParameter != want {
				t.Errorf("%s %s: it shows the header DPoP as a parameter: %v", method, path, hasParameter)
			}
			needed := slices.Contains(provenOperations(), method+" "+path)
			for status, r := range op.Responses.Map() {
				if shown := r.Value.Headers["DPoP-Nonce"] != nil; shown != (hasParameter || len(*op.Security) > 0) {
					t.Errorf("%s %s: %s shows the header DPoP-Nonce: %v", method, path, status, shown)
				}
			}
			if needed {
				checkProofAlternatives(t, method+" "+path, *op.Security)
			}
		}
	}
	for _, path := range []string{"/login", "/token", "/register", "/users/me/password"} {
		if r := document.Paths.Find(path).Post.Responses.Status(429); r == nil {
			t.Errorf("%s shows no 429", path)
		}
	}
}

// checkProofAlternatives checks that each alternative is listed with a proof, and then without.
func checkProofAlternatives(t *testing.T, operation string, security openapi3.SecurityRequirements) {
	t.Helper()
	half := len(security) / 2
	for i, alternative := range security {
		if proven := alternative["dpop"] != nil; proven != (i < half) {
			t.Errorf("%s: alternatives are %v", operation, security)
		}
	}
}

// documentedOperations returns the operations of a document.
func documentedOperations(document *huma.OpenAPI) (all []*huma.Operation) {
	for _, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				all = append(all, op)
			}
		}
	}
	return all
}
