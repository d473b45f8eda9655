package handlers

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// option describes a route, or says how it is served.
type option func(*huma.Operation)

// Keys of an operation's Metadata, which this package alone reads.
const (
	sameOriginKey     = "same-origin"     // bool: see sameOrigin
	anyOriginKey      = "any-origin"      // bool: see anyOrigin
	allowedOriginsKey = "allowed-origins" // bool: see allowedOrigins
	formKey           = "form"            // bool: errors are written as RFC 6749 5.2 asks
	cookieNameKey     = "cookie-name"     // string: the name of the refresh cookie in the document
	readsProofKey     = "reads-proof"     // bool: see readsProof
	needsNonceKey     = "needs-nonce"     // bool: see readsFreshProof
)

// echoPath returns a path as Echo writes it: /users/:id for /users/{id}.
func echoPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// add records op under each method of the route, where enforceGuard finds it, and calls addToEcho
// for that method. A GET route also serves HEAD (RFC 9110 9.3.2).
func (h *Handler) add(op *huma.Operation, addToEcho func(method string)) {
	methods := []string{op.Method}
	if op.Method == http.MethodGet {
		methods = append(methods, http.MethodHead)
	}
	for _, method := range methods {
		h.routes[method+" "+echoPath(op.Path)] = op
		addToEcho(method)
	}
}

// route returns the operation that serves method at the path of a request, or nil if there is none.
func (h *Handler) route(c echo.Context, method string) *huma.Operation {
	if !matchesPattern(c) {
		return nil
	}
	return h.routes[method+" "+c.Path()]
}

// otherMethodsExist reports whether the path of a request exists, though not for its method.
func otherMethodsExist(c echo.Context) bool {
	return c.Get(echo.ContextKeyHeaderAllow) != nil && matchesPattern(c)
}

// matchesPattern reports whether each parameter of Echo's pattern matched one segment of the path.
// Echo lets the last parameter match several.
func matchesPattern(c echo.Context) bool {
	pattern, path := c.Path(), echo.GetPath(c.Request())
	return strings.HasSuffix(pattern, "*") || strings.Count(pattern, "/") == strings.Count(path, "/")
}
