package handlers

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// anyOrigin lets browser apps of every origin read the response. It is for what is public anyway.
func anyOrigin(op *huma.Operation) { op.Metadata[anyOriginKey] = true }

func isOpenToAnyOrigin(op *huma.Operation) bool { return op.Metadata[anyOriginKey] != nil }

// allowedOrigins lets browser apps of Options.AllowedOrigins use a public route.
func allowedOrigins(op *huma.Operation) { op.Metadata[allowedOriginsKey] = true }

// isOpenToAllowedOrigins reports whether browser apps of Options.AllowedOrigins may use a route:
// all that need a bearer, except those that also accept a cookie.
func isOpenToAllowedOrigins(op *huma.Operation) bool {
	return op.Metadata[allowedOriginsKey] != nil || !isPublic(op) && op.Metadata[sameOriginKey] == nil
}

// allowOrigins lets browser apps of these origins use the routes that isOpen reports (CORS). It
// never allows credentials, so browsers send no cookie along.
func (h *Handler) allowOrigins(origins []string, isOpen func(*huma.Operation) bool) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			method := c.Request().Method
			if method == http.MethodOptions { // a preflight, which asks about another method
				method = c.Request().Header.Get(echo.HeaderAccessControlRequestMethod)
			}
			op := h.route(c, method)
			return op == nil || !isOpen(op)
		},
		AllowOrigins:  origins,
		AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType, headerProof},
		ExposeHeaders: []string{echo.HeaderWWWAuthenticate, echo.HeaderRetryAfter, echo.HeaderXRequestID, headerNonce},
		MaxAge:        600, // seconds
	})
}
