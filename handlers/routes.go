package handlers

import "latchkey/models"

// addRoutes adds every route with its guard, the third argument:
//
//   - public: anyone
//   - bearer: needs an access token
//   - bearerWithProof: needs an access token and, if its session is bound to a key, a proof
//   - role: like bearerWithProof, for users with this role
//   - bearerOrCookie: needs an access token or the refresh cookie
//
// A route can have options: sameOrigin refuses requests that come from another origin; anyOrigin
// lets browser apps on any origin read the response (CORS); allowedOrigins does so only for the
// origins in ALLOWED_ORIGINS. Operations with the guard bearer, bearerWithProof or role are open to
// these by default. readsProof verifies a proof if one is sent; readsFreshProof also asks for a
// nonce in it.
func (h *Handler) addRoutes() {
	// Pages are public shells, rendered once: they contain no user data.
	page(h, "GET /", public, h.homePage())
	page(h, "GET /login", public, h.loginPage())
	page(h, "GET /register", public, h.registerPage())
	page(h, "GET /set-password", public, h.setPasswordPage())
	page(h, "GET /account", public, h.accountPage())
	page(h, "GET /admin/users", public, h.usersPage())
	page(h, "GET /docs", public, h.docsPage(), allowSwaggerUI)

	file(h, "GET /openapi.json", public, h.openAPI)
	file(h, "GET /favicon.ico", public, h.favicon)
	file(h, "GET /static/*", public, h.staticFile)

	operation(h, "POST /login", public, h.login, loginDocs, sameOrigin, readsProof)
	operation(h, "POST /refresh", public, h.refresh, refreshDocs, sameOrigin, readsFreshProof)
	operation(h, "POST /logout", bearerOrCookie, h.logout, logoutDocs, sameOrigin)
	form(h, "POST /token", public, h.token, h.tokenDocs, allowedOrigins, readsProof)
	form(h, "POST /revoke", public, h.revoke, h.revokeDocs, allowedOrigins)

	operation(h, "POST /register", public, h.register, registerDocs)
	operation(h, "POST /set-password", public, h.setPassword, setPasswordDocs)
	operation(h, "GET /user", bearer, h.user, userDocs)
	operation(h, "GET /users/me", bearer, h.me, meDocs)
	operation(h, "PATCH /users/me", bearerWithProof, h.updateMe, updateMeDocs)
	operation(h, "POST /users/me/deletion", bearerWithProof, h.deleteMe, deleteMeDocs)
	operation(h, "POST /users/me/password", bearerWithProof, h.changePassword, changePasswordDocs)
	operation(h, "GET /sessions", bearerWithProof, h.listSessions, listSessionsDocs)
	operation(h, "DELETE /sessions/{id}", bearerWithProof, h.endSession, endSessionDocs)
	operation(h, "DELETE /sessions", bearerWithProof, h.endOtherSessions, endOtherSessionsDocs)

	operation(h, "GET /protected-data", bearer, h.protectedData, protectedDataDocs)
	operation(h, "GET /items", bearer, h.items, itemsDocs)

	operation(h, "GET /users", role(models.RoleAdmin), h.listUsers, listUsersDocs)
	operation(h, "POST /users", role(models.RoleAdmin), h.createUser, createUserDocs)
	operation(h, "PATCH /users/{id}", role(models.RoleAdmin), h.updateUser, updateUserDocs)
	operation(h, "DELETE /users/{id}", role(models.RoleAdmin), h.deleteUser, deleteUserDocs)
	operation(h, "POST /users/{id}/password-link", role(models.RoleAdmin), h.issueLink, issueLinkDocs)
	operation(h, "GET /users/{id}/sessions", role(models.RoleAdmin), h.listUserSessions, listUserSessionsDocs)
	operation(h, "DELETE /users/{id}/sessions", role(models.RoleAdmin), h.endUserSessions, endUserSessionsDocs)

	operation(h, "GET /.well-known/oauth-authorization-server", public, h.metadata, metadataDocs, anyOrigin)
	operation(h, "GET /.well-known/jwks.json", public, h.jwks, jwksDocs, anyOrigin)
	operation(h, "GET /healthz", public, h.healthz, healthzDocs)
	operation(h, "GET /readyz", public, h.readyz, readyzDocs)
}
