package browser

import (
	"slices"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// storedToken is a JavaScript expression: the access token in localStorage, or null.
const storedToken = "localStorage.getItem('token')"

// isRenewed is a JavaScript expression: whether localStorage holds another token than this one.
func isRenewed(token string) string {
	return "![null, '" + token + "'].includes(" + storedToken + ")"
}

// recordEnd remembers the first card that a page has shown to someone who is not logged in.
const recordEnd = `
	window.sawEnd = '';
	new MutationObserver(() => {
		for (const card of document.querySelectorAll('main > section')) {
			if (!card.hidden && !['checking', 'content'].includes(card.id)) window.sawEnd ||= card.id;
		}
	}).observe(document, { subtree: true, childList: true, attributes: true });
`

// skippableTime lets a test move the page's clock forward, by window.skipped milliseconds. The page
// notices when it looks at its clock, which it also does on the event "online".
const skippableTime = `
	window.skipped = 0;
	const elapsed = performance.now.bind(performance);
	performance.now = () => elapsed() + window.skipped;
`

// noTimeouts lets the page wait forever for a lock or a response.
const noTimeouts = "AbortSignal.timeout = () => new AbortController().signal"

func TestLostTokenIsRenewedBeforeThePageShowsAnything(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.runInEveryPage(recordEnd)
	for _, path := range []string{"/", "/account", "/admin/users", "/login"} {
		b.execute("localStorage.clear()")
		b.open(path)
		b.waitForCard("content")
		want(b, "window.sawEnd", "")
		want(b, storedToken+" !== null", true)
	}
	want(b, "location.pathname", "/")
}

func TestScriptsCannotReadTheCookie(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	want(b, "document.cookie", "")
	cookies := call(b, network.GetCookies, network.GetCookiesParams{}).Cookies
	var names []string
	for _, c := range cookies {
		names = append(names, c.Name)
		if !c.HTTPOnly || c.Secure || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" {
			t.Errorf("the cookie is %+v", c)
		}
	}
	slices.Sort(names)
	if want := []string{"latchkey", "latchkey-device"}; !slices.Equal(names, want) {
		t.Errorf("the cookies are %v, want %v", names, want)
	}
}

func TestRefusedTokenIsRenewedAndTheRequestRepeated(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /user")
	token := b.logIn("marisol", marisolPassword)
	b.runInEveryPage(recordEnd)
	b.execute("localStorage.setItem('token', '" + token + "x')") // which only the server can know to be invalid
	b.reload()
	b.waitForCard("content")
	want(b, "window.sawEnd", "")
	b.waitFor(isRenewed(token + "x"))
}

func TestTokenOfAnEndedSessionIsRemoved(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "401 /user")
	token := b.logIn("marisol", marisolPassword)
	p.Logout(token)
	homes, logins := b.countRequests("GET /"), b.countRequests("GET /login")
	b.reload()
	b.waitForCard("ended")
	want(b, text("#ended-reason"), "It may have been ended from another device. Log in again to continue.")
	want(b, "localStorage.length", 0)
	b.click("#ended a")
	b.waitFor("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	if homes, logins = b.countRequests("GET /")-homes, b.countRequests("GET /login")-logins; homes != 1 || logins != 1 {
		t.Errorf("/ was opened %d times and /login %d times, want 1 and 1", homes, logins)
	}

	b.execute("localStorage.setItem('token', '" + token + "')")
	b.open("/login")
	b.waitFor(storedToken + " === null")
	want(b, "location.pathname", "/login")
}

func TestExpiredSessionIsReported(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "401 /user")
	b.runInEveryPage(skippableTime)
	b.logIn("marisol", marisolPassword)
	execSQL(t, p, "UPDATE sessions SET expires_at = created_at")
	b.execute("window.skipped = 14.1 * 60_000; window.dispatchEvent(new Event('online'))")
	b.waitForCard("ended")
	want(b, text("#ended h1"), "Your session has ended")
	want(b, "localStorage.length", 0)
	b.wantAccessible("session ended")
}

func TestSessionEndedFromAnotherDeviceIsReported(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "401 /user")
	b.runInEveryPage(skippableTime)
	b.logIn("marisol", marisolPassword)
	other := newPerson(t, p.URL)
	defer other.close()
	other.logIn("marisol", marisolPassword)
	other.open("/account")
	other.waitFor("document.querySelectorAll('#rows li').length === 2")
	other.click("#rows li:nth-child(2) .end")
	other.waitFor(text("#rows li:nth-child(2)") + " === 'Chrome on Linux has been logged out.'")

	b.execute("window.skipped = 14.1 * 60_000; window.dispatchEvent(new Event('online'))") // it is time to renew the token
	b.waitForCard("ended")
	want(b, text("#ended h1"), "Your session has ended")
	want(b, text("#ended-reason"), "It may have been ended from another device. Log in again to continue.")
	want(b, "localStorage.length", 0)
	want(b, "location.pathname", "/") // the page stays, because someone may be reading it
}
