package handlers

import (
	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// docsSecurityPolicy is contentSecurityPolicy for the one page that cannot use Trusted Types:
// Swagger UI assigns innerHTML and draws icons from data URLs. Scripts still come from this server
// only.
const docsSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// allowSwaggerUI is the middleware of the page that shows it.
func allowSwaggerUI(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsSecurityPolicy)
		return next(c)
	}
}

// docsPage shows the OpenAPI document in Swagger UI, and what an app needs to know to use this
// server.
func (h *Handler) docsPage() templ.Component {
	return views.Docs(views.DocsPage{
		Page:     h.withFooter("API docs", "The operations of "+h.appName+"'s login service, and a way to try them."),
		Audience: h.issuer.Audience(), Algorithm: h.issuer.Algorithm(), PasswordGrant: h.passwordGrant,
	})
}
