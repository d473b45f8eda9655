package browser

import (
	"regexp"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

func TestWrongPasswordIsReportedInThePage(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /login")
	b.fillLogin("marisol", "wrong")
	b.click("#log-in")
	b.waitFor(text("#errors") + " !== ''")
	want(b, text("#errors"), "Incorrect username or password.")
	want(b, "document.querySelector('#errors').getAttribute('role')", "alert")
	want(b, "document.querySelector('#username').value", "marisol")
	want(b, "document.querySelector('#password').value", "")
	want(b, "document.activeElement.id", "password")
	want(b, "location.href", b.origin+"/login")
	want(b, "localStorage.length", 0)

	b.execute("window.first = document.querySelector('#errors').firstElementChild")
	b.enter("#password", "wrong")
	b.press(kb.Enter)
	b.waitFor("document.querySelector('#errors').firstElementChild !== window.first") // only a new node is announced
	want(b, text("#errors"), "Incorrect username or password.")

	b.enter("#password", marisolPassword)
	b.press(kb.Enter)
	b.waitForCard("content")
}

// TestFailedLoginLeavesTheSession keeps the login page from finding out that the user is logged in.
func TestFailedLoginLeavesTheSession(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /login")
	token := b.logIn("marisol", marisolPassword)
	b.holdRequests("/user")
	b.fillLogin("marisol", "wrong")
	b.press(kb.Enter)
	b.waitFor(text("#errors") + " === 'Incorrect username or password.'")
	want(b, storedToken, token)
	wantSessions(t, p, 1, bound)
	b.releaseRequests()
	b.waitForCard("content") // the login page goes home
	b.execute("localStorage.clear()")
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
}

func TestLoginThatFailsAfterANewPasswordIsReported(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("ERR_CONNECTION_FAILED /login", maybe("401 /refresh"))
	b.logIn("marisol", marisolPassword)
	other := b.newTab()
	other.open("/")
	other.waitForCard("content")
	b.holdRequests("/login")
	b.open("/account")
	b.changePassword(marisolPassword, "a quite different horse")
	request := b.waitForHeldRequest()
	call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.waitForCard("ended")
	want(b, text("#ended-reason"), "Your password has been changed. Log in again with the new one.")
	want(b, "localStorage.length", 0)
	other.waitForCard("ended")
	b.releaseRequests()
	b.click("#ended a")
	b.waitFor("location.pathname === '/login'")
	b.logIn("marisol", "a quite different horse")
	other.waitForCard("content")
}

func TestLoginFormSendsNothingWithoutJavaScript(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	_, html := p.Get("/login", "")
	for _, pattern := range []string{`<button id="log-in"[^>]* disabled[ >]`, `<form [^>]*method="post"`} {
		if !regexp.MustCompile(pattern).MatchString(html) {
			t.Errorf("the page has no %s", pattern)
		}
	}
	if regexp.MustCompile(`<input[^>]* value`).MatchString(html) {
		t.Error("the form is filled in")
	}

	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.open("/")
	want(b, text("main")+".startsWith('JavaScript is needed')", true)
	b.open("/login")
	want(b, text("noscript")+".startsWith('This page needs JavaScript')", true)
	b.enter("#username", "marisol")
	b.enter("#password", marisolPassword)
	want(b, "document.querySelector('#password').value", marisolPassword)
	b.press(kb.Enter)
	b.click("#log-in")
	for range 20 { // the page would need a few turns to send the form
		want(b, "location.href", b.origin+"/login")
	}
	if sent := b.countRequests("GET /login") + b.countRequests("POST /login"); sent != 1 {
		t.Errorf("%d requests were sent to /login, want 1 for the page", sent)
	}
}

func TestPasswordCanBeShownAndHidden(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.fillLogin("marisol", marisolPassword)
	const state = `[document.querySelector('#password').type, document.querySelector('#reveal').getAttribute('aria-pressed'),
		document.querySelector('#reveal').textContent, document.activeElement.id].join()`
	want(b, state, "password,false,Show password,password")
	b.click("#reveal")
	want(b, state, "text,true,Hide password,password")
	b.click("#reveal")
	want(b, state, "password,false,Show password,password")
}

func TestDoubleClickLogsInOnce(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.holdRequests("/login")
	b.fillLogin("marisol", marisolPassword)
	b.clickTimes("#log-in", 2)
	b.waitForHeldRequest()
	want(b, text("#log-in"), "Logging in…")
	want(b, "document.querySelector('#log-in').getAttribute('aria-disabled')", "true")
	want(b, "document.querySelector('[role=status]').textContent", "Logging in…")
	b.press(kb.Enter)
	b.releaseRequests()
	b.waitForCard("content")
	if n := b.countRequests("POST /login"); n != 1 {
		t.Errorf("%d logins were sent, want 1", n)
	}
}

func TestBrowserThatBlocksStorageIsExplained(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.runInEveryPage("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitFor(text("#errors") + ".startsWith('This browser doesn')")
	if n := b.countRequests("POST /login"); n != 0 {
		t.Error("the password was sent although no token could be stored")
	}
	b.open("/")
	b.waitForCard("blocked")
	b.wantAccessible("home, blocked")
}
