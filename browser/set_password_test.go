package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"latchkey/cmd/cmdtest"
)

// newRosaPassword is one that rosa sets with a link.
const newRosaPassword = "nine patient kettles"

// newLink is newLatchkey with rosa, who has forgotten her password, and the path of a link that an
// administrator has made for her.
func newLink(t *testing.T, settings ...string) (b *tab, p *cmdtest.Program, link string) {
	t.Helper()
	b, p = newLatchkey(t, settings...)
	p.Register("rosa", rosaPassword)
	return b, p, linkFor(p, "rosa")
}

func linkFor(p *cmdtest.Program, username string) string {
	_, token := p.Login("marisol", marisolPassword)
	return strings.TrimPrefix(p.PasswordLink(token, username), p.URL)
}

// openLink opens a link and waits for the form.
func (b *tab) openLink(link string) {
	b.Helper()
	b.open(link)
	b.waitFor("document.querySelector('#set-password')?.disabled === false && document.activeElement.id === 'new-password'")
}

// setPassword submits the form for a new password.
func (b *tab) setPassword(password string) {
	b.Helper()
	b.execute("document.querySelector('#new-password').value = ''")
	b.enter("#new-password", password)
	b.press(kb.Enter)
}

func TestLinkBringsBackWhoForgotTheirPassword(t *testing.T) {
	t.Parallel()
	b, p, link := newLink(t)
	defer b.close()
	b.openLink(link)
	want(b, "document.title", "Set your password · Latchkey")
	want(b, "document.querySelectorAll('input').length", 1)
	want(b, `["type", "name", "autocomplete", "required"].map((name) => document.querySelector('#new-password').getAttribute(name)).join()`,
		"password,new-password,new-password,")
	b.wantAccessible("set-password")
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	want(b, "document.title", "Your password has been set · Latchkey")
	want(b, text("#done-reason"), "Log in with your username and the new password.")
	want(b, "document.activeElement.matches('#done h1')", true)
	want(b, "document.querySelector('[role=status]').textContent", "Your password has been set. Log in with your username and the new password.")
	want(b, "localStorage.length + sessionStorage.length", 0)
	b.wantAccessible("set-password, done")
	b.press(kb.Tab)
	b.press(kb.Enter)
	b.submitLogin("rosa", newRosaPassword)
	b.waitForCard("content")
	if status, _ := p.Login("rosa", rosaPassword); status != 401 {
		t.Errorf("POST /login with the forgotten password: status %d", status)
	}
}

// TestLinkLeavesNoTrace looks where the token of a link could stay behind.
func TestLinkLeavesNoTrace(t *testing.T) {
	t.Parallel()
	b, p, link := newLink(t)
	defer b.close()
	path, token, _ := strings.Cut(link, "#")
	b.openLink(link)
	want(b, "location.href", b.origin+path)
	want(b, "history.length", 2) // about:blank and this page
	want(b, "JSON.stringify([history.state, { ...localStorage }, { ...sessionStorage }])", "[null,{},{}]")
	want(b, "document.documentElement.outerHTML.includes('"+token+"')", false)
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	b.wantHistory(path)
	if strings.Contains(p.Stop(), token) {
		t.Error("the token is in the log")
	}
}

func TestLinkWithoutItsTokenIsIncomplete(t *testing.T) {
	t.Parallel()
	b, _, link := newLink(t)
	defer b.close()
	b.open("/set-password")
	b.waitForCard("incomplete")
	want(b, "document.title", "This link is incomplete · Latchkey")
	want(b, text("#incomplete p"), "Open the link again, or copy the whole link into the address bar. If that doesn't help, ask an administrator for a new one.")
	b.wantAccessible("set-password, incomplete")
	b.openLink(link) // which changes only the fragment
	want(b, "location.href", b.origin+"/set-password")
	want(b, "document.title", "Set your password · Latchkey")
	b.reload() // which forgets the token
	b.waitForCard("incomplete")
	b.openLink(link)
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
}

func TestLinkThatDoesNotWorkIsExplained(t *testing.T) {
	t.Parallel()
	b, p, link := newLink(t)
	defer b.close("422 /set-password")
	_, token, _ := strings.Cut(link, "#")
	b.openLink(link)
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	used := link
	replaced := linkFor(p, "rosa")
	linkFor(p, "rosa")
	for name, link := range map[string]string{
		"used": used, "replaced": replaced, "cut off": link[:len(link)-4], "changed": strings.Replace(link, token[:8], "00000000", 1),
		"of nobody": "/set-password#x", "hostile": "/set-password#<img%20src=x%20onerror=alert(1)>",
	} {
		b.openLink(link)
		b.setPassword(rosaPassword)
		b.waitForCard("expired")
		want(b, "document.title", "This link no longer works · Latchkey")
		want(b, text("#expired-reason"), "It has expired or has been used already. Ask an administrator for a new one.")
		want(b, "document.querySelector('#new-password').value", "")
		if status, _ := p.Login("rosa", newRosaPassword); status != 200 {
			t.Errorf("%s: POST /login with the password that was set first: status %d", name, status)
		}
	}
	b.wantAccessible("set-password, expired")
}

