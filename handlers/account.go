package handlers

import (
	"github.com/a-h/templ"

	"latchkey/models"
	"latchkey/views"
)

// accountPage is where people change what belongs to their account, and see their sessions.
func (h *Handler) accountPage() templ.Component {
	return views.Account(views.AccountPage{
		Page:     h.pageData("Account", "Change your password for "+h.appName+", and see where you are logged in."),
		Password: h.passwordRules(), MaxEmail: models.MaxEmailLength,
	})
}
