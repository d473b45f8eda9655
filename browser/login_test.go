package browser

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// noCountdown keeps the page for visitors where it is.
const noCountdown = "window.setInterval = () => 0"

// text is what a person reads in an element.
func text(selector string) string {
	return "document.querySelector('" + selector + "').innerText.trim()"
}

func TestAVisitorIsToldSoAndBroughtToTheLoginPage(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.open("/")
	b.shows("visitor")
	want(b, text("#visitor h1"), "You are not logged in")
	want(b, `/^Taking you to the login page in [123] seconds?\.$/.test(`+text("#countdown")+`)`, true)
	want(b, `/^You are not logged in\. Taking you .* in 3 seconds\.$/.test(document.querySelector('[role=status]').textContent)`, true)
	b.until(`/ in [12] seconds?\./.test(` + text("#countdown") + `)`)
	want(b, "localStorage.length", 0)
	if n := b.sent("POST /refresh"); n != 1 {
		t.Errorf("the page asked %d times whether there is a session", n)
	}
	b.until("location.pathname === '/login'")
	b.wentNowhereBut(t, "/login") // Back leads to no second countdown

	b.beforePages(noCountdown)
	b.open("/")
	b.shows("visitor")
	b.click("#visitor a")
	b.until("location.pathname === '/login'")
}

// wentNowhereBut looks at what Back and Forward lead to.
func (b *tab) wentNowhereBut(t *testing.T, paths ...string) {
	t.Helper()
	var found []string
	for _, entry := range do(b, page.GetNavigationHistory, cdp.Empty{}).Entries {
		if entry.URL != "about:blank" {
			found = append(found, path(entry.URL))
		}
	}
	if !slices.Equal(found, paths) {
		t.Errorf("the history is %v, want %v", found, paths)
	}
}

func TestAWrongPasswordIsSaidInThePage(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /login", "401 /refresh")
	b.fill("marisol", "wrong")
	b.click("#log-in")
	b.until(text("#errors") + " !== ''")
	want(b, text("#errors"), "Incorrect username or password.")
	want(b, "document.querySelector('#errors').getAttribute('role')", "alert")
	want(b, "document.querySelector('#username').value", "marisol")
	want(b, "document.querySelector('#password').value", "")
	want(b, "document.activeElement.id", "password")
	want(b, "location.href", b.origin+"/login")
	want(b, "localStorage.length", 0)

	value[chromedp.Void](b, "window.first = document.querySelector('#errors').firstElementChild")
	b.write("#password", "wrong")
	b.press(kb.Enter)
	b.until("document.querySelector('#errors').firstElementChild !== window.first") // a new node is announced
	want(b, text("#errors"), "Incorrect username or password.")

	b.write("#password", marisols)
	b.press(kb.Enter)
	b.shows("member")
}

func TestWhoLogsInIsAtHomeAndStaysLoggedIn(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	token := b.logIn("marisol", marisols)
	if status := who(t, p.url, token); status != 200 {
		t.Errorf("GET /user with what localStorage holds: status %d", status)
	}
	want(b, text("#name"), "marisol")
	want(b, text("#roles"), "admin")
	want(b, text("#ends-label"), "Token renews")
	want(b, text("#ends"), "in 14 minutes")
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(t, err)
	var claims struct{ Exp float64 }
	must(t, json.Unmarshal(payload, &claims))
	renews := value[float64](b, "Date.parse(document.querySelector('#ends').dateTime) / 1000")
	if ahead := claims.Exp - renews; ahead < 58 || ahead > 62 { // the Date header tells whole seconds
		t.Errorf("the token is to be renewed %v seconds before its end, want 60", ahead)
	}
	b.wentNowhereBut(t, "/") // Back does not return to the form
	if n := b.sent("POST /refresh"); n != 2 {
		t.Errorf("%d requests went to /refresh, want the visitor's and the one that finds out whether the cookie was kept", n)
	}

	do(b, page.Reload, page.ReloadParams{})
	b.shows("member")
	want(b, text("#name"), "marisol")
	b.open("/login")
	b.shows("member")
	want(b, "location.pathname", "/")
	want(b, "localStorage.getItem('token')", token)
	if n := b.sent("POST /refresh"); n != 2 {
		t.Errorf("%d requests went to /refresh although the token was good", n-2)
	}
}

// watchForName remembers whether a page has ever shown who is logged in.
const watchForName = `
	window.sawName = false;
	const look = () => { window.sawName ||= document.querySelector('#member')?.hidden === false };
	new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
	addEventListener('pageshow', look);
`

func TestALogoutCountsOnTheServerAndInEveryTab(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("404 /nothing-here", "401 /refresh")
	b.beforePages(watchForName)
	token := b.logIn("marisol", marisols)
	want(b, "window.sawName", true)
	other := b.another()
	other.open("/")
	other.shows("member")
	value[chromedp.Void](other, "window.sameDocument = true")

	b.click("#log-out")
	b.shows("logged-out")
	if status := who(t, p.url, token); status != 401 {
		t.Errorf("GET /user with the old token: status %d", status)
	}
	want(b, "localStorage.length", 0)
	want(b, "document.activeElement.textContent", "You are logged out")
	other.until("window.sameDocument && !document.querySelector('#visitor').hidden")

	b.open("/nothing-here")
	b.back()
	b.shows("visitor")
	want(b, "window.sawName", false)
}

