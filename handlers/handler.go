// Package handlers serves HTTP: the routes with their guards, the operations, the pages, and the
// one place where an error becomes a response. It is the only package that imports Echo and Huma.
//
// To follow a request: routes.go lists the routes, add_route.go and adapter.go add them, guard.go
// admits the request, and the operation runs, in a file of its own. To follow an error:
// problem_table.go, problem.go, error_handler.go.
package handlers

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/static"
)

// Options is what New needs. AllowedOrigins and Version may be empty.
type Options struct {
	Store          *models.Store
	Issuer         *auth.Issuer
	RefreshTokens  *auth.RefreshTokenCodec
	Proofs         *auth.ProofVerifier
	KnownBrowsers  *auth.KnownBrowserCodec
	Links          *auth.SetPasswordLinkCodec
	Log            *slog.Logger
	AppName        string // what people log in to; the pages show it
	Version        string
	PublicURL      string   // the origin people use, such as https://login.example.org
	AllowedOrigins []string // origins of browser apps that may use bearer operations
	PublicURLSet   bool     // whether the operator chose PublicURL; see isHTTPS and proofOrigin
	Loopback       bool     // whether the server listens on a loopback address; see checkHost
	Signup         bool     // whether anyone may create an account
	PasswordGrant  bool     // whether POST /token accepts the password grant

	// TrustedProxies are the peers whose X-Forwarded headers count.
	TrustedProxies []netip.Prefix
}

// UseSecrets sets everything that is made with the secrets alone. The first signs, all of them
// verify.
func (o *Options) UseSecrets(secrets []auth.Secret, now func() time.Time) {
	o.RefreshTokens = auth.NewRefreshTokenCodec(secrets)
	o.Proofs = auth.NewProofVerifier(secrets, now)
	o.KnownBrowsers = auth.NewKnownBrowserCodec(secrets)
	o.Links = auth.NewSetPasswordLinkCodec(secrets)
}

// Handler serves every route of the service. It is safe for concurrent use.
type Handler struct {
	store         *models.Store
	issuer        *auth.Issuer
	refreshTokens *auth.RefreshTokenCodec
	proofs        *auth.ProofVerifier
	knownBrowsers *auth.KnownBrowserCodec
	links         *auth.SetPasswordLinkCodec
	log           *slog.Logger
	appName       string
	version       string
	publicURL     string
	publicHost    string // of publicURL, as hostName returns it
	publicURLSet  bool
	loopback      bool
	signup        bool
	passwordGrant bool

	trustedProxies []netip.Prefix
	warnOfProxy    sync.Once
	warnOfAddress  sync.Once   // of a proof
	stopping       atomic.Bool // see StartStopping

	echo     *echo.Echo
	api      huma.API
	routes   map[string]*huma.Operation // by method and Echo's pattern, such as "GET /users/:id"
	document static.File                // the OpenAPI document
	origin   *http.CrossOriginProtection
	assets   *static.Files

	pageErrors []error // of rendering; see page
}

// New returns a Handler. It fails if o.PublicURL is not an origin, that is, a scheme and a host and
// nothing else, or if a page or the OpenAPI document cannot be prepared.
func New(o Options) (*Handler, error) {
	publicURL, err := url.Parse(o.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("the public URL: %w", err)
	}
	h := &Handler{
		store: o.Store, issuer: o.Issuer, refreshTokens: o.RefreshTokens,
		proofs: o.Proofs, knownBrowsers: o.KnownBrowsers, links: o.Links, log: o.Log,
		appName: o.AppName, version: o.Version, publicURL: o.PublicURL,
		publicHost: hostName(publicURL.Host), publicURLSet: o.PublicURLSet, loopback: o.Loopback,
		signup: o.Signup, passwordGrant: o.PasswordGrant, trustedProxies: o.TrustedProxies,
		echo: echo.New(), routes: map[string]*huma.Operation{},
		origin: http.NewCrossOriginProtection(), assets: static.New(),
	}
	if err := h.origin.AddTrustedOrigin(o.PublicURL); err != nil {
		return nil, fmt.Errorf("the public URL: %w", err)
	}
	e := h.echo
	e.Logger.SetOutput(logWriter{o.Log})
	e.IPExtractor = realIP
	e.HTTPErrorHandler = h.fail
	e.Pre(middleware.RemoveTrailingSlash())
	e.Use(h.logRequest, h.setSecurityHeaders, recoverPanic, limitTime, h.identifyClient, h.checkHost)
	e.Use(h.allowOrigins([]string{"*"}, isOpenToAnyOrigin))
	if len(o.AllowedOrigins) > 0 {
		e.Use(h.allowOrigins(o.AllowedOrigins, isOpenToAllowedOrigins))
	}
	e.Use(h.enforceGuard)

	h.api = h.newAPI()
	h.addRoutes()
	return h, h.prepare()
}

// prepare encodes the OpenAPI document, which is complete once all routes have been added. It fails
// if that, or the rendering of a page, has failed.
func (h *Handler) prepare() error { return errors.Join(append(h.pageErrors, h.encodeDocument())...) }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.echo.ServeHTTP(w, r) }
