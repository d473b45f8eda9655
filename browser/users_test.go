package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey/cmd/cmdtest"
)

// openUsers logs marisol in and opens the page with its list of this many users.
func (b *tab) openUsers(count int) {
	b.Helper()
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitForUsers(count)
}

// waitForUsers waits until the list shows this many users.
func (b *tab) waitForUsers(count int) {
	b.Helper()
	b.waitFor(fmt.Sprintf("document.querySelectorAll('#rows .username').length === %d && !document.querySelector('#users').ariaBusy", count))
}

// userRow is the selector of a row, counted from 1.
func userRow(row int) string { return fmt.Sprintf("#rows tr:nth-child(%d)", row) }

// choose opens the menu of a user's row and chooses a command, such as delete.
func (b *tab) choose(row int, command string) {
	b.Helper()
	b.click(userRow(row) + " .menu-button")
	b.click(userRow(row) + " [value=" + command + "]")
}

// openPanel clicks the name of a user and waits until the panel has loaded.
func (b *tab) openPanel(row int) {
	b.Helper()
	b.click(userRow(row) + " .details")
	b.waitFor("document.querySelector('#panel').open && document.querySelector('#no-devices').textContent !== 'Loading…'")
}

// retype replaces what is in a field.
func (b *tab) retype(selector, text string) {
	b.Helper()
	b.click(selector)
	b.press("a", chromedp.ModifierCtrl)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// addUsers adds users to the database, of whom every hundredth is disabled.
func addUsers(t *testing.T, p *cmdtest.Program, count int) {
	t.Helper()
	execSQL(t, p, `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO users (id, username, username_key, email, email_key, password_hash, created_at, disabled)
		SELECT printf('id-%04d', i), printf('user-%04d', i), printf('user-%04d', i), printf('mail-%04d@example.org', i),
			printf('mail-%04d@example.org', i), 'none', created_at, i % 100 = 0 FROM n, users`, count)
}

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

func TestAdministratorFindsUsersByNameAddressRoleAndState(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	for _, name := range []string{"rosa", "robin", "pia"} {
		p.Register(name, rosaPassword)
	}
	execSQL(t, p, "UPDATE users SET email = 'Rose@example.org', email_key = 'rose@example.org', disabled = 1 WHERE username = 'pia'")
	execSQL(t, p, "INSERT INTO user_roles (user_id, role) SELECT id, 'editor' FROM users WHERE username = 'robin'")
	b.logIn("marisol", marisolPassword)
	b.click("#nav-users")
	b.waitFor("location.pathname === '/admin/users' && document.querySelectorAll('#rows tr').length === 4")
	want(b, text("#count"), "4 users.")
	want(b, text("#rows tr:nth-child(1) .last-login"), "just now")
	want(b, text("#rows tr:nth-child(2) .no-login"), "never")
	const names = "[...document.querySelectorAll('#rows .username')].map((e) => e.textContent).join()"

	b.enter("#search", "ro")
	b.waitFor(names + " === 'robin,rosa,pia'") // pia by her address
	want(b, text("#count"), "3 users found.")
	want(b, "document.querySelector('#status').textContent", "3 users found.")
	b.enter("#search", "s")
	b.waitFor(names + " === 'rosa,pia'")
	b.choosesState("true")
	b.waitFor(names + " === 'pia'")
	want(b, "location.search", "?q=ros&disabled=true")
	b.choosesState("false")
	b.waitFor(names + " === 'rosa'")
	b.open("/admin/users")
	b.waitForUsers(4)
	b.enter("#role-filter", "editor") // known from the list, so the search doesn't wait for Enter
	b.waitFor(names + " === 'robin'")
	b.retype("#role-filter", "nobody has this")
	want(b, names, "robin")
	b.press(kb.Enter)
	b.waitFor(text("#count") + " === 'No users found.'")
	b.click("#more")
	b.waitForUsers(4)
	want(b, "location.search", "")
	want(b, "document.activeElement.id", "search")
	b.enter("#search", "nobody")
	b.waitFor(text("#count") + " === 'No users found.'")
	b.click("#more") // which also ends the typing, but isn't lost to another search
	b.waitForUsers(4)
}

// choosesState sets the filter by state as a person does.
func (b *tab) choosesState(value string) {
	b.Helper()
	b.execute(`document.querySelector('#state-filter').value = '` + value + `';
		document.querySelector('#state-filter').dispatchEvent(new Event('change', { bubbles: true }))`)
}

func TestSearchStaysInTheAddress(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	addUsers(t, p, 200)
	b.openUsers(50)
	b.enter("#search", "MAIL-01")
	b.choosesState("true")
	const found = "document.querySelectorAll('#rows .username').length === 1 && document.querySelector('#rows .username').textContent === 'user-0100'"
	const fields = "['search', 'state-filter'].map((id) => document.getElementById(id).value).join() === 'MAIL-01,true'"
	b.waitFor(found)
	b.wantHistory("/", "/admin/users")
	b.reload()
	b.waitFor(found + " && " + fields)
	b.click("#nav-account")
	b.waitFor("location.pathname === '/account'")
	b.goBack()
	b.waitFor("location.pathname === '/admin/users' && " + found + " && " + fields)
	b.open("/admin/users?disabled=perhaps&role=&q=user-0199") // nobody's own link
	b.waitForUsers(1)
	want(b, "document.querySelector('#state-filter').value", "")
}

func TestUsersAreListedInPages(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	addUsers(t, p, 60)
	b.openUsers(50)
	want(b, text("#count"), "First 50 users.")
	b.click("#more")
	b.waitFor(text("#count") + " === '61 users.'")
	want(b, "document.querySelector('#more').hidden", true)
	want(b, "document.activeElement === document.querySelectorAll('#rows .who')[50]", true)
	want(b, "new Set([...document.querySelectorAll('#rows .username')].map((e) => e.textContent)).size", 61)
}

// A response examines at most 1,000 users, so a search for few of many needs several.
func TestSearchGoesOnByItselfUntilThereIsEnough(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	addUsers(t, p, 3500)
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users?disabled=true")
	b.waitFor(text("#count") + " === '35 users found.'")
	want(b, "document.querySelector('#more').hidden", true)
	if n := b.countRequests("GET /users"); n < 4 {
		t.Errorf("%d requests were sent, want one for each 1,000 users", n)
	}
}

func TestSearchThatFailsCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("ERR_CONNECTION_FAILED /users")
	p.Register("rosa", rosaPassword)
	b.holdRequests("/users?*q=ro*")
	b.openUsers(2)
	b.enter("#search", "ro")
	request := b.waitForHeldRequest()
	call(b, fetch.FailRequest, fetch.FailRequestParams{RequestID: request, ErrorReason: network.ErrorReasonConnectionFailed})
	b.waitFor(text("#errors") + " !== ''")
	want(b, text("#errors"), "The server can't be reached. Check your connection and try again.")
	b.releaseRequests()
	b.click("#more")
	b.waitForUsers(1)
	want(b, text("#errors"), "")
}
