package browser

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"latchkey/cmd/cmdtest"
)

// JavaScript expressions for the parts of a countdown: the visible text, and the text that screen
// readers announce.
const (
	ticking = "(document.querySelector('#errors .counting[aria-hidden=true]')?.textContent ?? '').replaceAll('\u00a0', ' ')"
	spoken  = "(document.querySelector('#errors p > .visually-hidden')?.textContent ?? '')"
)

// stoppedTime stops the page's clock. A test moves it forward, by window.skipped milliseconds.
const stoppedTime = `
	window.skipped = 0;
	const start = performance.now();
	performance.now = () => start + window.skipped;
`

// submitUntilThrottled submits a form until the server has had enough.
func (b *tab) submitUntilThrottled(submit func()) {
	b.Helper()
	for range 100 {
		b.execute("document.querySelectorAll('#errors, .field-error').forEach((e) => e.replaceChildren())")
		submit()
		b.waitFor("[...document.querySelectorAll('#errors, .field-error')].some((e) => e.textContent !== '')")
		if evaluate[string](b, ticking) != "" {
			return
		}
	}
	b.Fatal("the server accepted 100 tries")
}

// wantCountdown fails the test unless the page counts down, blocks the button and, once time is up,
// sends the form again.
func (b *tab) wantCountdown(button, request string, submit func()) {
	b.Helper()
	buttonState := "document.querySelector('" + button + "').getAttribute('aria-disabled')"
	want(b, `/^Too many attempts\. Try again in \d+:\d\d\.$/.test(`+ticking+")", true)
	announced := evaluate[string](b, spoken)
	if !strings.HasPrefix(announced, "Too many attempts. Try again in ") || strings.Contains(announced, ":") {
		b.Errorf("screen readers announce %q", announced)
	}
	want(b, buttonState, "true")
	want(b, "document.activeElement === document.querySelector('"+button+"')", true)
	before := evaluate[string](b, ticking)
	b.execute("window.skipped = 1000")
	b.waitFor(ticking + " !== '" + before + "'")
	want(b, spoken, announced) // or else screen readers would announce it every second
	b.wantAccessible("throttled")

	sent := b.countRequests(request)
	submit()
	b.click(button)
	b.press(kb.Enter)
	b.waitFor("document.querySelector('#status').textContent.startsWith('Too many attempts. Try again in ')")
	if n := b.countRequests(request) - sent; n != 0 {
		b.Errorf("%d requests were sent during the countdown", n)
	}

	b.execute("window.skipped = 24 * 3600_000")
	b.waitFor(text("#errors") + " === 'You can try again now.'")
	want(b, "document.querySelector('"+button+"').hasAttribute('aria-disabled')", false)
	b.wantAccessible("no longer throttled")
	b.submitUntilThrottled(submit) // by the server's clock, it is too early
	if n := b.countRequests(request) - sent; n == 0 {
		b.Error("no request was sent after the countdown")
	}
}

func TestThrottledLoginCountsDown(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("429 /login", maybe("401 /login"))
	b.runInEveryPage(stoppedTime)
	guessUntilThrottled(t, p, "marisol")
	b.fillLogin("marisol", "wrong")
	submit := func() {
		b.execute("document.querySelector('#password').value = 'wrong'; document.querySelector('#password').focus()")
		b.press(kb.Enter)
	}
	b.submitUntilThrottled(submit)
	b.wantCountdown("#log-in", "POST /login", submit)
	want(b, "document.querySelector('#username').value", "marisol")
	want(b, "document.querySelector('#password').value", "wrong")
}

// guessUntilThrottled tries wrong passwords from elsewhere.
func guessUntilThrottled(t *testing.T, p *cmdtest.Program, name string) {
	t.Helper()
	for range 100 {
		if status, _ := p.Login(name, "wrong"); status == 429 {
			return
		}
	}
	t.Fatal("the server accepted 100 guesses")
}

func TestThrottledPasswordChangeCountsDown(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("422 /users/me/password", "429 /users/me/password")
	b.runInEveryPage(stoppedTime)
	b.logIn("marisol", marisolPassword)
	b.open("/account")
	submit := func() { b.changePassword("wrong", "a quite different horse") }
	b.submitUntilThrottled(submit)
	b.wantCountdown("#change-password", "POST /users/me/password", submit)
	want(b, text("#name"), "marisol")
}

