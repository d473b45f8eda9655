package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"latchkey/models"
	"latchkey/views"
)

// accountPage is where people change what belongs to their account, and see their sessions.
func (h *Handler) accountPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.Account(views.AccountPage{
		Page: h.pageData("Account"), Password: h.passwordRules(), MaxEmail: models.MaxEmailLength,
	}))
}
