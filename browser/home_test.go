package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey/cmd/cmdtest"
)

// noCountdown keeps a visitor on the page.
const noCountdown = "window.setInterval = () => 0"

// recordCountdown keeps the texts of the countdown, in sessionStorage since the page goes away.
const recordCountdown = `
	new MutationObserver(() => {
		const text = document.querySelector('#visitor')?.hidden === false && document.querySelector('#countdown').textContent;
		const seen = JSON.parse(sessionStorage.getItem('seen') ?? '[]');
		if (text && seen.at(-1) !== text) sessionStorage.setItem('seen', JSON.stringify([...seen, text]));
	}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
`

func TestVisitorIsTakenToTheLoginPage(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.runInEveryPage(recordCountdown)
	b.open("/")
	b.waitFor("location.pathname === '/login'")
	want(b, "sessionStorage.getItem('seen')", `["Taking you to the login page in 3 seconds.",`+
		`"Taking you to the login page in 2 seconds.","Taking you to the login page in 1 second."]`)
	want(b, "localStorage.length", 0)
	b.wantHistory("/login") // so that Back starts no second countdown
}

func TestVisitorIsToldThatNobodyIsLoggedIn(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.runInEveryPage(noCountdown)
	b.open("/")
	b.waitForCard("visitor")
	want(b, text("#visitor h1"), "You are not logged in")
	want(b, text("#countdown"), "Taking you to the login page in 3 seconds.")
	want(b, "document.querySelector('[role=status]').textContent", "You are not logged in. Taking you to the login page in 3 seconds.")
	want(b, "localStorage.length", 0)
	if n := b.countRequests("POST /refresh"); n != 1 {
		t.Errorf("the page sent %d requests to /refresh, want 1", n)
	}
	b.click("#visitor a")
	b.waitFor("location.pathname === '/login'")
}

func TestHomeShowsWhoIsLoggedIn(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	token := b.logIn("marisol", marisolPassword)
	if status := p.Who(token); status != 200 {
		t.Errorf("GET /user with the token from localStorage: status %d", status)
	}
	want(b, text("#name"), "marisol")
	want(b, text("#roles"), "admin")
	want(b, "[...document.querySelectorAll('.note')].every((note) => note.hidden)", true)
	b.wantHistory("/") // so that Back does not return to the form
	if n := b.countRequests("POST /refresh"); n != 2 {
		t.Errorf("%d requests were sent to /refresh, want the visitor's and the one that tests the cookie", n)
	}

	b.reload()
	b.waitForCard("content")
	want(b, text("#name"), "marisol")
	b.open("/login")
	b.waitForCard("content")
	want(b, "location.pathname", "/")
	want(b, storedToken, token)
	if n := b.countRequests("POST /refresh"); n != 2 {
		t.Errorf("%d requests were sent to /refresh although the token was valid", n-2)
	}
}

func TestHomeShowsWhatAPersonCanDo(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	const steps = "[...document.querySelectorAll('.step:not([hidden]) a')].map((a) => a.textContent + ' ' + a.getAttribute('href')).join()"
	p.Register("rosa", rosaPassword)
	b.logIn("rosa", rosaPassword)
	want(b, steps, "Change password /account#password,Review devices /account#devices")
	want(b, text("#devices"), "You are logged in only here.")
	want(b, "document.querySelector('#roles').hidden", true)
	b.click("#log-out")
	b.waitForCard("logged-out")

	p.Login("marisol", marisolPassword)
	p.Login("marisol", marisolPassword)
	b.logIn("marisol", marisolPassword)
	want(b, steps, "Change password /account#password,Review devices /account#devices,Manage users /admin/users")
	want(b, text("#devices"), "You are logged in on 3 devices.")
}

// TestHomeWorksWithoutDetails has a server that knows the user and nothing else.
func TestHomeWorksWithoutDetails(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /sessions", "500 /users/me")
	b.runInEveryPage(recordEnd)
	token := b.logIn("marisol", marisolPassword)
	b.holdRequests("/users/me")
	b.open("/")
	b.refuse(b.waitForHeldRequest(), 500, "{}")
	b.waitForHome()
	b.holdRequests("/sessions")
	b.open("/")
	b.refuse(b.waitForHeldRequest(), 401, `{"type":"/problems/session-ended"}`)
	b.waitForHome()
	want(b, text("#name"), "marisol")
	want(b, text("#devices"), "See where you are logged in.")
	want(b, "window.sawEnd", "")
	want(b, storedToken, token)
}

