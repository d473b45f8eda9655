package browser

import (
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"
)

const (
	panelIsOpen  = "document.querySelector('#panel').open"
	rosasAddress = "location.search === '?user=rosa'"
)

func TestBackClosesThePanelAndForwardOpensIt(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	for _, width := range []int64{320, 1280} {
		b.setScreen("light", "reduce", width, 800)
		b.open("/admin/users")
		b.waitForUsers(2)
		b.openPanel(2)
		want(b, rosasAddress, true)
		b.execute("history.back()")
		b.waitFor("!" + panelIsOpen)
		want(b, "location.pathname + location.search", "/admin/users")
		want(b, "document.querySelector('#list').checkVisibility()", true)
		want(b, "document.activeElement.ariaLabel", "Actions for rosa")
		want(b, userMarked, "")
		b.execute("history.forward()")
		b.waitFor(panelIsOpen + " && " + rosasAddress)
		want(b, text("#panel-name"), "rosa")
	}
}

// Otherwise, Back would seem to do nothing until it has undone all of it.
func TestPanelLeavesNothingInTheHistoryWhenItIsClosed(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	for _, leave := range []func(){
		func() { b.click("#close-panel") },
		func() { b.press(kb.Escape) },
		func() { b.openPanel(1); b.press(kb.Escape) }, // after another user
		func() { b.reload(); b.waitFor(panelIsOpen); b.press(kb.Escape) },
	} {
		b.openPanel(2)
		leave()
		b.waitFor("!" + panelIsOpen + " && location.search === ''")
	}
	b.goBack()
	b.waitFor("location.pathname === '/'")
}

func TestSearchWhileThePanelIsOpenSurvivesBack(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	b.openPanel(2)
	b.enter("#search", "ro")
	b.waitForUsers(1)
	b.execute("history.back()")
	b.waitFor("!" + panelIsOpen)
	want(b, "location.search", "?q=ro")
	want(b, "document.querySelectorAll('#rows .username').length", 1)
}

// Closing goes back in the history, which takes a moment.
func TestPanelOpenedRightAfterAnotherIsClosedStaysOpen(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	b.openPanel(2)
	b.execute("window.moves = 0; window.addEventListener('popstate', () => { window.moves += 1 })")
	b.execute("document.querySelector('#close-panel').click(); document.querySelector('" + userRow(1) + " .details').click()")
	b.waitFor("window.moves === 1")
	want(b, panelIsOpen+" && "+text("#panel-name"), "marisol")
	want(b, "location.search", "?user=marisol")
	b.execute("history.back()")
	b.waitFor("window.moves === 2")
	want(b, panelIsOpen, false)

	b.openPanel(2)
	b.execute("const [x] = document.querySelectorAll('#close-panel'); x.click(); document.querySelector('" + userRow(1) + " .details').click(); x.click()")
	b.waitFor("window.moves === 3") // and no further back, which would leave the page
	b.openPanel(2)
	want(b, rosasAddress, true)
}

func TestUserInTheAddressWhoCannotBeLoadedIsExplained(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("ERR_CONNECTION_FAILED /users")
	p.Register("rosa", rosaPassword)
	b.logIn("marisol", marisolPassword)
	b.holdRequests("/users?*q=rosa*")
	b.open("/admin/users?q=marisol&user=rosa")
	request := b.waitForHeldRequest()
	b.waitForUsers(1)
	call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.waitFor(text("#errors") + " !== ''")
	want(b, text("#errors"), "The server can't be reached. Check your connection and try again.")
	want(b, panelIsOpen, false)
}