func TestBackAfterALogoutElsewhereShowsNoName(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /user", "401 /refresh", "404 /nothing-here")
	b.beforePages(watchForName)
	token := b.logIn("marisol", marisols)
	// A browser that keeps the page in its memory fires these two.
	value[chromedp.Void](b, "window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
	want(b, "document.querySelector('#member').hidden", true)
	value[chromedp.Void](b, "window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
	b.shows("member")

	value[chromedp.Void](b, "window.sawName = false")
	b.open("/nothing-here")
	logout(t, p.url, token)
	b.back()
	b.shows("ended")
	want(b, "window.sawName", false)
}

// logout ends a session from elsewhere.
func logout(t *testing.T, url, token string) {
	t.Helper()
	request, err := http.NewRequest("POST", url+"/logout", nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	response.Body.Close()
	if response.StatusCode != 204 {
		t.Fatalf("POST /logout: status %d", response.StatusCode)
	}
}

func TestATokenThatTheServerEndedIsForgotten(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /user", "401 /refresh")
	token := b.logIn("marisol", marisols)
	logout(t, p.url, token)
	homes, logins := b.sent("GET /"), b.sent("GET /login")
	do(b, page.Reload, page.ReloadParams{})
	b.shows("ended")
	want(b, text("#ended-reason"), "It may have been ended from another device. Log in again to go on.")
	want(b, "localStorage.length", 0)
	b.click("#ended a")
	b.until("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	if homes, logins = b.sent("GET /")-homes, b.sent("GET /login")-logins; homes != 1 || logins != 1 {
		t.Errorf("the way to the login page took %d times / and %d times /login", homes, logins)
	}

	value[chromedp.Void](b, "localStorage.setItem('token', '"+token+"')")
	b.open("/login")
	b.until("localStorage.getItem('token') === null")
	want(b, "location.pathname", "/login")
}

func TestWithoutItsScriptTheFormSendsNothing(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave()
	response, err := http.Get(p.url + "/login")
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	for _, pattern := range []string{`<button id="log-in"[^>]* disabled[ >]`, `<form [^>]*method="post"`} {
		if !regexp.MustCompile(pattern).Match(body) {
			t.Errorf("the page has no %s", pattern)
		}
	}
	if regexp.MustCompile(`<input[^>]* value`).Match(body) {
		t.Error("the form is filled in")
	}

	do(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open("/")
	want(b, text("main")+".startsWith('JavaScript is needed')", true)
	b.open("/login")
	want(b, text("noscript")+".startsWith('Logging in needs JavaScript')", true)
	b.write("#username", "marisol")
	b.write("#password", marisols)
	want(b, "document.querySelector('#password').value", marisols)
	b.press(kb.Enter)
	b.click("#log-in")
	for range 20 { // the page takes a few turns to begin what a click asks for
		want(b, "location.href", b.origin+"/login")
	}
	if sent := b.sent("GET /login") + b.sent("POST /login"); sent != 1 {
		t.Errorf("%d requests went to /login, want the page's own", sent)
	}
}

func TestThePasswordCanBeShownAndHidden(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.fill("marisol", marisols)
	const state = `[document.querySelector('#password').type, document.querySelector('#reveal').getAttribute('aria-pressed'),
		document.querySelector('#reveal').textContent, document.activeElement.id].join()`
	want(b, state, "password,false,Show password,password")
	b.click("#reveal")
	want(b, state, "text,true,Hide password,password")
	b.click("#reveal")
	want(b, state, "password,false,Show password,password")
}

func TestADoubleClickLogsInOnce(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.hold("/login")
	b.fill("marisol", marisols)
	b.clickTimes("#log-in", 2)
	b.held()
	want(b, text("#log-in"), "Logging in…")
	want(b, "document.querySelector('#log-in').getAttribute('aria-disabled')", "true")
	want(b, "document.querySelector('[role=status]').textContent", "Logging in…")
	b.press(kb.Enter)
	b.release()
	b.shows("member")
	if n := b.sent("POST /login"); n != 1 {
		t.Errorf("%d logins were sent", n)
	}
}

func TestALogoutThatTheServerDidNotHearOfIsNone(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("ERR_CONNECTION_REFUSED /logout", "401 /refresh")
	token := b.logIn("marisol", marisols)
	p.stop(t)
	b.click("#log-out")
	b.until(text("#errors") + " !== ''")
	want(b, text("#errors"), "The server cannot be reached. Check your connection and try again. You are still logged in.")
	want(b, "document.querySelector('#errors').getAttribute('role')", "alert")
	want(b, text("#name"), "marisol")
	want(b, text("#log-out"), "Log out")
	want(b, "document.querySelector('#log-out').hasAttribute('aria-disabled')", false)
	want(b, "localStorage.getItem('token')", token)
}

func TestAnUnknownAddressIsAPageOfTheHouse(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("404 /nothing-here", "401 /refresh")
	b.open("/nothing-here")
	want(b, text("h1"), "Page not found")
	want(b, text(".brand"), "Latchkey")
	want(b, text(".button"), "Go to the home page")
	id := value[string](b, text("code"))
	b.click(".button")
	b.shows("visitor")
	if log := p.stop(t); id == "" || !strings.Contains(log, id) {
		t.Errorf("the log does not know the id %q", id)
	}
}

func TestASessionThatRunsOutIsSaid(t *testing.T) {
	// The session is over before the page wants the next token, however the clocks round.
	b, _ := visitLatchkey(t, "ACCESS_TOKEN_TTL=4s", "SESSION_TTL=2s")
	defer b.leave("401 /refresh", "401 /user")
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.shows("ended")
	want(b, text("#ended h1"), "Your session has ended")
	want(b, "localStorage.length", 0)
	b.audit("session ended")
}

func TestABrowserThatKeepsNothingIsToldSo(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave()
	b.beforePages("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })")
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.until(text("#errors") + ".startsWith('This browser does not let the page keep you logged in.')")
	if n := b.sent("POST /login"); n != 0 {
		t.Error("the password travelled")
	}
	b.open("/")
	b.shows("blocked")
	b.audit("home, blocked")
}
