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

// newKnownBrowser returns the known browser of a user who has logged in. If the earlier one was the
// same user's, it keeps that id, so that logging in does not refill the browser's budget.
func newKnownBrowser(earlier auth.KnownBrowser, user models.User, now time.Time) auth.KnownBrowser {
	id := earlier.ID
	if earlier.UserID != user.ID {
		id = rand.Text()
	}
	return auth.KnownBrowser{UserID: user.ID, ID: id, PasswordVersion: user.PasswordVersion, IssuedAt: now}
}

// withNextPassword returns a browser that stays known after its user has set a new password. One
// that was no longer known does not become so: it is as old as before, and still a version behind.
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
