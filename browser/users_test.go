package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestUsersPageIsForAdministratorsOnly(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.logIn("rosa", rosaPassword)
	b.open("/admin/users")
	b.waitForCard("forbidden")
	want(b, text("#forbidden h1"), "This page is for administrators")
	want(b, text("#forbidden-reason"), "This page needs the role admin, which rosa doesn't have. Ask an administrator for it.")
	want(b, "document.querySelectorAll('#rows tr').length", 0)
}

func TestAdministratorFindsUsersByTheBeginningOfTheirName(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	for _, name := range []string{"rosa", "robin", "pia"} {
		p.Register(name, rosaPassword)
	}
	b.logIn("marisol", marisolPassword)
	b.click("#nav-users")
	b.waitFor("location.pathname === '/admin/users' && document.querySelectorAll('#rows tr').length === 4")
	want(b, text("#count"), "4 users.")
	b.enter("#search", "ro")
	b.waitFor(text("#count") + " === '2 users whose username begins with “ro”.'")
	b.enter("#search", "s")
	b.waitFor(text("#count") + " === '1 user whose username begins with “ros”.'")
	want(b, text("#rows .username"), "rosa")
}

func TestAdministratorDisablesAndEnablesAUser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	rosa := newPerson(t, p.URL)
	defer rosa.close("401 /refresh", "401 /user", "401 /login")
	rosa.logIn("rosa", rosaPassword)
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitFor("document.querySelectorAll('#rows tr').length === 2")
	const row = "#rows tr:nth-child(2)"

	b.click(row + " .change-state")
	b.waitFor(text(row+" .outcome") + " === 'rosa has been disabled.'")
	want(b, text(row+" .state"), "Disabled")
	rosa.reload()
	rosa.waitForCard("ended")
	rosa.fillLogin("rosa", rosaPassword)
	rosa.press(kb.Enter)
	rosa.waitFor(text("#errors") + " === 'Incorrect username or password.'")
	b.click(row + " .change-state")
	b.waitFor(text(row+" .outcome") + " === 'rosa has been enabled.'")
	want(b, text(row+" .state"), "Enabled")
	rosa.logIn("rosa", rosaPassword)
}

func TestAdministratorChangesRoles(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	rosa := newPerson(t, p.URL)
	defer rosa.close()
	rosa.logIn("rosa", rosaPassword)
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitFor("document.querySelectorAll('#rows tr').length === 2")
	const row = "#rows tr:nth-child(2)"

	b.click(row + " .change-roles")
	b.waitFor("document.querySelector('#roles-dialog').open")
	want(b, text("#roles-heading"), "Roles of rosa")
	b.enter("#role", "editor")
	b.press(kb.Enter)
	b.waitFor(text("#roles") + ".startsWith('editor')")
	b.click("#save-roles")
	b.waitFor(text(row+" .outcome") + " === 'The roles of rosa have been saved.'")
	want(b, text(row+" .chips"), "editor")
	want(b, "document.querySelector('#roles-dialog').open", false)
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
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitFor("document.querySelectorAll('#rows tr').length === 2")
	const remove = "#rows tr:nth-child(2) .delete"

	b.click(remove)
	b.waitFor("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "Delete rosa?")
	b.answer("#confirm-cancel")
	for range 20 { // the page would need a few turns to send the request
		want(b, text("#rows tr:nth-child(2) .username"), "rosa")
	}
	if p.Who(token) != 200 {
		t.Error("rosa was deleted although the dialog was cancelled")
	}
	b.click(remove)
	b.answer("#confirm-go-ahead")
	b.waitFor(text("#rows .gone") + " === 'rosa has been deleted.'")
	want(b, text("#count"), "1 user.")
	want(b, "document.querySelectorAll('#rows .username').length", 1)
	if p.Who(token) != 401 {
		t.Error("the token of a deleted user is accepted")
	}
}

func TestUsersAreListedInPages(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	execSQL(t, p, `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
		INSERT INTO users (id, username, username_key, password_hash, created_at)
		SELECT printf('id-%03d', i), printf('user-%03d', i), printf('user-%03d', i), 'none', created_at FROM n, users`)
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitFor(text("#count") + " === 'The first 50 users. There are more.'")
	b.click("#more")
	b.waitFor(text("#count") + " === '61 users.'")
	want(b, "document.querySelector('#more').hidden", true)
	want(b, "document.activeElement === document.querySelectorAll('#rows .who')[50]", true)
	want(b, "new Set([...document.querySelectorAll('#rows .username')].map((e) => e.textContent)).size", 61)
	b.enter("#search", "USER-04")
	b.waitFor(text("#count") + " === '10 users whose username begins with “USER-04”.'")
}
