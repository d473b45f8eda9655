package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// allowOrigins lets browser apps of these origins use the routes that are open
// to them: those of every origin what is marked so, those that the operator
// named what needs a bearer, and /token. Never what goes by cookies:
// credentials are not allowed along.
func allowOrigins(origins []string, open map[string]bool) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		Skipper: func(c echo.Context) bool {
			method := c.Request().Method
			if method == http.MethodOptions { // a preflight asks for another one
				method = c.Request().Header.Get(echo.HeaderAccessControlRequestMethod)
			}
			return !open[method+" "+c.Path()]
		},
		AllowOrigins:  origins,
		AllowHeaders:  []string{echo.HeaderAuthorization, echo.HeaderContentType},
		ExposeHeaders: []string{echo.HeaderWWWAuthenticate, echo.HeaderRetryAfter, echo.HeaderXRequestID},
		MaxAge:        600, // seconds
	})
}
