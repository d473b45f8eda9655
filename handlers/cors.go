package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// allowOrigins lets browser apps of the origins that the operator named use
// what is open to them: what needs a bearer, and /token. Never what goes by
// cookies: credentials are not allowed along.
func (h *Handler) allowOrigins() echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			method := c.Request().Method
			if method == http.MethodOptions { // a preflight asks for another one
				method = c.Request().Header.Get(echo.HeaderAccessControlRequestMethod)
			}
			return !h.openToOrigins[method+" "+c.Path()]
		},
		AllowOrigins:  h.AllowedOrigins,
		AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType},
		ExposeHeaders: []string{echo.HeaderWWWAuthenticate, echo.HeaderRetryAfter, echo.HeaderXRequestID},
		MaxAge:        600, // seconds
	})
}