func TestThrottledSignUpCountsDown(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("409 /register", "429 /register")
	b.runInEveryPage(stoppedTime)
	b.open("/register")
	b.waitFor("!document.querySelector('#create-account').disabled")
	b.enter("#username", "marisol")
	b.enter("#password", rosaPassword)
	submit := func() {
		b.execute("document.querySelector('#password').focus()")
		b.press(kb.Enter)
	}
	b.submitUntilThrottled(submit)
	b.wantCountdown("#create-account", "POST /register", submit)
	want(b, "document.querySelector('#username').value", "marisol")
}

// TestThrottledNameKeepsNobodyElseFromLoggingIn has the attempts of one name used up, not those of
// the address.
func TestThrottledNameKeepsNobodyElseFromLoggingIn(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("429 /login", maybe("401 /login"))
	b.runInEveryPage(stoppedTime)
	p.Register("rosa", rosaPassword)
	guessUntilThrottled(t, p, "marisol")
	b.fillLogin("marisol", rosaPassword)
	b.submitUntilThrottled(func() { b.press(kb.Enter) })
	b.replaceUsername("rosa")
	want(b, text("#errors"), "")
	want(b, "document.querySelector('#log-in').hasAttribute('aria-disabled')", false)
	b.press(kb.Enter)
	b.waitForCard("content")
}

func TestThrottledNameKeepsNobodyFromSigningUpWithAnother(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("409 /register", "429 /register")
	b.runInEveryPage(stoppedTime)
	b.open("/register")
	b.waitFor("!document.querySelector('#create-account').disabled")
	b.enter("#username", "marisol")
	b.enter("#password", rosaPassword)
	b.submitUntilThrottled(func() { b.press(kb.Enter) })
	b.replaceUsername("rosa")
	want(b, text("#errors"), "")
	want(b, "document.querySelector('#create-account').hasAttribute('aria-disabled')", false)
	b.press(kb.Enter)
	b.waitForCard("content")
}

// replaceUsername types another username, and leaves the focus there.
func (b *tab) replaceUsername(name string) {
	b.Helper()
	b.execute("document.querySelector('#username').select()")
	call(b, input.InsertText, input.InsertTextParams{Text: name})
}

func TestAttackerCannotKeepAUserOutOfTheirOwnBrowser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.click("#log-out")
	b.waitForCard("logged-out")
	guessUntilThrottled(t, p, "marisol")
	b.logIn("marisol", marisolPassword)
}

func TestBusyServerCountsDown(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("503 /login")
	b.runInEveryPage(stoppedTime)
	b.holdRequests("/login")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.refuse(b.waitForHeldRequest(), 503, `{"type":"/problems/busy"}`, &fetch.HeaderEntry{Name: "Retry-After", Value: "7325"})
	b.releaseRequests()
	b.waitFor(ticking + " === 'The server is busy or unavailable. Try again in 2:02:05.'")
	want(b, spoken, "The server is busy or unavailable. Try again in 3 hours.")
	b.execute("window.skipped = 7325_000")
	b.waitFor(text("#errors") + " === 'You can try again now.'")
	b.press(kb.Enter) // the button has kept the focus
	b.waitForCard("content")
}

// TestFullDiskIsNamed has a refusal that also says when to try again, but whose sentence says more.
func TestFullDiskIsNamed(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("503 /login")
	b.holdRequests("/login")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	const detail = "The server's disk is full, so nothing can be saved."
	problem := `{"type":"/problems/storage-full","detail":"` + detail + `"}`
	b.refuse(b.waitForHeldRequest(), 503, problem, &fetch.HeaderEntry{Name: "Retry-After", Value: "60"})
	b.waitFor(text("#errors") + " !== ''")
	want(b, text("#errors"), detail)
	want(b, "document.querySelector('#log-in').hasAttribute('aria-disabled')", false)
}

func TestCountdownReadsLikeAClock(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("503 /login")
	b.runInEveryPage(stoppedTime)
	b.holdRequests("/login")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	const wait = 100 * 3600
	b.refuse(b.waitForHeldRequest(), 503, `{"type":"/problems/busy"}`, &fetch.HeaderEntry{Name: "Retry-After", Value: strconv.Itoa(wait)})
	for _, row := range []struct {
		seconds int
		clock   string
	}{
		{wait, "100:00:00"}, {7325, "2:02:05"}, {3600, "1:00:00"}, {3599, "59:59"}, {107, "1:47"}, {60, "1:00"}, {59, "0:59"}, {1, "0:01"},
	} {
		b.execute("window.skipped = " + strconv.Itoa((wait-row.seconds)*1000))
		b.waitFor(ticking + ".endsWith(' Try again in " + row.clock + ".')")
	}
}
