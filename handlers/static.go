package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// staticFile serves an embedded file. A URL with the current hash never changes its content, so it
// can be cached for good. With another hash, as during an upgrade, the URL serves the current file.
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
