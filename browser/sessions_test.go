package browser

import (
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestAPageWithoutStorageButWithTheCookieShowsTheNameAtOnce(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.logIn("marisol", marisols)
	b.beforePages(watchForAnEnd)
	for _, path := range []string{"/", "/account", "/admin/users", "/login"} {
		value[chromedp.Void](b, "localStorage.clear()")
		b.open(path)
		b.shows("member")
		want(b, "window.sawEnd", "")
		want(b, storedToken+" !== null", true)
	}
	want(b, "location.pathname", "/")
}

func TestTheCookieIsKeptFromScripts(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.logIn("marisol", marisols)
	want(b, "document.cookie", "")
	cookies := do(b, network.GetCookies, network.GetCookiesParams{}).Cookies
	if len(cookies) != 1 {
		t.Fatalf("the browser has %d cookies", len(cookies))
	}
	c := cookies[0]
	if c.Name != "latchkey" || !c.HTTPOnly || c.Secure || c.SameSite != network.CookieSameSiteStrict || c.Path != "/" {
		t.Errorf("the cookie is %+v", c)
	}
}

func TestATokenThatEndedIsRenewedAndTheRequestSentAgain(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh", "401 /user")
	token := b.logIn("marisol", marisols)
	b.beforePages(watchForAnEnd)
	value[chromedp.Void](b, "localStorage.setItem('token', '"+token+"x')") // a token that only the server can refuse
	do(b, page.Reload, page.ReloadParams{})
	b.shows("member")
	want(b, "window.sawEnd", "")
	b.until(isRenewed(token + "x"))
}

func TestASessionThatWasEndedElsewhereIsSaid(t *testing.T) {
	b, p := visitLatchkey(t, "ACCESS_TOKEN_TTL=3s")
	defer b.leave("401 /refresh", "401 /user")
	b.logIn("marisol", marisols)
	other := visit(t, p.url)
	defer other.leave("401 /refresh")
	other.logIn("marisol", marisols)
	other.open("/account")
	other.until("document.querySelectorAll('#rows tr').length === 2")
	other.click("#rows tr:nth-child(2) .end")
	other.until(text("#rows tr:nth-child(2)") + " === 'The session of Chrome on Linux is ended.'")

	b.shows("ended")
	want(b, text("#ended h1"), "Your session has ended")
	want(b, text("#ended-reason"), "It may have been ended from another device. Log in again to go on.")
	want(b, "localStorage.length", 0)
	want(b, "location.pathname", "/") // somebody may be reading
}

func TestTheAccountPageShowsAndEndsSessions(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.logIn("marisol", marisols)
	b.open("/account")
	b.until(text("#count") + " === 'You are logged in here and nowhere else.'")
	var others []string
	for range 3 {
		_, token := login(t, p.url, "marisol", marisols)
		others = append(others, token)
	}
	b.open("/account")
	b.until(text("#count") + " === 'You are logged in here and in 3 other sessions.'")
	want(b, text("#rows tr:nth-child(1) .who")+".replace(/\\s+/g, ' ')", "Chrome on Linux this one")
	want(b, text("#rows tr:nth-child(1) .address"), "127.0.0.1")
	want(b, text("#rows tr:nth-child(1) .used"), "just now")
	want(b, text("#rows tr:nth-child(2) .who"), "a Go program")
	want(b, "document.querySelectorAll('#rows .current:not([hidden])').length", 1)

	b.click("#rows tr:nth-child(2) .end")
	b.until(text("#count") + " === 'You are logged in here and in 2 other sessions.'")
	want(b, text("#rows tr:nth-child(2)"), "The session of a Go program is ended.")
	if out := whoAll(t, p.url, others); out != 1 {
		t.Errorf("%d sessions ended, want one", out)
	}

	b.click("#end-others")
	b.until("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "End 2 other sessions?")
	b.answer("#confirm-cancel")
	if out := whoAll(t, p.url, others); out != 1 {
		t.Errorf("%d sessions are over before anybody agreed", out)
	}
	b.click("#end-others")
	b.answer("#confirm-go-ahead")
	b.until(text("#sessions-outcome") + " === '2 other sessions are ended.'")
	b.until(text("#count") + " === 'You are logged in here and nowhere else.'")
	want(b, "document.querySelector('#end-others').hidden", true)
	if out := whoAll(t, p.url, others); out != 3 {
		t.Errorf("%d sessions ended, want all three", out)
	}
	b.open("/")
	b.shows("member")
}

// whoAll counts the tokens that the server refuses.
func whoAll(t *testing.T, url string, tokens []string) (refused int) {
	t.Helper()
	for _, token := range tokens {
		if who(t, url, token) == 401 {
			refused++
		}
	}
	return refused
}

func TestANewPasswordEndsTheOtherSessionsAndNotThisOne(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh", "422 /users/me/password")
	b.logIn("marisol", marisols)
	other := visit(t, p.url)
	defer other.leave("401 /refresh", "401 /user")
	other.logIn("marisol", marisols)

	const next = "a quite different horse"
	b.open("/account")
	b.until("document.querySelectorAll('#rows tr').length === 2")
	change := func(current, next string) {
		b.write("#current-password", current)
		b.write("#new-password", next)
		b.press(kb.Enter)
	}
	change("wrong", next)
	b.until(text("#errors") + ".startsWith('The current password')")
	want(b, "document.activeElement.id", "current-password")
	want(b, "document.querySelector('#current-password').value", "")
	value[chromedp.Void](b, "document.querySelector('#new-password').value = ''")
	change(marisols, next)
	b.until(text("#password-outcome") + " === 'Your password is changed. All other sessions are ended.'")
	want(b, text("#errors"), "")
	b.until(text("#count") + " === 'You are logged in here and nowhere else.'")
	b.open("/")
	b.shows("member")

	do(other, page.Reload, page.ReloadParams{})
	other.shows("ended")
	if status, _ := login(t, p.url, "marisol", marisols); status != 401 {
		t.Errorf("the old password: status %d", status)
	}
	other.logIn("marisol", next)
}
