package handlers

import (
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

// checkHost refuses requests for a host name that is not this server's, if the server listens on a
// loopback address. A page of an attacker, whose host name has been pointed at that address, could
// otherwise use the server from the visitor's browser (DNS rebinding).
func (h *Handler) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if h.loopback && !isOwnHost(c.Request().Host, h.publicHost) {
			return errMisdirected
		}
		return next(c)
	}
}

// isOwnHost reports whether a Host header names the public host, or something that no one can point
// at another machine: an IP address, localhost, or a name under localhost (RFC 6761 6.3). An absent
// Host passes too, since every browser sends one.
func isOwnHost(header, publicHost string) bool {
	if _, isAddress := parseAddress(header); isAddress || header == "" {
		return true
	}
	name := hostName(header)
	return name == publicHost || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// hostName returns a host in lower case, without its port and the dot that may end a name.
func hostName(host string) string {
	return strings.TrimSuffix(strings.ToLower((&url.URL{Host: host}).Hostname()), ".")
}
