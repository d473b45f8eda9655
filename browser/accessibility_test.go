package browser

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestEveryPageIsFreeOfBarriers(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /login", "401 /refresh", "404 /nothing-here", "ERR_CONNECTION_FAILED /user", "ERR_CONNECTION_REFUSED /logout")
	b.beforePages(noCountdown)
	b.open("/nothing-here")
	b.audit("error page")
	b.open("/")
	b.shows("visitor")
	b.audit("visitor")

	b.fill("marisol", "wrong")
	b.audit("login")
	b.press(kb.Enter)
	b.until(text("#errors") + " !== ''")
	b.click("#reveal")
	b.audit("login with an error")
	b.hold("/login")
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.held()
	b.audit("login, busy")
	b.release()
	b.shows("member")
	b.audit("home")

	b.hold("/user")
	b.open("/")
	request := b.held()
	b.audit("home, asking")
	do(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.shows("unreachable")
	b.audit("home, unreachable")
	b.release()
	b.click("#try-again")
	b.shows("member")
	b.click("#log-out")
	b.shows("logged-out")
	b.audit("logged out")

	b.logIn("marisol", marisols)
	p.stop(t)
	b.click("#log-out")
	b.until(text("#errors") + " !== ''")
	b.audit("home with an error")
}

func TestThePagesOfMembersAreFreeOfBarriers(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh", "409 /register", "422 /users/me/password")
	b.open("/register")
	b.until("!document.querySelector('#create-account').disabled")
	b.audit("sign-up")
	b.write("#username", "marisol")
	b.write("#password", rosas)
	b.press(kb.Enter)
	b.until(text("#errors") + " !== ''")
	b.audit("sign-up with an error")

	register(t, p.url, "rosa", rosas)
	login(t, p.url, "marisol", marisols)
	b.logIn("marisol", marisols)
	b.open("/admin/users")
	b.until("document.querySelectorAll('#rows tr').length === 2")
	b.click("#rows tr:nth-child(2) .change-state")
	b.until(text("#rows tr:nth-child(2) .outcome") + " !== ''")
	b.audit("users")
	b.click("#rows tr:nth-child(2) .delete")
	b.until("document.querySelector('#confirm').open")
	b.audit("users, asked before deleting")
	b.answer("#confirm-cancel")
	b.click("#rows tr:nth-child(1) .change-roles")
	b.until("document.querySelector('#roles-dialog').open")
	b.write("#role", "No Role!")
	b.press(kb.Enter)
	b.until(text("#roles-errors") + " !== ''")
	b.audit("users, roles with an error")

	b.open("/account")
	b.until("document.querySelectorAll('#rows tr').length === 2")
	b.audit("account")
	b.write("#current-password", "wrong")
	b.write("#new-password", rosas)
	b.press(kb.Enter)
	b.until(text("#errors") + " !== ''")
	b.audit("account with an error")
	b.click("#end-others")
	b.until("document.querySelector('#confirm').open")
	b.audit("account, asked before ending sessions")
	b.answer("#confirm-cancel")

	b.open("/docs")
	b.until("document.querySelector('.btn.authorize') !== null")
	b.audit("API docs", ".site-header", ".site-footer") // what is between them is Swagger UI's own
}

func TestTheKeyboardReachesEverythingInOrder(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.open("/login")
	b.until("!document.querySelector('#log-in').disabled && document.activeElement.id === 'username'")
	b.press(kb.Tab, chromedp.ModifierShift)
	b.press(kb.Tab, chromedp.ModifierShift)
	const focused = "document.activeElement.id || document.activeElement.className || document.activeElement.textContent"
	for _, element := range []string{"skip-link", "brand", "username", "password", "reveal", "log-in", "Create an account", "API docs"} {
		want(b, focused, element)
		want(b, "document.activeElement.matches(':focus-visible')", true)
		b.press(kb.Tab)
	}
	b.write("#username", "marisol")
	b.press(kb.Tab)
	b.press(marisols)
	b.press(kb.Enter)
	b.shows("member")
}

func TestWhoAskedForLessMotionGetsNone(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /login", "401 /refresh")
	b.sees("light", "reduce", 1280, 800)
	b.hold("/login")
	b.fill("marisol", "wrong")
	b.press(kb.Enter)
	b.held()
	want(b, "document.getAnimations().length", 0)
	b.sees("light", "no-preference", 1280, 800)
	b.until("document.getAnimations().length > 0") // others see the button turn
	b.sees("light", "reduce", 1280, 800)
	b.release()
	b.until(text("#errors") + " !== ''")
	want(b, "document.getAnimations().length", 0)
}

// audit runs axe-core on the page as it is, or on some of its parts, in light
// and dark, narrow and wide. It runs in a world of its own, which the page's
// policy leaves alone.
func (b *tab) audit(state string, parts ...string) {
	b.Helper()
	frame := do(b, page.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := do(b, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: frame})
	inWorld := func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }
	axe := func(script string) string {
		b.Helper()
		return perform(b, "axe-core", chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise, inWorld))
	}
	include, looked := "document", "['color-contrast', ...(document.querySelector('dialog[open]') ? [] : ['document-title'])]"
	if len(parts) > 0 {
		include, looked = "{ include: ['"+strings.Join(parts, "', '")+"'] }", "['color-contrast']" // a part has no title
	}
	axe(read(b.T, "testdata/axe/axe.min.js") + "; axe.version")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{320, 1280} {
			b.sees(scheme, "reduce", width, 800)
			where := state + ", " + scheme + ", " + strconv.FormatInt(width, 10) + " px"
			if found := axe(`axe.run(` + include + `).then(({passes, violations}) => [
				...violations.flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target + ': ' + n.failureSummary)),
				...` + looked + `.filter((id) => !passes.some((rule) => rule.id === id)).map((id) => id + ' was not looked at'),
			].join('\n'))`); found != "" {
				b.Errorf("%s: %s", where, found)
			}
			if len(parts) > 0 {
				continue
			}
			if by := value[int](b, "document.documentElement.scrollWidth - innerWidth"); by > 0 {
				b.Errorf("%s: the page is %d px too wide", where, by)
			}
		}
	}
}
