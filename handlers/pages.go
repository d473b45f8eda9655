package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/views"
)

// page is what every page needs.
func (h *Handler) page(title string) views.Page {
	return views.Page{Title: title, Assets: h.assets, Version: h.Version, PublicURL: h.PublicURL, Signup: h.Signup}
}

// passwordRules are the rules for new passwords that a page can check.
func (h *Handler) passwordRules() views.PasswordRules {
	return views.PasswordRules{Min: max(h.Store.Policy.MinLength, auth.MinPasswordLength), Max: auth.MaxPasswordLength}
}

func usernameRules() views.NameRules {
	return views.NameRules{Min: models.MinUsernameLength, Max: models.MaxUsernameLength, Signs: models.UsernameSigns}
}

func roleRules() views.NameRules {
	return views.NameRules{Min: 1, Max: models.MaxRoleLength, Signs: models.RoleSigns}
}

// errorPage is a problem as a person reads it.
func (h *Handler) errorPage(p *problem) templ.Component {
	return views.Error(views.ErrorPage{
		Page:      h.page(p.Title),
		Status:    p.Status,
		Detail:    p.Detail,
		RequestID: strings.TrimPrefix(p.Instance, "urn:uuid:"),
	})
}

// render writes a page.
func (h *Handler) render(c echo.Context, status int, page templ.Component) error {
	html, err := renderPage(c.Request().Context(), page)
	if err != nil {
		return err
	}
	return c.HTMLBlob(status, html)
}

// renderedPage is a page's HTML.
type renderedPage []byte

// renderPage renders a page whole before its first byte goes out, so that a
// failure can still become an error.
func renderPage(ctx context.Context, page templ.Component) (renderedPage, error) {
	var html bytes.Buffer
	if err := page.Render(context.WithoutCancel(ctx), &html); err != nil {
		return nil, fmt.Errorf("rendering a page: %w", err)
	}
	return html.Bytes(), nil
}

// staticFile serves an embedded file. A URL with the present hash never means
// another file, so it is kept for good; with another hash, during an upgrade,
// it means the file as it is now.
func (h *Handler) staticFile(c echo.Context) error {
	file, found := h.assets.Lookup(c.Param("*"))
	if !found {
		return echo.ErrNotFound
	}
	header := c.Response().Header()
	header.Set(echo.HeaderCacheControl, "no-cache")
	if file.Immutable {
		header.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	header.Set("ETag", file.ETag)
	header.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if strings.Contains(c.Request().Header.Get("If-None-Match"), file.ETag) {
		return c.NoContent(http.StatusNotModified)
	}
	if strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		if zipped := file.Gzip(); zipped != nil {
			header.Set(echo.HeaderContentEncoding, "gzip")
			return c.Blob(http.StatusOK, file.ContentType, zipped)
		}
	}
	return c.Blob(http.StatusOK, file.ContentType, file.Body)
}
