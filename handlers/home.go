package handlers

import (
	"github.com/a-h/templ"

	"latchkey/views"
)

// homePage shows who is logged in. Its script asks GET /user.
func (h *Handler) homePage() templ.Component {
	return views.Home(views.HomePage{Page: h.pageData("Home", "Your account for "+h.appName+": see who is logged in, and log out.")})
}
