package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"latchkey/views"
)

// homePage shows who is logged in. Its script asks GET /user.
func (h *Handler) homePage(c echo.Context) error {
	return h.render(c, http.StatusOK, views.Home(views.HomePage{Page: h.pageData("Home")}))
}
