package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// fail is Echo's error handler, through which every error passes. It writes the problem in the
// format of OAuth 2 for a form, as a page for a browser that navigates, and as JSON otherwise.
func (h *Handler) fail(err error, c echo.Context) {
	c.Set(causeKey, err)
	if c.Response().Committed {
		return
	}
	p := describe(err)
	p.Instance = "urn:uuid:" + requestID(c)
	switch {
	case h.isForm(c):
		err = writeOAuthError(c, p)
	case navigates(c.Request()):
		p.setHeaders(c)
		err = h.writeErrorPage(c, p)
	default:
		p.setHeaders(c)
		err = writeProblem(c, p)
	}
	if err != nil {
		c.Set(causeKey, err)
	}
}

// navigates reports whether a browser asks for a page to show.
func navigates(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && strings.Contains(r.Header.Get(echo.HeaderAccept), echo.MIMETextHTML)
}
