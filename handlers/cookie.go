package handlers

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// Errors of the cookie.
var (
	errNoCookie  = errors.New("no refresh cookie was sent")
	errTwoCookie = errors.New("the refresh cookie was sent twice")
)

// cookieName is the refresh cookie's. Under https its prefix makes browsers
// accept it from this host alone, whole and secure; under http, which a home
// network uses, no browser would store it with that.
func (h *Handler) cookieName() string {
	if h.https() {
		return "__Host-latchkey"
	}
	return "latchkey"
}

func (h *Handler) https() bool { return strings.HasPrefix(h.PublicURL, "https://") }

// cookie makes the refresh cookie: no script can read it, and no request that
// another site causes carries it (ASVS 3.3).
func (h *Handler) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: h.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: h.https(), SameSite: http.SameSiteStrictMode,
	}
}

// setCookie gives the browser the newest refresh token of a session, for as
// long as the session lasts without use.
func (h *Handler) setCookie(w http.ResponseWriter, text string, session models.Session) {
	seconds := int(session.ExpiresAt.Sub(session.LastUsedAt) / time.Second)
	http.SetCookie(w, h.cookie(text, max(seconds, 1)))
}

// clearCookie takes it away again. Only logging out does: a refresh that lost
// a race must not take what the winner got.
func (h *Handler) clearCookie(w http.ResponseWriter) { http.SetCookie(w, h.cookie("", -1)) }

// refreshCookie returns the refresh token of the request's cookie. It fails
// with errNoCookie, errTwoCookie or auth.ErrInvalidRefreshToken.
func (h *Handler) refreshCookie(r *http.Request) (auth.RefreshToken, error) {
	cookies := r.CookiesNamed(h.cookieName())
	switch {
	case len(cookies) == 0 || len(cookies) == 1 && cookies[0].Value == "":
		return auth.RefreshToken{}, errNoCookie
	case len(cookies) > 1: // which of them is ours cannot be known
		return auth.RefreshToken{}, errTwoCookie
	}
	return h.RefreshTokens.Parse(cookies[0].Value)
}