func TestWeakPasswordIsReportedAtTheFieldOfTheLinkPage(t *testing.T) {
	t.Parallel()
	b, _, link := newLink(t)
	defer b.close("422 /set-password")
	b.openLink(link)
	for _, row := range []struct{ password, message string }{
		{"", "Enter a password."},
		{"short", "The password is too short. Use at least 8 characters."},
		{"password123", "This password is too common. Try a few unrelated words."},
		{"i am Rosa herself", "The password contains the username. Choose a different password."}, // the page does not know whose link it is
	} {
		b.setPassword(row.password)
		b.waitFor(text("#new-password-error") + " === '" + row.message + "'")
		b.wantFieldError("new-password", row.message)
	}
	b.wantAccessible("set-password, weak")
	b.setPassword(newRosaPassword) // the link still works
	b.waitForCard("done")
}

func TestLinkWorksWhileSomebodyElseIsLoggedIn(t *testing.T) {
	t.Parallel()
	b, _, link := newLink(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.openLink(link)
	b.waitFor(text("#who-name") + " === 'marisol'")
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	b.waitFor(text("#done-reason") + " === 'marisol is still logged in in this browser. Log out before you log in with the new password.'")
	want(b, "document.querySelector('#done .button').hidden", true)
	b.wantAccessible("set-password, done while somebody else is logged in")
	b.click("#log-out")
	b.waitFor("!document.querySelector('#done .button').hidden")
	want(b, text("#done-reason"), "Log in with your username and the new password.")
	b.click("#done .button")
	b.submitLogin("rosa", newRosaPassword)
	b.waitForCard("content")
	want(b, text("#who-name"), "rosa")
}

func TestNewPasswordByALinkEndsTheSessionHere(t *testing.T) {
	t.Parallel()
	b, _, link := newLink(t)
	defer b.close("401 /user", "401 /refresh")
	b.logIn("rosa", rosaPassword)
	b.openLink(link)
	b.waitFor(text("#who-name") + " === 'rosa'")
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	b.waitFor("document.querySelector('#who').hidden")
	want(b, text("#done-reason"), "Log in with your username and the new password.")
	b.click("#done .button")
	b.submitLogin("rosa", newRosaPassword)
	b.waitForCard("content")
}

func TestUnreachableServerLeavesTheLinkUsable(t *testing.T) {
	t.Parallel()
	b, _, link := newLink(t)
	defer b.close("ERR_CONNECTION_FAILED /set-password")
	b.openLink(link)
	b.holdRequests("/set-password")
	b.setPassword(newRosaPassword)
	failed := fetch.FailRequestParams{RequestID: b.waitForHeldRequest(), ErrorReason: network.ErrorReasonConnectionFailed}
	call(b, fetch.FailRequest, failed)
	b.waitFor(text("#errors") + " === 'The server can\\'t be reached. Check your connection and try again.'")
	b.releaseRequests()
	b.press(kb.Enter) // the button has the focus
	b.waitForCard("done")
}

func TestPageOfALinkForgetsItWhenItIsLeft(t *testing.T) {
	t.Parallel()
	b, p, link := newLink(t)
	defer b.close("422 /set-password")
	b.openLink(link)
	b.enter("#new-password", newRosaPassword)
	b.leaveInMemory()
	want(b, "document.querySelector('#new-password').value", "")
	b.returnFromMemory()
	b.waitForCard("incomplete")

	b.openLink(link)
	b.leaveInMemory()
	b.setPassword(newRosaPassword) // without the token
	b.waitForCard("expired")
	if status, _ := p.Login("rosa", rosaPassword); status != 200 {
		t.Errorf("POST /login with the old password: status %d", status)
	}
	b.openLink(link)
	b.setPassword(newRosaPassword)
	b.waitForCard("done")
	b.leaveInMemory()
	b.returnFromMemory()
	want(b, "document.querySelector('#done').hidden", false)
}

func TestAnswerForOneLinkLeavesTheFormOfTheNextAlone(t *testing.T) {
	t.Parallel()
	b, p, link := newLink(t)
	defer b.close("422 /set-password")
	p.Register("pia", rosaPassword)
	second := linkFor(p, "pia")
	for _, isRefused := range []bool{true, false} {
		b.openLink(link)
		b.holdRequests("/set-password")
		b.setPassword(newRosaPassword)
		held := b.waitForHeldRequest()
		b.openLink(second)
		b.waitFor("location.hash === ''")
		b.enter("#new-password", newRosaPassword)
		b.execute("performance.clearResourceTimings()")
		if isRefused {
			b.refuse(held, 422, `{"type":"/problems/link-expired"}`)
		}
		b.releaseRequests()
		b.waitFor(hasEnded("/set-password"))
		want(b, "document.querySelector('#content').hidden", false)
		want(b, "document.querySelector('#new-password').value", newRosaPassword)
	}
	b.press(kb.Enter)
	b.waitForCard("done")
	for _, username := range []string{"rosa", "pia"} {
		if status, _ := p.Login(username, newRosaPassword); status != 200 {
			t.Errorf("POST /login for %s: status %d", username, status)
		}
	}
}
