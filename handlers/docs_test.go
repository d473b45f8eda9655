package handlers

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// document is the service's own OpenAPI document, as a client reads it.
var document = sync.OnceValues(func() (routers.Router, error) {
	h, err := New(Options{PublicURL: "http://localhost:8000", Version: "test"})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(h.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// differsFromDocument checks an answer: its status must be in the document,
// and its body and content type must be what the document says.
func differsFromDocument(a answer) error {
	router, err := document()
	if err != nil {
		return err
	}
	request := a.Request.Clone(context.Background())
	request.URL = &url.URL{Path: strings.TrimRight(request.URL.Path, "/")}
	if request.Method == http.MethodHead {
		request.Method = http.MethodGet
	}
	route, params, err := router.FindRoute(request)
	isPage := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
	if err != nil || isPage || a.Request.Method == http.MethodHead {
		return nil // pages, static files, unknown paths and methods are not in the document
	}
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: route, PathParams: params},
		Status:                 a.StatusCode, Header: a.Header,
		Body:    io.NopCloser(strings.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

// TestAWrongAnswerWouldBeNoticed tests the check that every answer goes
// through which a test of this package receives.
func TestAWrongAnswerWouldBeNoticed(t *testing.T) {
	s := newServer(t)
	good := s.get(t, "/user", s.login(t))
	must(t, differsFromDocument(good))
	for name, change := range map[string]func(*answer){
		"unknown status": func(a *answer) { a.StatusCode = 418 },
		"missing field":  func(a *answer) { a.body = `{"id":"1","name":"x"}` },
		"wrong type":     func(a *answer) { a.body = `{"id":1,"name":"x","roles":[]}` },
		"unknown field":  func(a *answer) { a.body = `{"id":"1","name":"x","roles":[],"hash":"y"}` },
	} {
		response := *good.Response
		wrong := answer{&response, good.body}
		change(&wrong)
		if differsFromDocument(wrong) == nil {
			t.Errorf("%s: it was not noticed", name)
		}
	}
}

// TestTheDocumentIsTheRoutes walks the routes and finds each in the document,
// and the reverse.
func TestTheDocumentIsTheRoutes(t *testing.T) {
	pages := []string{
		"GET /", "GET /account", "GET /admin/users", "GET /docs", "GET /login", "GET /openapi.json", "GET /register", "GET /static/*",
	}
	s := newServer(t)
	var routes, documented []string
	for _, route := range s.echo.Routes() {
		name := route.Method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(route.Path, "{$1}")
		if !slices.Contains(pages, name) {
			routes = append(routes, name)
		}
	}
	for _, op := range operations(s.api.OpenAPI()) {
		documented = append(documented, op.Method+" "+op.Path)
		if op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
			t.Errorf("%s %s needs a summary, a description and a tag", op.Method, op.Path)
		}
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("routes\n%v\ndocumented\n%v", routes, documented)
	}
}

func TestTheDocumentIsValid(t *testing.T) {
	s := newServer(t)
	a := s.send(t, "GET", "/openapi.json", "")
	wantStatus(t, a, 200)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(a.body))
	must(t, err)
	must(t, doc.Validate(t.Context()))
	if doc.OpenAPI != "3.1.0" || len(doc.Servers) != 1 || doc.Servers[0].URL != "/" {
		t.Errorf("openapi %s, servers %v", doc.OpenAPI, doc.Servers)
	}
	scheme := doc.Components.SecuritySchemes["oauth2"].Value
	if scheme.Flows.Password == nil || scheme.Flows.Password.TokenURL != "/token" {
		t.Error("there is no password flow with tokenUrl /token")
	}
}

func TestDocsAloneHaveAPolicyWithoutTrustedTypes(t *testing.T) {
	s := newServer(t)
	for path, want := range map[string]string{"/docs": docsSecurityPolicy, "/docs/": docsSecurityPolicy, "/login": contentSecurityPolicy, "/openapi.json": contentSecurityPolicy} {
		if got := s.send(t, "GET", path, "").Header.Get("Content-Security-Policy"); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}
