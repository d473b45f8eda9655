package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

func TestEmailAddressCanBeAddedAndRemoved(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("422 /users/me")
	b.logIn("marisol", marisolPassword)
	want(b, text("#add-email"), "Add an e-mail address")
	b.click("#add-email")
	b.waitFor("location.pathname === '/account' && document.activeElement?.id === 'email' && !document.activeElement.readOnly")
	want(b, text("#name"), "marisol")

	submit := func(email string) {
		b.Helper()
		b.execute("document.querySelector('#email').value = ''")
		b.enter("#email", email)
		b.press(kb.Enter)
	}
	const invalid = "Enter a valid e-mail address, such as name@example.org."
	submit("marisol")
	want(b, text("#email-error"), invalid)
	want(b, "document.activeElement.matches('#email[aria-invalid=true]')", true)
	submit(strings.Repeat("x", 65) + "@example.org") // which the browser accepts, and the server doesn't
	b.waitForRequests("PATCH /users/me", 1)
	b.waitFor(text("#email-error") + " === '" + invalid + "'")
	submit("marisol@example.org")
	b.waitFor(text("#profile-outcome") + " === 'Your e-mail address has been saved.'")
	want(b, text("#email-error"), "")
	b.open("/")
	b.waitForHome()
	want(b, text("#email"), "marisol@example.org")
	want(b, "document.querySelector('#add-email').hidden", true)

	b.openAccount(1)
	b.waitFor("document.querySelector('#email').value === 'marisol@example.org'")
	submit("")
	b.waitFor(text("#profile-outcome") + " === 'Your e-mail address has been removed.'")
	b.open("/")
	b.waitForHome()
	want(b, text("#email"), "")
	want(b, "document.querySelector('#add-email').hidden", false)
}

// TestEmailAddressThatIsNotKnownIsNotReplaced has a server that doesn't say what the address is.
func TestEmailAddressThatIsNotKnownIsNotReplaced(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("ERR_CONNECTION_FAILED /users/me")
	b.logIn("marisol", marisolPassword)
	b.holdRequests("/users/me")
	b.open("/account")
	request := b.waitForHeldRequest()
	want(b, "document.querySelector('#email').readOnly && document.querySelector('#save-profile').disabled", true)
	call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.waitFor(text("#profile-errors") + " === `The server can't be reached. Check your connection and try again.`")
	want(b, "document.querySelector('#email').readOnly && document.querySelector('#save-profile').disabled", true)
	call(b, fetch.Disable, cdp.Empty{})
	b.click("#reload-profile")
	b.waitFor("!document.querySelector('#email').readOnly")
	want(b, "document.querySelector('#save-profile').disabled", false)
	want(b, text("#profile-errors"), "")
	want(b, "document.querySelector('#reload-profile').hidden", true)
}
