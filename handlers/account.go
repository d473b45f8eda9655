package handlers

import (
	"github.com/a-h/templ"

	"latchkey/views"
)

// accountPage changes the password, and lists and ends sessions.
func (h *Handler) accountPage() templ.Component {
	return views.Account(views.AccountPage{
		Page:     h.pageData("Account", "Change your password for "+h.appName+", and see where you are logged in."),
		Password: h.passwordRules(),
	})
}
