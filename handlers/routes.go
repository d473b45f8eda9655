package handlers

import (
	"net/http"

	"latchkey/models"
)

// routes is every route with its guard. An operation that says nothing needs
// a bearer; "needs" asks for a role besides; "public" needs nothing;
// "sameOrigin" refuses requests that another site makes a browser send, and
// "anyOrigin" lets the pages of every site read the answer.
func (h *Handler) routes() error {
	// Pages are public shells: they hold no data of a user.
	h.echo.GET("/", h.homePage)
	h.echo.GET("/login", h.loginPage)
	h.echo.GET("/register", h.registerPage)
	h.echo.GET("/account", h.accountPage)
	h.echo.GET("/admin/users", h.usersPage)
	h.echo.GET("/docs", h.docsPage)
	h.echo.GET("/static/*", h.staticFile)

	operation(h, "POST /login", h.login, public, sameOrigin, loginDocs)
	operation(h, "POST /refresh", h.refresh, public, sameOrigin, refreshDocs)
	operation(h, "POST /logout", h.logout, orCookie, logoutDocs)
	h.echo.POST("/token", h.token)   // public; a form, and so not Huma's
	h.echo.POST("/revoke", h.revoke) // public, likewise: who has the token may

	operation(h, "POST /register", h.register, public, registerDocs, canAnswer(http.StatusForbidden, http.StatusConflict))
	operation(h, "GET /user", h.user, userDocs)
	operation(h, "GET /users/me", h.me, meDocs)
	operation(h, "POST /users/me/password", h.changePassword, changePasswordDocs)
	operation(h, "GET /sessions", h.listSessions, listSessionsDocs)
	operation(h, "DELETE /sessions/{id}", h.endSession, endSessionDocs, canAnswer(http.StatusNotFound))
	operation(h, "DELETE /sessions", h.endOtherSessions, endOtherSessionsDocs)

	operation(h, "GET /protected-data", h.protectedData, protectedDataDocs)
	operation(h, "GET /items", h.items, itemsDocs)

	operation(h, "GET /users", h.listUsers, needs(models.RoleAdmin), listUsersDocs)
	operation(h, "PATCH /users/{id}", h.updateUser, needs(models.RoleAdmin), updateUserDocs, canAnswer(http.StatusNotFound, http.StatusConflict))
	operation(h, "DELETE /users/{id}", h.deleteUser, needs(models.RoleAdmin), deleteUserDocs, canAnswer(http.StatusNotFound, http.StatusConflict))

	operation(h, "GET /.well-known/oauth-authorization-server", h.metadata, public, anyOrigin, metadataDocs)
	operation(h, "GET /.well-known/jwks.json", h.jwks, public, anyOrigin, jwksDocs)
	operation(h, "GET /healthz", h.healthz, public, healthzDocs)
	operation(h, "GET /readyz", h.readyz, public, readyzDocs, canAnswer(http.StatusServiceUnavailable))

	h.documentToken()
	h.documentRevoke()
	document, err := h.openAPI()
	h.echo.GET("/openapi.json", document) // last: by now all is in it
	return err
}
