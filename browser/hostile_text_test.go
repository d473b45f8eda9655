package browser

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// hostileTexts would do something if a page used them as anything but text.
var hostileTexts = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`<svg/onload=alert(1)>`,
	`<iframe src="javascript:alert(1)"></iframe>`,
	`</bdi></template><style>*{display:none}</style>`,
	`javascript:alert(1)//{{constructor.constructor('alert(1)')()}}`,
}

// foreignElements counts the elements of the page that only hostile text could have created.
const foreignElements = "document.querySelectorAll('main :is(script, img, iframe, style, a, svg):not(section[hidden] *, .step > a, #add-email)').length"

// wantHostileTexts fails the test unless the elements show every hostile text.
func (b *tab) wantHostileTexts(selector string) {
	b.Helper()
	var found []string
	all := "JSON.stringify([...document.querySelectorAll('" + selector + "')].map((e) => e.textContent))"
	authtest.Must(b.T, json.Unmarshal([]byte(evaluate[string](b, all)), &found))
	for _, text := range hostileTexts {
		if !slices.Contains(found, text) {
			b.Errorf("the texts of %s are %q, want %q among them", selector, found, text)
		}
	}
}

// newLatchkeyWithHostileTexts is newLatchkey with hostile names, e-mail addresses, devices and
// addresses in the database, and marisol logged in.
func newLatchkeyWithHostileTexts(t *testing.T) (*tab, *cmdtest.Program) {
	t.Helper()
	b, p := newLatchkey(t)
	b.logIn("marisol", marisolPassword)
	for i, text := range hostileTexts {
		execSQL(t, p, `INSERT INTO users (id, username, username_key, email, password_hash, created_at)
			SELECT ?, ?, ?, ?, 'none', created_at FROM users WHERE username = 'marisol'`, i, text, i, text)
		execSQL(t, p, `INSERT INTO sessions (id, user_id, counter, device, address, created_at, last_used_at, expires_at)
			SELECT ?, user_id, 0, ?, ?, created_at, last_used_at, expires_at FROM sessions LIMIT 1`, i, text, text)
	}
	return b, p
}

func TestHostileTextsOnTheUsersPageAreText(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkeyWithHostileTexts(t)
	defer b.close()
	b.open("/admin/users")
	b.waitFor("document.querySelectorAll('#rows tr').length === 7")
	b.wantHostileTexts("#rows .username")
	b.wantHostileTexts("#rows .email")
	want(b, foreignElements, 0)
	const username = "document.querySelector('#rows tr:nth-child(2) .username').textContent"
	b.choose(2, "roles")
	b.waitFor("document.querySelector('#roles-dialog').open")
	want(b, "document.querySelector('#roles-heading').textContent === 'Roles of ' + "+username, true)
	b.press(kb.Escape)
	b.waitFor("!document.querySelector('#roles-dialog').open")
	b.choose(2, "delete")
	b.waitFor("document.querySelector('#confirm').open")
	want(b, "document.querySelector('#confirm-heading').textContent === `Delete ${"+username+"}?`", true)
	want(b, foreignElements, 0)
	b.answer("#confirm-cancel")

	b.openPanel(2)
	want(b, "['username', 'email'].every((name) => document.querySelector(`#panel .${name}`).textContent === "+username+")", true)
	b.reload() // the address has the name
	b.waitFor("document.querySelector('#panel').open && document.querySelector('#panel .username').textContent === " + username)
	want(b, foreignElements, 0)
	b.openPanel(7)
	want(b, text("#panel-name"), "marisol")
	b.wantHostileTexts("#devices .device")
	b.wantHostileTexts("#devices .address")
	want(b, foreignElements, 0)
}

func TestHostileTextsOnTheAccountPageAreText(t *testing.T) {
	t.Parallel()
	b, p := newLatchkeyWithHostileTexts(t)
	defer b.close()
	b.open("/account")
	b.waitFor("document.querySelectorAll('#rows li').length === 7")
	b.wantHostileTexts("#rows .device")
	b.wantHostileTexts("#rows .address")
	want(b, foreignElements, 0)
	b.click("#rows li:nth-child(2) .end")
	b.waitFor("document.querySelector('#rows .gone') !== null")
	want(b, foreignElements, 0)

	name := hostileTexts[1]
	execSQL(t, p, "UPDATE users SET username = ? WHERE username = 'marisol'", name)
	for _, path := range []string{"/account", "/"} {
		b.open(path)
		b.waitFor("document.querySelector('#name')?.textContent === " + strconv.Quote(name))
		want(b, foreignElements, 0)
	}
}
