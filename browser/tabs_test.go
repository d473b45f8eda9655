package browser

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"latchkey/cmd/cmdtest"
)

// openFiveTabs logs in and opens five tabs at home, which record the end of the session.
func (b *tab) openFiveTabs() []*tab {
	b.Helper()
	b.logIn("marisol", marisolPassword)
	tabs := []*tab{b, b.newTab(), b.newTab(), b.newTab(), b.newTab()}
	for _, tab := range tabs {
		tab.runInEveryPage(recordEnd)
		tab.open("/")
		tab.waitForCard("content")
		tab.execute("window.sameDocument = true")
	}
	return tabs
}

// wantNoEnd fails the test unless the page has shown the name all the time since it was opened.
func (b *tab) wantNoEnd() {
	b.Helper()
	want(b, "window.sawEnd", "")
	want(b, "window.sameDocument === true", true)
	want(b, text("#name"), "marisol")
}

// countRefreshes counts the successful requests to /refresh in the log.
func countRefreshes(p *cmdtest.Program) (count int) {
	for line := range strings.Lines(p.Log()) {
		var entry struct {
			Route  string
			Status int
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Route == "/refresh" && entry.Status == 200 {
			count++
		}
	}
	return count
}

func TestFiveTabsStayLoggedInForTenTokens(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t, "ACCESS_TOKEN_TTL=2s", "REFRESH_GRACE=60s")
	defer b.close(maybe("401 /user")) // if the machine stops for longer than a token lives
	tabs := b.openFiveTabs()
	wantSessions(t, p, 1, bound)
	begun, before := time.Now(), countRefreshes(p)
	for range 10 {
		b.waitFor(isRenewed(evaluate[string](b, storedToken)))
	}
	refreshes := countRefreshes(p) - before
	// A token is renewed after 1.6 s at the earliest, however slow the machine is. Sometimes two
	// tabs renew it at once; without coordination, all five would.
	if tokens := int(time.Since(begun)/(1600*time.Millisecond)) + 1; refreshes > 2*tokens {
		t.Errorf("five tabs sent %d requests to /refresh for at most %d tokens", refreshes, tokens)
	}
	for _, tab := range tabs {
		tab.wantNoEnd()
	}
}

// TestTabsWithoutLocksStayLoggedIn uses plain http, where all tabs may renew at once.
func TestTabsWithoutLocksStayLoggedIn(t *testing.T) {
	t.Parallel()
	b, p := newLatchkeyOnHomeNetwork(t, "ACCESS_TOKEN_TTL=5s", "REFRESH_GRACE=60s")
	defer b.close(ignoredHeader, maybe("401 /user"))
	tabs := b.openFiveTabs()
	want(b, "isSecureContext || 'locks' in navigator", false)
	wantSessions(t, p, 1, unbound)
	for range 4 {
		b.waitFor(isRenewed(evaluate[string](b, storedToken)))
	}
	for _, tab := range tabs {
		tab.wantNoEnd()
	}
	b.open("/account")
	b.changePassword(marisolPassword, "a quite different horse")
	b.waitFor(text("#password-outcome") + " !== ''")
	b.open("/")
	for _, tab := range tabs {
		tab.waitForCard("content") // at the latest when the new token is stored
	}
	b.click("#log-out")
	b.waitForCard("logged-out")
}

// TestNewPasswordIsNotNoticedByOtherTabs makes them ask who is logged in while nobody is: after the
// change of the password and before the login that follows.
func TestNewPasswordIsNotNoticedByOtherTabs(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /user")
	b.runInEveryPage(noTimeouts)
	tabs := b.openFiveTabs()
	old := evaluate[string](b, storedToken)
	b.holdRequests("/login")
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	logins := b.countRequests("POST /login")
	b.changePassword(marisolPassword, "a quite different horse")
	b.waitForHeldRequest()
	for _, tab := range tabs[1:] {
		asked := b.countRequests("GET /user")
		tab.execute("document.dispatchEvent(new Event('visibilitychange'))")
		tab.waitForRequests("GET /user", asked+1)
	}
	wantSessions(t, p, 0, bound)
	b.releaseRequests()
	b.waitFor(text("#password-outcome") + " !== ''")
	for _, tab := range tabs {
		tab.waitFor(isRenewed(old))
		tab.execute("document.dispatchEvent(new Event('visibilitychange'))")
	}
	want(b, text("#name"), "marisol")
	for _, tab := range tabs[1:] {
		tab.wantNoEnd()
	}
	if n := b.countRequests("POST /login") - logins; n != 1 {
		t.Errorf("%d logins were sent, want 1", n)
	}
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	wantSessions(t, p, 1, bound)
}

func TestLogoutReachesAllFiveTabs(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	tabs := b.openFiveTabs()
	tabs[2].click("#log-out")
	tabs[2].waitForCard("logged-out")
	for i, tab := range tabs {
		if i != 2 {
			tab.waitFor("window.sameDocument ? window.sawEnd === 'visitor' : location.pathname === '/login'")
		}
	}
	want(b, "localStorage.length", 0)
}

// TestTabsRenewALostTokenOneAtATime clears the storage that five tabs share. Four of them notice at
// once. The first one asks the server, while the others wait for it.
func TestTabsRenewALostTokenOneAtATime(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	tabs := b.openFiveTabs()
	before := countRefreshes(p)
	for _, tab := range tabs {
		tab.holdRequests("/refresh")
	}
	b.execute("localStorage.clear()")
	b.waitForHeldRequest()
	select {
	case <-b.record.held:
		t.Error("two tabs asked for a token at once")
	case <-time.After(500 * time.Millisecond):
	}
	for _, tab := range tabs {
		tab.releaseRequests()
	}
	for _, tab := range tabs {
		tab.waitFor(storedToken + " !== null")
	}
	b.reload()
	b.waitForCard("content")
	for _, tab := range tabs[1:] {
		tab.wantNoEnd()
	}
	// What one tab stores may reach another one's process after the lock does. That tab asks too.
	if n := countRefreshes(p) - before; n < 1 || n > 4 {
		t.Errorf("the tabs sent %d requests to /refresh, want 1 to 4", n)
	}
}

func TestRestartOfTheServerLogsNobodyOut(t *testing.T) {
	t.Parallel()
	openChromium(t)
	folder, settings := t.TempDir(), withMarisol("ACCESS_TOKEN_TTL=2s", "REFRESH_GRACE=60s", "ADDR="+cmdtest.FreeAddress(t))
	p := cmdtest.Start(t, folder, settings...)
	b := newPerson(t, p.URL)
	defer b.close("ERR_CONNECTION_REFUSED /refresh", maybe("401 /user"))
	b.logIn("marisol", marisolPassword)
	b.runInEveryPage(recordEnd)
	b.open("/")
	b.waitForHome()
	b.execute("window.sameDocument = true")
	p.Stop()
	b.waitFor("!document.querySelector('#late-note').hidden")
	want(b, text("#late-note"), "The server can't be reached at the moment. This page keeps trying.")
	token := evaluate[string](b, storedToken)

	cmdtest.Start(t, folder, settings...)
	b.waitFor(isRenewed(token))
	b.waitFor("document.querySelector('#late-note').hidden")
	b.wantNoEnd()
}