// recordName remembers whether a page has ever shown who is logged in.
const recordName = `
	window.sawName = false;
	const look = () => { window.sawName ||= document.querySelector('#content')?.hidden === false };
	new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
	addEventListener('pageshow', look);
`

func TestLogoutEndsTheSessionInEveryTab(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("404 /nothing-here")
	b.runInEveryPage(recordName)
	token := b.logIn("marisol", marisolPassword)
	want(b, "window.sawName", true)
	other := b.newTab()
	other.runInEveryPage(noCountdown)
	other.open("/")
	other.waitForHome()
	other.execute("window.sameDocument = true")

	b.click("#log-out")
	b.waitForCard("logged-out")
	b.execute("window.sawName = false")
	if status := p.Who(token); status != 401 {
		t.Errorf("GET /user with the old token: status %d", status)
	}
	want(b, "localStorage.length", 0)
	want(b, "document.activeElement.textContent", "You are logged out")
	other.waitFor("window.sameDocument && !document.querySelector('#visitor').hidden")

	b.runInEveryPage(noCountdown)
	b.open("/nothing-here")
	b.goBack()
	b.waitForCard("visitor")
	want(b, "window.sawName", false)
}

func TestFailedLogoutIsReported(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t, "ADDR="+cmdtest.FreeAddress(t))
	defer b.close("ERR_CONNECTION_REFUSED /logout")
	token := b.logIn("marisol", marisolPassword)
	p.Stop()
	b.click("#log-out")
	b.waitFor(text("#page-errors") + " !== ''")
	want(b, text("#page-errors"), "The server can't be reached. Check your connection and try again. You are still logged in.")
	want(b, "document.querySelector('#page-errors').getAttribute('role')", "alert")
	want(b, text("#name"), "marisol")
	want(b, text("#log-out"), "Log out")
	want(b, "document.querySelector('#log-out').hasAttribute('aria-disabled')", false)
	want(b, storedToken, token)
}

func TestBackAfterALogoutElsewhereShowsNoName(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "401 /user", "404 /nothing-here")
	b.runInEveryPage(recordName)
	token := b.logIn("marisol", marisolPassword)
	b.leaveInMemory()
	want(b, "document.querySelector('#content').hidden", true)
	b.returnFromMemory()
	b.waitForCard("content")

	b.execute("window.sawName = false")
	b.open("/nothing-here")
	p.Logout(token)
	b.goBack()
	b.waitForCard("ended")
	want(b, "window.sawName", false)
}

// TestLogoutHidesTheUsersDespiteASearch searches while the logout is on its way. The first one
// fails.
func TestLogoutHidesTheUsersDespiteASearch(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("503 /logout")
	b.openUsers(1)
	b.holdRequests("/logout")
	b.click("#log-out")
	failing := b.waitForHeldRequest()
	b.enter("#search", "mari")
	b.waitFor(text("#count") + " === '1 user found.'")
	b.refuse(failing, 503, "{}")
	b.waitFor(text("#page-errors") + " !== ''")
	want(b, text("#page-errors"), "The server is busy or unavailable. Try again in a moment. You are still logged in.")

	b.click("#log-out")
	b.waitForHeldRequest()
	b.enter("#search", "sol")
	b.waitFor("location.search === '?q=marisol' && !document.querySelector('#users').ariaBusy")
	b.releaseRequests()
	b.waitForCard("logged-out")
	want(b, "document.querySelector('#content').hidden && document.querySelector('#who').hidden", true)
}

func TestSearchThatEndsAfterTheLogoutChangesNothing(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /users")
	b.openUsers(1)
	b.holdRequests("/users?*mari*")
	b.enter("#search", "mari")
	b.waitForHeldRequest()
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.execute("performance.clearResourceTimings()")
	b.releaseRequests()
	b.waitFor(hasEnded("/refresh")) // by which the page learns that there is no session
	want(b, "document.querySelector('#logged-out').hidden", false)
}

// recordShifts adds up how far what is on the page has moved by itself (Cumulative Layout Shift).
const recordShifts = `
	window.shift = 0;
	new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) window.shift += entry.value;
	}).observe({ type: 'layout-shift', buffered: true });
`

func TestNothingMovesWhileAPageLoads(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.runInEveryPage(recordShifts)
	for _, width := range []int64{320, 1280} {
		b.setScreen("light", "reduce", width, 800)
		b.open("/")
		b.waitForHome()
		painted := "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(''))))"
		perform(b, "paint", chromedp.Evaluate[string](painted, chromedp.EvalAwaitPromise))
		if shift := evaluate[float64](b, "window.shift"); shift > 0.01 {
			t.Errorf("at %d pixels, the layout shifts by %.3f", width, shift)
		}
	}
}
