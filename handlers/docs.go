package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// docsSecurityPolicy is contentSecurityPolicy for the one page that cannot use Trusted Types:
// Swagger UI assigns innerHTML and draws icons from data URLs. Scripts still come from this server
// only.
const docsSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// docsPage shows the OpenAPI document in Swagger UI, and what an app needs to know to use this
// server.
func (h *Handler) docsPage(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsSecurityPolicy)
	return h.render(c, http.StatusOK, views.Docs(views.DocsPage{
		Page: h.withFooter("API docs"), Audience: h.issuer.Audience(), Algorithm: h.issuer.Algorithm(), PasswordGrant: h.passwordGrant,
	}))
}
