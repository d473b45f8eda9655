package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// done is what the list says about the last action.
const done = "document.querySelector('#list .outcome').innerText.trim()"

func TestAdministratorDisablesAndEnablesAUser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	rosa := newPerson(t, p.URL)
	defer rosa.close("401 /refresh", "401 /user", "401 /login")
	rosa.logIn("rosa", rosaPassword)
	b.openUsers(2)

	b.choose(2, "state")
	b.waitFor(done + " === 'rosa has been disabled.'")
	want(b, text(userRow(2)+" .state"), "Disabled")
	rosa.reload()
	rosa.waitForCard("ended")
	rosa.fillLogin("rosa", rosaPassword)
	rosa.press(kb.Enter)
	rosa.waitFor(text("#errors") + " === 'Incorrect username or password.'")
	b.choose(2, "state")
	b.waitFor(done + " === 'rosa has been enabled.'")
	want(b, text(userRow(2)+" .state"), "Enabled")
	rosa.logIn("rosa", rosaPassword)
}

func TestAdministratorsAreAskedBeforeTheyDisableThemselves(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("409 /users/"+userID(t, p, "marisol"), maybe("401 /user"), maybe("401 /refresh"))
	b.openUsers(1)
	b.choose(1, "state")
	b.answer("#confirm-go-ahead")
	b.waitFor(text("#errors") + " !== ''") // there must be an administrator
	want(b, text(userRow(1)+" .state"), "Enabled")
	want(b, "document.activeElement.matches('.menu-button')", true)

	p.Register("rosa", rosaPassword)
	execSQL(t, p, "INSERT INTO user_roles (user_id, role) SELECT id, 'admin' FROM users WHERE username = 'rosa'")
	b.choose(1, "state")
	b.answer("#confirm-cancel")
	want(b, text(userRow(1)+" .state"), "Enabled")
	b.choose(1, "state")
	b.answer("#confirm-go-ahead")
	b.waitForCard("account-closed")
	want(b, text("#account-closed-reason"), "Your account has been disabled. Another administrator can enable it again.")
}

func TestAdministratorChangesRoles(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	rosa := newPerson(t, p.URL)
	defer rosa.close()
	rosa.logIn("rosa", rosaPassword)
	b.openUsers(2)

	b.choose(2, "roles")
	b.waitFor("document.querySelector('#roles-dialog').open")
	want(b, text("#roles-heading"), "Roles of rosa")
	b.enter("#role", "No Role!")
	b.press(kb.Enter)
	b.waitFor(text("#role-error") + ".startsWith('Use 1 to 64 lower-case letters')")
	want(b, "document.activeElement.id", "role")
	b.retype("#role", "editor")
	want(b, text("#role-error"), "")
	b.press(kb.Enter)
	b.waitFor(text("#roles") + ".startsWith('editor')")
	b.click("#save-roles")
	b.waitFor(done + " === 'The roles of rosa have been saved.'")
	want(b, text(userRow(2)+" .chips"), "editor")
	want(b, "document.querySelector('#roles-dialog').open", false)
	want(b, "document.activeElement.matches('"+userRow(2)+" .menu-button')", true)
	rosa.reload()
	rosa.waitForCard("content")
	want(rosa, text("#roles"), "editor")
}

func TestUserIsDeletedOnlyAfterConfirmation(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	_, token := p.Login("rosa", rosaPassword)
	b.openUsers(2)

	b.choose(2, "delete")
	b.waitFor("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "Delete rosa?")
	b.answer("#confirm-cancel")
	for range 20 { // the page would need a few turns to send the request
		want(b, text(userRow(2)+" .username"), "rosa")
	}
	if p.Who(token) != 200 {
		t.Error("rosa was deleted although the dialog was cancelled")
	}
	b.choose(2, "delete")
	b.answer("#confirm-go-ahead")
	b.waitFor(done + " === 'rosa has been deleted.'")
	want(b, text("#count"), "1 user.")
	want(b, "document.querySelectorAll('#rows .username').length", 1)
	want(b, "document.activeElement.matches('"+userRow(1)+" .menu-button')", true)
	if p.Who(token) != 401 {
		t.Error("the token of a deleted user is accepted")
	}
}

func TestMenuOfARowWorksLikeThatOfADesktop(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	const focused = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
	const isOpen = "document.querySelector('[role=menu]')?.checkVisibility() ?? false"
	focusButton := "document.querySelector('" + userRow(2) + " .menu-button').focus()"
	b.execute(focusButton)
	for _, row := range []struct{ key, item string }{
		{kb.Enter, "Details"}, {" ", "Details"}, {kb.ArrowDown, "Details"}, {kb.ArrowUp, "Delete…"},
	} {
		b.press(row.key)
		want(b, focused, row.item)
		want(b, "document.querySelector('"+userRow(2)+" .menu-button').ariaExpanded", "true")
		b.press(kb.Escape)
		want(b, focused, "Actions for rosa")
		want(b, isOpen, false)
	}
	b.press(kb.Enter)
	for _, row := range []struct{ key, item string }{
		{kb.ArrowDown, "Set-password link"}, {kb.End, "Delete…"}, {kb.ArrowDown, "Details"}, {kb.ArrowUp, "Delete…"},
		{kb.Home, "Details"}, {"r", "Roles…"}, {"d", "Disable"}, {"d", "Delete…"}, {"d", "Details"}, {"x", "Details"},
	} {
		b.press(row.key)
		want(b, focused, row.item)
	}
	b.press(kb.Tab, chromedp.ModifierShift) // to the row before: each row is one stop
	want(b, focused, "Actions for marisol")
	want(b, isOpen, false)

	b.click(userRow(2) + " .menu-button")
	want(b, isOpen, true)
	b.click("h1")
	want(b, isOpen, false)
	b.click(userRow(2) + " .menu-button")
	b.click(userRow(2) + " .menu-button")
	want(b, isOpen, false)
}
