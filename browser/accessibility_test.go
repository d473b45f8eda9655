package browser

import (
	"strconv"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey/cmd/cmdtest"
)

func TestPagesForVisitorsAreAccessible(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t, "ADDR="+cmdtest.FreeAddress(t))
	defer b.close("401 /login", "404 /nothing-here", "ERR_CONNECTION_FAILED /user", "ERR_CONNECTION_REFUSED /logout")
	b.runInEveryPage(noCountdown)
	b.open("/nothing-here")
	b.wantAccessible("error page")
	b.open("/")
	b.waitForCard("visitor")
	b.wantAccessible("visitor")

	b.fillLogin("marisol", "wrong")
	b.wantAccessible("login")
	b.press(kb.Enter)
	b.waitFor(text("#errors") + " !== ''")
	b.click("#reveal")
	b.wantAccessible("login with an error")
	b.holdRequests("/login")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitForHeldRequest()
	b.wantAccessible("login, busy")
	b.releaseRequests()
	b.waitForCard("content")
	b.wantAccessible("home")

	b.holdRequests("/user")
	b.open("/")
	request := b.waitForHeldRequest()
	b.wantAccessible("home, asking")
	call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.waitForCard("unreachable")
	b.wantAccessible("home, unreachable")
	b.releaseRequests()
	b.click("#try-again")
	b.waitForCard("content")
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.wantAccessible("logged out")

	b.logIn("marisol", marisolPassword)
	p.Stop()
	b.click("#log-out")
	b.waitFor(text("#page-errors") + " !== ''")
	b.wantAccessible("home with an error")
}

func TestPagesForUsersAreAccessible(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("409 /register", "422 /users/me/password")
	b.open("/register")
	b.waitFor("!document.querySelector('#create-account').disabled")
	b.wantAccessible("sign-up")
	b.enter("#username", "marisol")
	b.enter("#password", rosaPassword)
	b.press(kb.Enter)
	b.waitFor(text("#username-error") + " !== ''")
	b.wantAccessible("sign-up with an error")

	p.Register("rosa", rosaPassword)
	p.Login("marisol", marisolPassword)
	b.logIn("marisol", marisolPassword)
	b.openAccount(2)
	b.wantAccessible("account")
	b.enter("#current-password", "wrong")
	b.enter("#new-password", rosaPassword)
	b.press(kb.Enter)
	b.waitFor(text("#current-password-error") + " !== ''")
	b.wantAccessible("account with an error")
	b.click("#end-others")
	b.waitFor("document.querySelector('#confirm').open")
	b.wantAccessible("account, asked before logging out devices")
	b.answer("#confirm-cancel")
	b.click("#open-deletion")
	b.press(kb.Enter)
	want(b, text("#deletion-password-error"), "Enter your password.")
	b.wantAccessible("account, asked for the password")
	b.press(kb.Escape)
}

func TestAPIDocsAreAccessible(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /token", "401 /users")
	b.openDocs()
	b.wantAccessible("API docs")
	b.setScreen("light", "reduce", 1280, 800)
	b.authorize("wrong")
	b.waitFor(text("#password-error") + " !== ''")
	b.wantAccessible("API docs, Authorize with an error")
	b.setScreen("light", "reduce", 1280, 800)
	b.click("#authorize-close")
	b.click(`.opblock-post:has([data-path="/login"]) .opblock-summary-control`) // a body, and its schema
	b.tryOut()
	b.click(".models-control")
	b.wantAccessible("API docs, with operations and schemas")
	want(b, "document.querySelectorAll('main').length", 1)
}

