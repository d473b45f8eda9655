package handlers

import (
	"context"
	"net/http"
	"reflect"
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
	cookieNameKey     = "cookie-name"     // string: the name of the refresh cookie
)

// page adds a route that the OpenAPI document does not list: a page or a file.
func page(h *Handler, route string, guard guard, handle echo.HandlerFunc) {
	op := h.newOperation(route, guard)
	h.add(op, func(method string) { h.echo.Add(method, echoPath(op.Path), handle) })
}

// form adds an OAuth 2 endpoint, which reads a form and writes errors in the format of RFC 6749
// 5.2. It is not one of Huma's operations: Huma has one list of body formats for all of them, so
// reading forms here would let other sites send forms to /login.
//
//nolint:revive // h is an argument so that form reads like operation
func form(h *Handler, route string, guard guard, handle echo.HandlerFunc, options ...option) {
	op := h.newOperation(route, guard, options...)
	op.Metadata[formKey] = true
	h.addOAuthResponses(op)
	h.api.OpenAPI().AddOperation(op)
	h.add(op, func(method string) { h.echo.Add(method, echoPath(op.Path), handle) })
}

// operation adds a function from its input to its output. Huma decodes and validates the input,
// encodes the output, and describes both in the OpenAPI document.
//
//nolint:revive // h would be the receiver if methods could have type parameters
func operation[I, O any](
	h *Handler, route string, guard guard, run func(context.Context, *I) (*O, error), options ...option,
) {
	op := h.newOperation(route, guard, options...)
	h.addResponses(op, reflect.TypeFor[I]())
	huma.Register(h.api, *op, func(ctx context.Context, in *I) (*O, error) {
		out, err := run(ctx, in)
		if err != nil {
			return nil, operationError{err}
		}
		return out, nil
	})
}

// newOperation returns the operation that describes a route, such as "POST /login", and its guard.
func (h *Handler) newOperation(route string, guard guard, options ...option) *huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	op := &huma.Operation{
		Method:      method,
		Path:        path,
		OperationID: operationID(method, path),
		Metadata:    map[string]any{cookieNameKey: h.cookieName()},
		// The adapter has read the body, so Huma needs neither a limit nor a deadline of its own.
		MaxBodyBytes: -1, BodyReadTimeout: -1,
	}
	for _, describe := range options {
		describe(op)
	}
	guard(op) // last, so that no option can loosen it
	return op
}

// operationID returns the id of an operation, such as "get-users-id" for GET /users/{id}.
func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/.", "-", "/", "-", ".", "-", "{", "", "}", "").Replace(path)
}

// echoPath returns a path as Echo writes it: /users/:id for /users/{id}.
func echoPath(path string) string { return strings.NewReplacer("{", ":", "}", "").Replace(path) }

// add records op, whose guard enforceGuard reads, for each method of the route and has it added to
// Echo. A GET route also serves HEAD (RFC 9110 9.3.2).
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
