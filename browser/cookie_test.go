package browser

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// newLatchkeyWithoutCookies is newLatchkey behind a proxy that removes all cookies, as if the
// browser refused them.
func newLatchkeyWithoutCookies(t *testing.T, settings ...string) *tab {
	t.Helper()
	openChromium(t)
	site := httptest.NewUnstartedServer(nil)
	origin := "http://" + site.Listener.Addr().String()
	p := cmdtest.Start(t, t.TempDir(), withMarisol(append(settings, "PUBLIC_URL="+origin)...)...)
	target, err := url.Parse(p.URL)
	authtest.Must(t, err)
	site.Config.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Set-Cookie")
			return nil
		},
	}
	site.Start()
	t.Cleanup(site.Close)
	return newPerson(t, origin)
}

func TestBrowserThatRefusesTheCookieIsExplained(t *testing.T) {
	t.Parallel()
	b := newLatchkeyWithoutCookies(t)
	defer b.close()
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitForCard("no-cookie")
	want(b, text("#no-cookie h1"), "You will be logged out in 15 minutes")
	want(b, text("#no-cookie-reason"), "Your browser didn't store the login cookie. Allow cookies for this site, then log in again.")
	want(b, "document.activeElement.matches('#no-cookie h1')", true)
	want(b, "document.querySelector('#public-address').hidden", true)
	want(b, "location.pathname", "/login")
	b.wantAccessible("login, cookie not kept")
	before := b.countRequests("POST /refresh")
	b.click("#continue")
	b.waitForCard("content")
	want(b, text("#name"), "marisol")
	want(b, "document.querySelector('#ends-note').hidden", false)
	want(b, text("#ends-note"), "Your session ends in 15 minutes. After that, log in again.")
	b.reload()
	b.waitForCard("content")
	if n := b.countRequests("POST /refresh"); n != before {
		t.Errorf("the page sent %d more requests to /refresh, which cannot succeed", n-before)
	}
	b.open("/account")
	b.changePassword(marisolPassword, "a quite different horse")
	b.waitFor(text("#password-outcome") + " !== ''")
	b.open("/")
	b.waitForCard("content")
	want(b, "document.querySelector('#ends-note').hidden", false)
	if n := b.countRequests("POST /refresh"); n != before {
		t.Errorf("after a new password, the page sent %d requests to /refresh, which cannot succeed", n-before)
	}
	b.click("#log-out")
	b.waitForCard("logged-out")
}

func TestSessionWithoutCookieEndsWithItsToken(t *testing.T) {
	t.Parallel()
	b := newLatchkeyWithoutCookies(t, "ACCESS_TOKEN_TTL=45s")
	defer b.close()
	b.runInEveryPage(skippableTime)
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitForCard("no-cookie")
	want(b, text("#no-cookie h1"), "You will be logged out in less than a minute")
	b.click("#continue")
	b.waitForCard("content")
	b.execute("window.skipped = 45_000")
	b.waitForCard("ended")
	want(b, text("#ended-reason"), "Log in again to continue.")
	want(b, "localStorage.length", 0)
}

// endsWithBrowser reports whether the session's cookie is one that ends when the browser is closed.
func (b *tab) endsWithBrowser() bool {
	b.Helper()
	for _, c := range call(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		if c.Name == "latchkey" {
			return c.Session
		}
	}
	b.Fatal("there is no cookie")
	return false
}

func TestBrowserKeepsTheLoginByDefault(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	if b.endsWithBrowser() {
		t.Error("the session ends with the browser")
	}
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.openSignUp()
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.press(kb.Enter)
	b.waitForCard("content")
	if b.endsWithBrowser() {
		t.Error("the session of a new user ends with the browser")
	}
}

// TestLoginThatIsNotKeptEndsWithTheBrowser follows the session through all that replaces its
// cookie.
func TestLoginThatIsNotKeptEndsWithTheBrowser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	wantEnds := func(after string) {
		t.Helper()
		if !b.endsWithBrowser() {
			t.Errorf("after %s, the cookie outlasts the browser", after)
		}
	}
	b.fillLogin("marisol", marisolPassword)
	b.click(".choice") // its label
	b.click("#log-in")
	b.waitForCard("content")
	wantEnds("the login")
	b.execute("localStorage.removeItem('token')")
	b.reload()
	b.waitFor(storedToken + " !== null")
	b.waitForCard("content")
	wantEnds("a renewal")
	b.open("/account")
	b.changePassword(marisolPassword, "a quite different horse")
	b.waitFor(text("#password-outcome") + " !== ''")
	wantEnds("a new password")

	tab := b.newTab() // which asks whether the cookie is still there
	tab.open("/")
	tab.waitForCard("content")
	call(b, network.ClearBrowserCookies, cdp.Empty{}) // as closing the browser does
	token := evaluate[string](b, storedToken)
	next := b.newTab()
	next.open("/account")
	next.waitFor("location.pathname === '/login'")
	want(next, storedToken+" === null", true)
	if status := p.Who(token); status != 200 {
		t.Errorf("GET /user with the token that was left over: status %d", status)
	}
	b.logIn("marisol", "a quite different horse")
	if b.endsWithBrowser() {
		t.Error("the next login is not kept either")
	}
}

// ignoredHeader is what the browser says about a header that has no effect over plain http.
const ignoredHeader = "console: The Cross-Origin-Opener-Policy header has been ignored, because the URL's origin was untrustworthy. " +
	"It was defined either in the final response or a redirect. Please deliver the response using the HTTPS protocol. " +
	"You can also use the 'localhost' origin instead. See https://www.w3.org/TR/powerful-features/#potentially-trustworthy-origin and " +
	"https://html.spec.whatwg.org/#the-cross-origin-opener-policy-header."

// newLatchkeyOnHomeNetwork is newLatchkey as on a home network: over plain http, at a host name for
// which browsers offer neither Web Locks nor keys.
func newLatchkeyOnHomeNetwork(t *testing.T, settings ...string) (*tab, *cmdtest.Program) {
	t.Helper()
	openChromium(t)
	// At a loopback address, the server refuses names that are not its own.
	p := cmdtest.Start(t, t.TempDir(), withMarisol(append(settings, "ADDR=0.0.0.0:0")...)...)
	return newPerson(t, strings.Replace(p.URL, "0.0.0.0", homeName, 1)), p
}

func TestSecureCookieOverPlainHTTPIsExplained(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkeyOnHomeNetwork(t, "PUBLIC_URL=https://login.example.org")
	defer b.close(ignoredHeader)
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitForCard("no-cookie")
	want(b, text("#no-cookie-reason"), "Your browser didn't store the login cookie because this page was opened at "+
		b.origin+". Go to https://login.example.org and log in there.")
	want(b, "document.querySelector('#public-address').href", "https://login.example.org/login")
}
