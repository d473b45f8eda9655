package handlers

import "net/http"

// routes is every route with its guard. An operation that says nothing needs
// a bearer; "public" needs nothing; "sameOrigin" refuses requests that another
// site makes a browser send.
func (h *Handler) routes() {
	// Pages are public shells: they hold no data of a user.
	h.echo.GET("/", h.homePage)
	h.echo.GET("/login", h.loginPage)
	h.echo.GET("/static/*", h.staticFile)

	operation(h.api, "POST /login", h.login, public, sameOrigin)
	operation(h.api, "POST /logout", h.logout, sameOrigin)
	operation(h.api, "GET /user", h.user)

	operation(h.api, "GET /healthz", h.healthz, public)
	operation(h.api, "GET /readyz", h.readyz, public, canAnswer(http.StatusServiceUnavailable))
}
