package handlers

import "github.com/labstack/echo/v4"

// staticFile serves an embedded file. A URL with the current hash never changes its content. With
// another hash, as during an upgrade, the URL serves the current file.
func (h *Handler) staticFile(c echo.Context) error {
	file, found := h.assets.Lookup(c.Param("*"))
	if !found {
		return echo.ErrNotFound
	}
	return servePrepared(c, file)
}

// favicon serves the icon for anyone who asks for it without having read a page.
func (h *Handler) favicon(c echo.Context) error { return servePrepared(c, h.assets.Get("favicon.ico")) }
