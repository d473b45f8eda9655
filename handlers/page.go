package handlers

import (
	"bytes"
	"context"
	"fmt"

	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/views"
)

// pageData returns what every page needs. The description is one sentence, or empty.
func (h *Handler) pageData(title, description string) views.Page {
	return views.Page{
		Title: title, Description: description, AppName: h.appName, Assets: h.assets, Version: h.version,
		PublicURL: h.publicURL, Signup: h.signup,
	}
}

// withFooter is pageData for the pages of administrators and developers.
func (h *Handler) withFooter(title, description string) views.Page {
	page := h.pageData(title, description)
	page.Footer = true
	return page
}

// writeErrorPage shows a problem. It renders the whole page first, so that a failure can still
// become an error.
func (h *Handler) writeErrorPage(c echo.Context, p *problem) error {
	page := views.Error(views.ErrorPage{
		Page: h.pageData("", ""), Status: p.Status, Detail: p.Detail, RequestID: requestID(c),
	})
	var html bytes.Buffer
	if err := page.Render(context.WithoutCancel(c.Request().Context()), &html); err != nil {
		return fmt.Errorf("rendering a page: %w", err)
	}
	return c.HTMLBlob(p.Status, html.Bytes())
}

// passwordRules returns the rules for new passwords that a page can check.
func (h *Handler) passwordRules() views.PasswordRules {
	policy := h.store.PasswordPolicy()
	return views.PasswordRules{Min: policy.Minimum(), Max: auth.MaxPasswordLength, Names: policy.Names}
}

func usernameRules() views.NameRules {
	return views.NameRules{
		Min: models.MinUsernameLength, Max: models.MaxUsernameLength, Punctuation: models.UsernamePunctuation,
	}
}

func roleRules() views.NameRules {
	return views.NameRules{Min: 1, Max: models.MaxRoleLength, Punctuation: models.RolePunctuation}
}
