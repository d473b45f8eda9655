package handlers

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// routes is every route with its guard. An operation that says nothing needs
// a bearer; "public" needs nothing; "sameOrigin" refuses requests that another
// site makes a browser send.
func (h *Handler) routes(api huma.API) {
	// Pages are public shells: they hold no data of a user.
	h.echo.GET("/", h.homePage)
	h.echo.GET("/login", h.loginPage)
	h.echo.GET("/static/*", h.staticFile)

	operation(api, "POST /login", h.login, public, sameOrigin)
	operation(api, "POST /logout", h.logout, sameOrigin)
	operation(api, "GET /user", h.user)

	operation(api, "GET /healthz", h.healthz, public)
	operation(api, "GET /readyz", h.readyz, public, canAnswer(http.StatusServiceUnavailable))
}
