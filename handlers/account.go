package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// accountPage changes the password, and lists and ends sessions.
func (h *Handler) accountPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.Account(views.AccountPage{
		Page: h.pageData("Account"), Password: h.passwordRules(),
	}))
}
