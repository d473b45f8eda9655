package handlers

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"latchkey/static"
)

// servePrepared sends a page, a static file or the OpenAPI document. None of them contains anything
// that a request sent, so they are the only responses that may be compressed: the length of any
// other could tell an attacker what else it contains (BREACH). Unless the content never changes, a
// browser asks each time whether its copy is still current.
func servePrepared(c echo.Context, file static.File) error {
	request, header := c.Request(), c.Response().Header()
	header.Set(echo.HeaderCacheControl, "no-cache")
	if file.Immutable {
		header.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	header.Set("ETag", file.ETag)
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	if hasCopy(request, file) {
		return c.NoContent(http.StatusNotModified)
	}
	body := file.Body
	if file.Gzip != nil && acceptsGzip(request) {
		header.Set(echo.HeaderContentEncoding, "gzip")
		body = file.Gzip
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, file.ContentType, body) // for HEAD, net/http drops the body
}

// hasCopy reports whether the client has this file already (RFC 9110 13.1.2). The quotes of an ETag
// are part of it, so it is found only as a whole; the comparison is weak.
func hasCopy(r *http.Request, file static.File) bool {
	copies := strings.Join(r.Header.Values("If-None-Match"), ",")
	return strings.TrimSpace(copies) == "*" || strings.Contains(copies, strings.TrimPrefix(file.ETag, "W/"))
}

// acceptsGzip reports whether the client wants gzip, as RFC 9110 12.5.3 says: not if it gives gzip,
// or everything it doesn't name, the quality 0, and not if it prefers the plain content.
func acceptsGzip(r *http.Request) bool {
	quality := map[string]float64{"identity": 0}
	for offer := range strings.SplitSeq(strings.Join(r.Header.Values(echo.HeaderAcceptEncoding), ","), ",") {
		coding, parameter, _ := strings.Cut(strings.ToLower(offer), ";")
		coding = strings.TrimSpace(coding)
		quality[coding] = 1
		if text, ok := strings.CutPrefix(strings.TrimSpace(parameter), "q="); ok {
			quality[coding], _ = strconv.ParseFloat(text, 64) // 0 if it is malformed
		}
	}
	gzip, named := quality["gzip"]
	if !named {
		gzip = quality["*"]
	}
	return gzip > 0 && gzip >= quality["identity"]
}
