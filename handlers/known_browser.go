package handlers

import (
	"crypto/rand"
	"net/http"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// knownBrowserCookieName returns the name of the cookie that a browser receives when a user logs
// in.
func knownBrowserCookieName(https bool) string { return cookieName(https) + "-device" }

// knownBrowser returns what the cookie of a known browser says, or the zero value. Whether the
// browser is still known depends on the user who logs in; models decides that.
func (h *Handler) knownBrowser(r *http.Request) auth.KnownBrowser {
	browser, _ := onlyValid(cookieValues(r, knownBrowserCookieName(h.isHTTPS(r))), h.knownBrowsers.Parse)
	return browser
}

// newKnownBrowser returns the known browser of a user who has logged in. It is the earlier one with
// a later date if that was the same user's: its budget of attempts does not start anew.
func newKnownBrowser(earlier auth.KnownBrowser, user models.User, now time.Time) auth.KnownBrowser {
	id := earlier.ID
	if earlier.UserID != user.ID {
		id = rand.Text()
	}
	return auth.KnownBrowser{UserID: user.ID, ID: id, PasswordVersion: user.PasswordVersion, IssuedAt: now}
}

// withNextPassword returns a browser for the password that follows the one it was known with. It
// makes no browser known that was not: its password stays behind, and its date old.
func withNextPassword(browser auth.KnownBrowser) auth.KnownBrowser {
	browser.PasswordVersion++
	return browser
}

// knownBrowserCookie returns the cookie of a known browser. It grants no access, but no script
// needs it either.
func (h *Handler) knownBrowserCookie(to caller, browser auth.KnownBrowser) http.Cookie {
	seconds := int(auth.KnownBrowserTTL / time.Second)
	return to.newCookie(knownBrowserCookieName(to.https), h.knownBrowsers.Format(browser), seconds)
}
