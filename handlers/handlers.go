// Package handlers is the service as HTTP sees it: the routes with their
// guards, the operations, the pages, and the one place where an error becomes
// an answer. It is the only importer of Echo and Huma.
package handlers

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/static"
)

// Options is what a Handler needs.
type Options struct {
	Store          *models.Store
	Issuer         *auth.Issuer
	RefreshTokens  *auth.RefreshTokens
	Log            *slog.Logger
	Version        string
	PublicURL      string   // the origin people use, such as https://login.example.org
	AllowedOrigins []string // of browser apps that may use bearer operations; may be empty
	Signup         bool     // whether everybody may add a user
	PasswordGrant  bool     // whether POST /token takes passwords
}

// Handler answers every request of the service. It is safe for concurrent use.
type Handler struct {
	Options
	echo          *echo.Echo
	api           huma.API
	origin        *http.CrossOriginProtection
	assets        *static.Files
	openToOrigins map[string]bool // routes, such as "GET /user", for AllowedOrigins
	openToAll     map[string]bool // routes for every origin
}

// New makes a Handler. It fails when PublicURL is not an origin.
func New(o Options) (*Handler, error) {
	h := &Handler{
		Options: o, echo: echo.New(), origin: http.NewCrossOriginProtection(),
		assets: static.New(), openToOrigins: map[string]bool{}, openToAll: map[string]bool{},
	}
	if err := h.origin.AddTrustedOrigin(o.PublicURL); err != nil {
		return nil, err
	}
	e := h.echo
	e.Logger.SetOutput(logWriter{o.Log})
	e.IPExtractor = echo.ExtractIPDirect() // no header is believed: any client could send one
	e.HTTPErrorHandler = h.fail
	e.Pre(middleware.RemoveTrailingSlash())
	e.Use(h.logRequest, h.securityHeaders, h.recoverPanic, deadline)
	e.Use(allowOrigins([]string{"*"}, h.openToAll))
	if len(o.AllowedOrigins) > 0 {
		e.Use(allowOrigins(o.AllowedOrigins, h.openToOrigins))
	}
	h.api = h.newAPI()
	return h, h.routes()
}

// ServeHTTP implements http.Handler. Every GET route answers HEAD too.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		r = r.WithContext(r.Context()) // a copy: the server still knows that it was HEAD, and sends no body
		r.Method = http.MethodGet
	}
	h.echo.ServeHTTP(w, r)
}

// newAPI puts Huma on Echo. The configuration is written out, because Huma's
// default one shares its formats and adds routes of its own.
func (h *Handler) newAPI() huma.API {
	api := humaecho.New(h.echo, huma.Config{
		OpenAPI: h.newDocument(),
		Formats: map[string]huma.Format{
			jsonType: {Marshal: marshalJSON, Unmarshal: unmarshalJSON},
			"json":   {Marshal: marshalJSON, Unmarshal: unmarshalJSON}, // what Huma looks up for problem+json
		},
		DefaultFormat: jsonType,
		Transformers:  []huma.Transformer{h.transform},
	})
	api.UseMiddleware(answerJSON, h.checkOrigin, h.authenticate, h.checkBody)
	return api
}

// operation adds an operation at route, such as "POST /login", to the API and
// its document. What it needs of a request is in describe; see guard.go.
func operation[I, O any](h *Handler, route string, run func(context.Context, *I) (*O, error), describe ...func(*huma.Operation)) {
	method, path, _ := strings.Cut(route, " ")
	op := huma.Operation{
		Method:      method,
		Path:        path,
		OperationID: strings.ToLower(method) + strings.NewReplacer("/.", "-", "/", "-", ".", "-", "{", "", "}", "").Replace(path),
		// checkBody has read the body, to the exact limit and in the server's
		// time. A deadline of Huma's own would end the request after it.
		MaxBodyBytes: -1, BodyReadTimeout: -1,
	}
	for _, add := range describe {
		add(&op)
	}
	addAnswers(&op, reflect.TypeFor[I]())
	route = method + " " + strings.NewReplacer("{", ":", "}", "").Replace(path) // as Echo writes it
	h.openToAll[route] = op.Metadata[anyOriginKey] != nil
	h.openToOrigins[route] = !isPublic(&op) && op.Metadata[sameOriginKey] == nil
	huma.Register(h.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := run(ctx, in)
		if err != nil {
			return nil, describeError(err)
		}
		return out, nil
	})
}

// answerJSON keeps Huma from choosing another name for JSON: there is one
// format, whatever a program accepts. A page's errors are pages; see navigates.
func answerJSON(ctx huma.Context, next func(huma.Context)) {
	if r := humaecho.Unwrap(ctx).Request(); !navigates(r) {
		r.Header.Set(echo.HeaderAccept, jsonType)
	}
	next(ctx)
}

// deadline bounds how long a request may wait for the database or a hash. It
// leaves time for two hashes of the highest cost that can be set: at a login
// the old one is verified and a new one made.
func deadline(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 10*time.Second)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
