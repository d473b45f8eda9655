package handlers

import (
	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// homePage shows who is logged in; its script asks GET /user.
func (h *Handler) homePage(c echo.Context) error {
	return h.render(c, 200, views.Home(views.HomePage{Page: h.page("Home")}))
}
