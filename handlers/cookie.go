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

// newCookie returns a cookie for the header Set-Cookie; maxAge is in seconds, and zero means until
// the browser is closed. No script can read it, and requests that another site causes do not carry
// it (ASVS 3.3).
func (c *caller) newCookie(name, value string, maxAge int) http.Cookie {
	return http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: c.https, SameSite: http.SameSiteStrictMode,
	}
}

// sessionCookie returns the cookie with the newest refresh token of a session. The browser keeps it
// for as long as the session lasts without use or, if the session is not remembered, until the
// browser is closed.
func (c *caller) sessionCookie(t tokens) http.Cookie {
	if !t.session.Remembered {
		return c.newCookie(cookieName(c.https), t.refresh, 0)
	}
	seconds := int(t.session.ExpiresAt.Sub(t.session.LastUsedAt) / time.Second)
	return c.newCookie(cookieName(c.https), t.refresh, max(seconds, 1))
}

// clearedCookie returns the cookie that removes the refresh cookie. Only a logout may send it: a
// renewal that lost a race would remove what the winner received.
func (c *caller) clearedCookie() http.Cookie { return c.newCookie(cookieName(c.https), "", -1) }

// cookieValues returns the values of the cookies with this name.
func cookieValues(r *http.Request, name string) (values []string) {
	for _, cookie := range r.CookiesNamed(name) {
		values = append(values, cookie.Value)
	}
	return values
}

// refreshToken returns the refresh token in the cookie of a request, and reports whether there is
// one.
func (h *Handler) refreshToken(r *http.Request) (token auth.RefreshToken, sent bool) {
	return onlyValid(cookieValues(r, cookieName(h.isHTTPS(r))), h.refreshTokens.Parse)
}

// onlyValid returns the only value that parse accepts, and reports whether there is one. Other
// sites on the same host can set cookies of any name: those that we did not make do not count, not
// even beside ours. Of two that we made, nobody can know which is this browser's, so neither
// counts.
func onlyValid[T any](values []string, parse func(string) (T, error)) (only T, found bool) {
	for _, value := range values {
		parsed, err := parse(value)
		if err != nil {
			continue
		}
		if found {
			var none T
			return none, false
		}
		only, found = parsed, true
	}
	return only, found
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
