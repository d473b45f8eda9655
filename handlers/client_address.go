package handlers

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// Headers of proxies. They count only if the peer, the other end of the TCP connection, is a
// trusted proxy: any client can send them.
const (
	forwardedFor   = echo.HeaderXForwardedFor
	forwardedProto = echo.HeaderXForwardedProto
)

// addressKey is where the context of a request holds the client's address, a netip.Addr.
type addressKey struct{}

// identifyClient finds the client's address, which c.RealIP then returns. It fails with
// errForwardedFor.
func (h *Handler) identifyClient(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Header[forwardedFor] != nil || r.Header[forwardedProto] != nil {
			h.warnOfUntrustedProxy(r)
		}
		address, err := clientAddress(r, h.trustedProxies)
		if err != nil {
			return err
		}
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), addressKey{}, address)))
		return next(c)
	}
}

// realIP is Echo's IP extractor. It returns the address that identifyClient found, or the peer's if
// it found none.
func realIP(r *http.Request) string {
	address, found := r.Context().Value(addressKey{}).(netip.Addr)
	if !found {
		address = peerAddress(r)
	}
	return address.String()
}

// clientAddress returns the address of the client: the peer's unless the peer is a trusted proxy.
// Then it is the last entry of X-Forwarded-For that is not a trusted proxy's. Whatever precedes
// that entry was sent by the client and is not even looked at. If all are trusted, the first entry
// is the client.
//
// If the entry that counts is not an address, clientAddress fails with errForwardedFor. Taking the
// proxy's address instead would let one client use up the budgets of all others.
func clientAddress(r *http.Request, trusted []netip.Prefix) (netip.Addr, error) {
	address := peerAddress(r)
	rest := strings.Join(r.Header.Values(forwardedFor), ",")
	for rest != "" && contains(trusted, address) {
		comma := strings.LastIndexByte(rest, ',')
		entry := strings.TrimSpace(rest[comma+1:])
		rest = rest[:max(comma, 0)]
		if entry == "" { // an empty element of a list counts for nothing (RFC 9110 5.6.1.2)
			continue
		}
		var ok bool
		if address, ok = parseAddress(entry); !ok {
			return netip.Addr{}, errForwardedFor
		}
	}
	return address, nil
}

// peerAddress returns the address of the other end of the TCP connection.
func peerAddress(r *http.Request) netip.Addr {
	address, _ := parseAddress(r.RemoteAddr)
	return address
}

// parseAddress parses an IP address with or without a port: 192.0.2.1, 192.0.2.1:80, 2001:db8::1,
// [2001:db8::1] or [2001:db8::1]:80. It drops the zone, and turns an IPv4-mapped IPv6 address into
// the IPv4 address, so that one client has one address.
func parseAddress(text string) (address netip.Addr, ok bool) {
	withPort, err := netip.ParseAddrPort(text)
	if address = withPort.Addr(); err != nil {
		if inner, bracketed := strings.CutPrefix(text, "["); bracketed && strings.HasSuffix(inner, "]") && strings.Contains(inner, ":") {
			text = strings.TrimSuffix(inner, "]")
		}
		address, err = netip.ParseAddr(text)
	}
	return address.Unmap().WithZone(""), err == nil
}

func contains(prefixes []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(address) })
}

// isHTTPS reports whether the browser that sent a request used https. PUBLIC_URL decides if it is
// set. Otherwise, the X-Forwarded-Proto of a trusted proxy does: the last value, which is the
// proxy's own.
func (h *Handler) isHTTPS(r *http.Request) bool {
	if h.publicURLSet {
		return h.publicURLIsHTTPS()
	}
	values := strings.Split(strings.Join(r.Header.Values(forwardedProto), ","), ",")
	last := strings.TrimSpace(values[len(values)-1])
	return strings.EqualFold(last, "https") && contains(h.trustedProxies, peerAddress(r))
}

// publicOrigin returns the origin that people use: PUBLIC_URL or, if it is unset, the origin of the
// request as far as the server knows it.
func (h *Handler) publicOrigin(r *http.Request) string {
	switch {
	case h.publicURLSet || r.Host == "":
		return h.publicURL
	case h.isHTTPS(r):
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (h *Handler) publicURLIsHTTPS() bool { return strings.HasPrefix(h.publicURL, "https://") }

// warnOfUntrustedProxy logs once that headers of a proxy were ignored: if they came from the
// operator's own proxy, every client has the proxy's address.
func (h *Handler) warnOfUntrustedProxy(r *http.Request) {
	if peer := peerAddress(r); !contains(h.trustedProxies, peer) {
		h.warnOfProxy.Do(func() {
			h.log.Warn("ignored X-Forwarded headers, because they came from no trusted proxy; "+
				"if this peer is your proxy, add it to TRUSTED_PROXIES", "peer", peer.String())
		})
	}
}
