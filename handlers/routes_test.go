package handlers

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// publicRoutes lists what anyone may use. A route that is to join them must be added here too.
func publicRoutes() []string {
	return []string{
		"GET /", "GET /.well-known/jwks.json", "GET /.well-known/oauth-authorization-server", "GET /account", "GET /admin/users",
		"GET /docs", "GET /favicon.ico", "GET /healthz", "GET /login", "GET /openapi.json", "GET /readyz", "GET /register", "GET /set-password", "GET /static/*",
		"POST /login", "POST /refresh", "POST /register", "POST /revoke", "POST /set-password", "POST /token",
	}
}

// undocumentedRoutes lists the routes that are not in the OpenAPI document.
func undocumentedRoutes() []string {
	return []string{
		"GET /", "GET /account", "GET /admin/users", "GET /docs", "GET /favicon.ico", "GET /login", "GET /openapi.json", "GET /register", "GET /set-password",
		"GET /static/*",
	}
}

func TestPublicRoutes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var got []string
	for route, op := range s.routes {
		if isPublic(op) && !strings.HasPrefix(route, "HEAD ") {
			got = append(got, route)
		}
	}
	slices.Sort(got)
	if want := publicRoutes(); !slices.Equal(got, want) {
		t.Errorf("public are\n%v\nwant\n%v", got, want)
	}
}

func TestEveryRouteOfEchoHasAGuard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, route := range s.echo.Routes() {
		if op := s.routes[route.Method+" "+route.Path]; op == nil || op.Security == nil {
			t.Errorf("%s %s has no guard", route.Method, route.Path)
		}
	}
	if len(s.echo.Routes()) != len(s.routes) {
		t.Errorf("Echo has %d routes, %d have guards", len(s.echo.Routes()), len(s.routes))
	}
}

func TestRouteAddedWithoutAGuardIs404(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.echo.GET("/test-unguarded", func(c echo.Context) error { return c.String(200, canary) })
	wantProblem(t, s.send(t, "GET", "/test-unguarded", ""), 404)
}

func TestDocumentListsEveryRoute(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var routes, documented []string
	for _, route := range s.echo.Routes() {
		name := route.Method + " " + regexp.MustCompile(`:(\w+)`).ReplaceAllString(route.Path, "{$1}")
		if route.Method != http.MethodHead && !slices.Contains(undocumentedRoutes(), name) {
			routes = append(routes, name)
		}
	}
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		documented = append(documented, op.Method+" "+op.Path)
	}
	slices.Sort(routes)
	slices.Sort(documented)
	if !slices.Equal(routes, documented) {
		t.Errorf("routes\n%v\ndocumented\n%v", routes, documented)
	}
}

// TestSecurityInTheDocumentIsTheGuard compares pointers: what is enforced is what is documented.
func TestSecurityInTheDocumentIsTheGuard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		if s.routes[op.Method+" "+echoPath(op.Path)] != op {
			t.Errorf("%s %s: the guard is not the document's", op.Method, op.Path)
		}
		if !isPublic(op) {
			wantType(t, s.send(t, op.Method, op.Path, ""), 401, "token-required")
		}
	}
}

// noGuard leaves the Security of an operation unset.
func noGuard(*huma.Operation) {}

func TestOperationWithoutSecurityNeedsABearer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	reached := false
	operation(s.Handler, "GET /test-no-security", noGuard, func(context.Context, *struct{}) (*struct{}, error) {
		reached = true
		return nil, nil
	})
	wantType(t, s.send(t, "GET", "/test-no-security", ""), 401, "token-required")
	if reached {
		t.Error("the operation ran without a token")
	}
	wantStatus(t, s.get(t, "/test-no-security", s.login(t, "marisol")), 204)
}

func TestPageAndFormWithoutSecurityNeedABearer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	reply := func(c echo.Context) error { return c.String(200, "served") }
	file(s.Handler, "GET /test-page", noGuard, reply)
	form(s.Handler, "POST /test-form", noGuard, reply, func(op *huma.Operation) { op.Responses = map[string]*huma.Response{} })
	token := s.login(t, "marisol")
	wantType(t, s.send(t, "GET", "/test-page", ""), 401, "token-required")
	wantStatus(t, s.get(t, "/test-page", token), 200)
	refused := s.send(t, "POST", "/test-form", "")
	wantStatus(t, refused, 401)
	if refused.Header.Get("WWW-Authenticate") != challengeBearer || strings.Contains(refused.body, "served") {
		t.Errorf("the form without a token returns %v %s", refused.Header, refused.body)
	}
	wantStatus(t, s.send(t, "POST", "/test-form", "", "Authorization", "Bearer "+token), 200)
}

