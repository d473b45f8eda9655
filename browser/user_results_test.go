package browser

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/chromedp/kb"
)

// noAdminLeft is the server's answer to a change after which nobody could manage users.
const noAdminLeft = `{"type":"/problems/last-admin","status":409,"detail":"This is the last administrator."}`

// let sends a request that the browser holds.
func (b *tab) let(request fetch.RequestID) {
	b.Helper()
	call(b, fetch.ContinueRequest, fetch.ContinueRequestParams{RequestID: request})
}

// wantUnclosable fails the test if Cancel, Escape or a phone's Back closes a dialog, whose form is
// being sent.
func (b *tab) wantUnclosable(dialog, cancel string) {
	b.Helper()
	b.click(cancel)
	b.press(kb.Escape)
	b.press(kb.Escape)                                                   // Chromium doesn't ask the page twice
	b.execute("document.querySelector('" + dialog + "').requestClose()") // as Back on a phone
	want(b, "document.querySelector('"+dialog+"').open", true)
}

func TestDialogStaysOpenWhileItsFormIsSent(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	p.Register("rosa", rosaPassword)
	rosa := "/users/" + userID(t, p, "rosa")
	defer b.close("409 "+rosa, "409 /users", "409 /users/me/deletion")
	b.openUsers(2)
	b.openPanel(2)
	for _, row := range []struct{ path, open, field, text, dialog, cancel, send, errors string }{
		{rosa, "#panel [value=email]", "#email", "a@example.org", "#email-dialog", "#email-cancel", "#save-email", "#email-errors"},
		{rosa, "#panel [value=roles]", "#role", "editor", "#roles-dialog", "#roles-cancel", "#save-roles", "#roles-errors"},
		{"/users", "#add-user", "#add-username", "tamsin", "#add-dialog", "#add-cancel", "#add-go-ahead", "#add-errors"},
		{"/users/me/deletion", "#open-deletion", "#deletion-password", "x", "#deletion-dialog", "#deletion-cancel", "#delete-account", "#deletion-errors"},
	} {
		if row.open == "#open-deletion" {
			b.openAccount(1)
		}
		b.holdRequests(row.path)
		b.click(row.open)
		b.enter(row.field, row.text)
		b.click(row.send)
		request := b.waitForHeldRequest()
		b.wantUnclosable(row.dialog, row.cancel)
		b.refuse(request, 409, noAdminLeft)
		b.waitFor(text(row.errors) + " === 'This is the last administrator.'")
		b.releaseRequests()
		b.press(kb.Escape)
		b.waitFor("!document.querySelector('" + row.dialog + "').open")
	}
}

func TestResultIsNotShownInThePanelOfAnotherUser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	p.Register("rosa", rosaPassword)
	p.Register("tamsin", rosaPassword)
	rosa, tamsin := "/users/"+userID(t, p, "rosa"), "/users/"+userID(t, p, "tamsin")
	defer b.close("409 " + rosa)
	const inPanel = "document.querySelector('#panel .outcome').innerText + document.querySelector('#panel > .errors').innerText"
	const stateButton = "#panel .change-state"
	const isBusy = "document.querySelector('" + stateButton + "').ariaDisabled === 'true'"
	b.openUsers(3)
	b.openPanel(2)
	b.holdRequests(rosa)
	b.click(stateButton)
	request := b.waitForHeldRequest()
	b.openPanel(3)
	want(b, isBusy, false)
	b.holdRequests(tamsin)
	b.click(stateButton)
	second := b.waitForHeldRequest()
	b.refuse(request, 409, noAdminLeft)
	b.waitFor(text("#errors") + " === 'This is the last administrator.'")
	want(b, inPanel, "")
	want(b, isBusy, true) // because of tamsin
	b.let(second)
	b.waitFor(text("#panel .outcome") + " === 'tamsin has been disabled.'")
	want(b, text(stateButton), "Enable")

	b.openPanel(2)
	b.holdRequests(rosa)
	b.click(stateButton)
	request = b.waitForHeldRequest()
	b.press(kb.Escape)
	b.let(request)
	b.waitFor(done + " === 'rosa has been disabled.'")
	want(b, text(userRow(2)+" .state"), "Disabled")
}

func TestAddedUserIsShownEvenIfTheLinkFails(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer func() { b.close("409 /users/" + userID(t, p, "tamsin") + "/password-link") }()
	b.holdRequests("/password-link")
	b.openUsers(1)
	b.click("#add-user")
	b.press("tamsin")
	b.press(kb.Enter)
	b.refuse(b.waitForHeldRequest(), 409, noAdminLeft)
	b.waitFor("document.querySelector('#panel > .errors').innerText.trim() === 'This is the last administrator.'")
	want(b, text("#panel .outcome"), "tamsin has been added.")
	b.releaseRequests()
	b.click("#add-user")
	b.press("robin")
	b.press(kb.Enter)
	b.waitFor(passwordLink + " !== ''")
	b.waitForUsers(3)
	want(b, "document.querySelector('#status').textContent.startsWith('The link is ready.')", true)
}
