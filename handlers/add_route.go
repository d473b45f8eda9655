package handlers

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/static"
)

// page adds a page. It is rendered here and now, and is the same for every request. If that fails,
// so does New.
//
//nolint:revive // h is an argument so that page reads like operation
func page(h *Handler, route string, guard guard, content templ.Component, middleware ...echo.MiddlewareFunc) {
	var html bytes.Buffer
	if err := content.Render(context.Background(), &html); err != nil {
		h.pageErrors = append(h.pageErrors, fmt.Errorf("rendering the page of %s: %w", route, err))
	}
	rendered := static.NewFile(echo.MIMETextHTMLCharsetUTF8, html.Bytes())
	file(h, route, guard, func(c echo.Context) error { return servePrepared(c, rendered) }, middleware...)
}

// file adds another route that the OpenAPI document does not list.
//
//nolint:revive // h is an argument so that file reads like operation
func file(h *Handler, route string, guard guard, handle echo.HandlerFunc, middleware ...echo.MiddlewareFunc) {
	op := h.newOperation(route, guard)
	h.add(op, func(method string) { h.echo.Add(method, echoPath(op.Path), handle, middleware...) })
}

// form adds an OAuth 2.0 endpoint, which reads a form and writes errors in the format of RFC 6749
// 5.2. It is not one of Huma's operations: Huma has one list of body formats for all of them, so
// reading forms here would let other sites send forms to /login.
//
//nolint:revive // h is an argument so that form reads like operation
func form(h *Handler, route string, guard guard, handle echo.HandlerFunc, options ...option) {
	op := h.newOperation(route, guard, options...)
	op.Metadata[formKey] = true
	h.addOAuthResponses(op)
	describeNonce(op)
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
	describeNonce(op) // Register has added the response to a success
}

// newOperation returns the operation that describes a route, such as "POST /login", and its guard.
func (h *Handler) newOperation(route string, guard guard, options ...option) *huma.Operation {
	method, path, _ := strings.Cut(route, " ")
	op := &huma.Operation{
		Method:      method,
		Path:        path,
		OperationID: operationID(method, path),
		Metadata:    map[string]any{cookieNameKey: h.documentedCookie()},
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