func TestOptionCannotLoosenAGuard(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	operation(s.Handler, "GET /test-option", bearer, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil },
		func(op *huma.Operation) { public(op) })
	wantType(t, s.send(t, "GET", "/test-option", ""), 401, "token-required")
}

func TestUnknownSecuritySchemeAdmitsNobody(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	unknown := func(op *huma.Operation) { op.Security = []map[string][]string{{"something-new": {}}} }
	operation(s.Handler, "GET /test-unknown", unknown, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	wantType(t, s.get(t, "/test-unknown", s.login(t, "marisol")), 403, "insufficient-scope")
}

// TestHumaSetsNoReadDeadline: its default of 5 seconds would end a login that waits for its hash.
func TestHumaSetsNoReadDeadline(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		if op.BodyReadTimeout >= 0 {
			t.Errorf("%s %s: the timeout is %v", op.Method, op.Path, op.BodyReadTimeout)
		}
	}
}

func TestUnknownPathUnderAKnownOneIs404(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for _, request := range []string{
		"GET /users/x/y", "PATCH /users/x/y", "DELETE /users/a/b", "DELETE /users/a/b/c", "DELETE /users//a", "POST /users/me/x",
		"GET /sessions/a/b", "DELETE /sessions/a/b", "DELETE /sessions/a/b/", "GET /users/x/y/", "OPTIONS /users/x/y",
		"GET /login/x", "POST /login/x", "GET /docs/x", "GET /%2F", "DELETE /users/a%2Fb/c", "POST /token/x",
	} {
		method, path, _ := strings.Cut(request, " ")
		r := s.send(t, method, path, "", "Authorization", "Bearer "+token)
		wantProblem(t, r, 404)
		if r.field("type") != "about:blank" {
			t.Errorf("%s: type %v", request, r.field("type"))
		}
	}
}

func TestEncodedSlashIsPartOfAParameter(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for path, name := range map[string]string{
		"/users/a%2Fb": "user-not-found", "/sessions/a%2Fb": "session-not-found",
	} {
		wantType(t, s.send(t, "DELETE", path, "", "Authorization", "Bearer "+token), 404, name)
	}
}

func TestUnknownMethodIs405(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for request, allow := range map[string]string{
		"DELETE /login": "OPTIONS, GET, HEAD, POST", "GET /logout": "OPTIONS, POST", "GET /users/1": "OPTIONS, DELETE, PATCH",
		"PUT /users/1/": "OPTIONS, DELETE, PATCH", "POST /static/x/y": "OPTIONS, GET, HEAD",
	} {
		method, path, _ := strings.Cut(request, " ")
		r := s.send(t, method, path, "")
		wantProblem(t, r, 405)
		got := strings.Split(r.Header.Get("Allow"), ", ")
		want := strings.Split(allow, ", ")
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: Allow is %v, want %v", request, got, want)
		}
	}
}

func TestEveryGetRouteServesHeadWithoutABody(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	id := s.get(t, "/user", token).field("id").(string)
	for route := range s.routes {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet {
			continue
		}
		path = strings.NewReplacer("/static/*", s.assets.URL("app.css"), ":id", id).Replace(path)
		get, head := s.get(t, path, token), s.send(t, "HEAD", path, "", "Authorization", "Bearer "+token)
		if get.StatusCode != 200 && get.StatusCode != 403 { // 403: the route needs another role than admin
			t.Errorf("GET %s: status %d", path, get.StatusCode)
		}
		wantStatus(t, head, get.StatusCode)
		if head.body != "" || head.Header.Get("Content-Type") != get.Header.Get("Content-Type") {
			t.Errorf("HEAD %s: body %q, Content-Type %q", path, head.body, head.Header.Get("Content-Type"))
		}
		requestID := head.Header.Get("X-Request-Id")
		if line := s.logLine(requestID); !strings.Contains(line, "method=HEAD ") {
			t.Errorf("HEAD %s is logged as %s", path, line)
		}
	}
	refused := s.send(t, "HEAD", "/user", "")
	wantStatus(t, refused, 401)
	if refused.body != "" || refused.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("a refused HEAD: body %q, Content-Type %q", refused.body, refused.Header.Get("Content-Type"))
	}
}

// logLine returns the line of the log that contains text.
func (s *server) logLine(text string) string {
	for line := range strings.Lines(s.logged.String()) {
		if strings.Contains(line, text) {
			return line
		}
	}
	return ""
}
