package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// setPasswordPage is the form that sends POST /set-password. It is the same for every link: the
// browser keeps the link's token to itself until the form is sent.
func (h *Handler) setPasswordPage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.SetPassword(views.SetPasswordPage{
		Page: h.pageData("Set your password"), Password: h.passwordRules(),
	}))
}
