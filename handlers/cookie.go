package handlers

import (
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
)

// cookieName returns the name of the refresh cookie. Under https its prefix makes browsers refuse
// it from other hosts, for other paths and over http. Under http browsers refuse that prefix.
func cookieName(https bool) string {
	if https {
		return "__Host-latchkey"
	}
	return "latchkey"
}

// refreshCookie returns the refresh cookie with this value, for the header Set-Cookie. No script
// can read it, and requests that another site causes do not carry it (ASVS 3.3).
func (c *caller) refreshCookie(value string, maxAge int) []http.Cookie {
	return []http.Cookie{{
		Name: cookieName(c.https), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.https, SameSite: http.SameSiteStrictMode,
	}}
}

// sessionCookie returns the cookie with the newest refresh token of a session. The browser keeps it
// for as long as the session lasts without use.
func (c *caller) sessionCookie(t tokens) []http.Cookie {
	seconds := int(t.session.ExpiresAt.Sub(t.session.LastUsedAt) / time.Second)
	return c.refreshCookie(t.refresh, max(seconds, 1))
}

// clearedCookie returns the cookie that removes the refresh cookie. Only a logout may send it: a
// renewal that lost a race would remove what the winner received.
func (c *caller) clearedCookie() []http.Cookie { return c.refreshCookie("", -1) }

// cookieValues returns the values of the cookies with this name.
func cookieValues(r *http.Request, name string) (values []string) {
	for _, cookie := range r.CookiesNamed(name) {
		values = append(values, cookie.Value)
	}
	return values
}

// parseRefreshCookie returns the refresh token in the values of the refresh cookie. It fails with
// errNoCookie, errTwoCookies or auth.ErrInvalidRefreshToken.
func (h *Handler) parseRefreshCookie(values []string) (auth.RefreshToken, error) {
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return auth.RefreshToken{}, errNoCookie
	case len(values) > 1: // which of them is ours cannot be known
		return auth.RefreshToken{}, errTwoCookies
	}
	return h.refreshTokens.Parse(values[0])
}

// documentedCookie is the name of the refresh cookie in the OpenAPI document. A proxy can decide
// that a request uses the other name; see isHTTPS.
func (h *Handler) documentedCookie() string { return cookieName(h.publicURLIsHTTPS()) }

// readsCookie documents that an operation reads the refresh cookie. The guard bearerOrCookie does
// so by itself.
func readsCookie(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: op.Metadata[cookieNameKey].(string), In: "cookie",
		Description: "The refresh cookie of this browser, set by `/login` and `/refresh`.",
		Schema:      &huma.Schema{Type: huma.TypeString},
	})
}