func TestUsersPageIsAccessible(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	p.Login("rosa", rosaPassword)
	b.openUsers(2)
	b.choose(2, "state")
	b.waitFor(done + " !== ''")
	b.wantAccessible("users")
	b.choose(2, "state")
	b.waitFor(done + " === 'rosa has been enabled.'")
	b.click(userRow(2) + " .menu-button")
	b.wantAccessible("users, menu open")
	b.press(kb.Escape)
	b.choose(2, "delete")
	b.waitFor("document.querySelector('#confirm').open")
	b.wantAccessible("users, asked before deleting")
	b.answer("#confirm-cancel")

	b.choose(2, "link")
	b.waitFor(passwordLink + " !== ''")
	b.wantAccessible("users, panel with a link")
	for _, dialog := range []struct{ button, open, field string }{
		{"#panel [value=roles]", "#roles-dialog", "role"},
		{"#panel [value=email]", "#email-dialog", "email"},
		{"#add-user", "#add-dialog", "add-username"},
	} {
		b.setScreen("light", "reduce", 1280, 800)
		b.click(dialog.button)
		b.waitFor("document.querySelector('" + dialog.open + "').open")
		b.enter("#"+dialog.field, "No!")
		b.execute("document.querySelector('#with-password').click()")
		b.press(kb.Enter)
		b.waitFor(text("#"+dialog.field+"-error") + " !== ''")
		b.wantAccessible("users, " + dialog.open + " with an error")
		b.press(kb.Escape)
		b.waitFor("!document.querySelector('" + dialog.open + "').open")
	}
	b.enter("#search", "nobody")
	b.waitFor(text("#count") + " === 'No users found.'")
	b.wantAccessible("users, none found")
}

func TestTabKeyReachesEveryControlInOrder(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.open("/login")
	b.waitFor("!document.querySelector('#log-in').disabled && document.activeElement.id === 'username'")
	b.press(kb.Tab, chromedp.ModifierShift)
	b.press(kb.Tab, chromedp.ModifierShift)
	const focused = "document.activeElement.id || document.activeElement.className || document.activeElement.textContent"
	for _, element := range []string{"skip-link", "brand", "username", "password", "reveal", "remember", "log-in", "keep-next"} {
		want(b, focused, element)
		want(b, "document.activeElement.matches(':focus-visible')", true)
		b.press(kb.Tab)
	}
	b.enter("#username", "marisol")
	b.press(kb.Tab)
	b.press(marisolPassword)
	b.press(kb.Enter)
	b.waitForCard("content")
}

func TestReducedMotionStopsAllAnimations(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /login")
	b.setScreen("light", "reduce", 1280, 800)
	b.holdRequests("/login")
	b.fillLogin("marisol", "wrong")
	b.press(kb.Enter)
	b.waitForHeldRequest()
	want(b, "document.getAnimations().length", 0)
	b.setScreen("light", "no-preference", 1280, 800)
	b.waitFor("document.getAnimations().length > 0") // others see the button turn
	b.setScreen("light", "reduce", 1280, 800)
	b.releaseRequests()
	b.waitFor(text("#errors") + " !== ''")
	want(b, "document.getAnimations().length", 0)
}

// wantAccessible fails the test unless axe-core finds nothing wrong with the page in light and dark
// colours and at two widths. axe-core runs in an isolated world, to which the page's policy does
// not apply, except for style sheets: axe-core must not copy them, and no rule of ours needs it to.
func (b *tab) wantAccessible(state string) {
	b.Helper()
	frame := call(b, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := call(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame})
	axe := func(script string) string {
		b.Helper()
		inWorld := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
		return perform(b, "axe-core", chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise, inWorld))
	}
	axe(cmdtest.ReadFile(b.T, "browser/testdata/axe/axe.min.js") + "; axe.version")
	const required = "['color-contrast', ...(document.querySelector('dialog[open]') ? [] : ['document-title'])]"
	script := `axe.run(document, { preload: false }).then(({passes, violations}) => [
		...violations.flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target + ': ' + n.failureSummary)),
		...` + required + `.filter((id) => !passes.some((rule) => rule.id === id)).map((id) => id + ' was not checked'),
	].join('\n'))`
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{320, 1280} {
			b.setScreen(scheme, "reduce", width, 800)
			where := state + ", " + scheme + ", " + strconv.FormatInt(width, 10) + " px"
			if found := axe(script); found != "" {
				b.Errorf("%s: %s", where, found)
			}
			if by := evaluate[int](b, "document.documentElement.scrollWidth - innerWidth"); by > 0 {
				b.Errorf("%s: the page is %d px too wide", where, by)
			}
		}
	}
}
