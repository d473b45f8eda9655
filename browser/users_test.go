package browser

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// rosas is the password of rosa, who has no role.
const rosas = "seven quiet lanterns"

// register signs somebody up behind the pages' back.
func register(t *testing.T, url, name, password string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"username": name, "password": password})
	response, err := http.Post(url+"/register", "application/json", strings.NewReader(string(body)))
	must(t, err)
	response.Body.Close()
	if response.StatusCode != 201 {
		t.Fatalf("POST /register: status %d", response.StatusCode)
	}
}

// write changes the program's database behind its back.
func (p *program) write(t *testing.T, statement string, values ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(p.Dir, "data", "latchkey.db")+"?_busy_timeout=5000&_foreign_keys=1")
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statement, values...)
	must(t, err)
}

// answer gives the confirmation dialog an answer and waits until the page has
// heard it, which is later than the dialog is closed.
func (b *tab) answer(button string) {
	b.Helper()
	b.until("document.querySelector('#confirm').open")
	want(b, "document.activeElement.id", "confirm-cancel") // Enter does no harm
	want(b, `window.heard = false;
		document.querySelector('#confirm').addEventListener('close', () => { window.heard = true }, { once: true });
		window.heard`, false)
	b.click(button)
	b.until("window.heard && !document.querySelector('#confirm').open")
}

func TestWhoSignsUpIsLoggedInAtHome(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.open("/login")
	b.click(`main a[href="/register"]`)
	b.until("location.pathname === '/register' && document.querySelector('#create-account')?.disabled === false")
	want(b, text("#password-rules")+".startsWith('8 to 256 characters')", true)
	b.write("#username", "rosa")
	b.write("#password", rosas)
	b.write("#email", "rosa@example.org")
	b.press(kb.Enter)
	b.shows("member")
	want(b, "location.pathname", "/")
	want(b, text("#name"), "rosa")
	want(b, text("#no-roles"), "none")
	want(b, "document.querySelector('#nav-users').hidden", true)
	b.wentNowhereBut(t, "/login", "/") // Back does not return to the form
	if n := b.sent("POST /register"); n != 1 {
		t.Errorf("%d users were asked for", n)
	}
	if status, _ := login(t, p.url, "rosa", rosas); status != 200 {
		t.Errorf("POST /login: status %d", status)
	}

	b.open("/admin/users")
	b.shows("forbidden")
	want(b, text("#forbidden h1"), "This page is for administrators")
	want(b, text("#forbidden-reason"), "To manage users you need the role admin, which rosa does not have. Ask an administrator for it.")
	want(b, "document.querySelectorAll('#rows tr').length", 0)
}

func TestWhatIsWrongWithASignUpIsSaidInThePage(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh", "409 /register", "422 /register")
	for _, row := range []struct{ name, password, says, field string }{
		{"MARISOL", rosas, "This user name is taken. Choose another one.", "username"},
		{"rosa", "password123", "This password is one of the first that guessers try. Use another one, such as a few words that nobody would put together.", "password"},
		{"rosa", "short", "The password is too short. Use at least 8 characters.", "password"},
		{"rosa", "i am Rosa herself", "The password contains the user name. Use one that does not.", "password"},
		{"<b>rosa", rosas, "The user name must be 3 to 64 letters, digits and . _ - @ + signs.", "username"},
		{"", rosas, "Enter a user name.", "username"},
		{"rosa", "", "Enter a password.", "password"},
	} {
		b.open("/register")
		b.until("!document.querySelector('#create-account').disabled")
		b.write("#username", row.name)
		b.write("#password", row.password)
		b.click("#create-account")
		b.until(text("#errors") + " !== ''")
		want(b, text("#errors"), row.says)
		want(b, "document.querySelector('#errors').getAttribute('role')", "alert")
		want(b, "document.activeElement.id", row.field)
		want(b, "document.activeElement.getAttribute('aria-invalid')", "true")
		want(b, "document.activeElement.getAttribute('aria-describedby').startsWith('errors')", true)
		want(b, "localStorage.length", 0)
	}
	if n := b.sent("POST /register"); n != 2 {
		t.Errorf("%d requests were sent, want the two that only the server can judge", n)
	}
}

func TestAnAdministratorManagesUsersInThePage(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	for _, name := range []string{"rosa", "robin", "pia"} {
		register(t, p.url, name, rosas)
	}
	rosa := visit(t, p.url)
	defer rosa.leave("401 /refresh", "401 /user", "401 /login")
	rosa.logIn("rosa", rosas)
	reload := func(card string) {
		t.Helper()
		do(rosa, page.Reload, page.ReloadParams{})
		rosa.shows(card)
	}

	b.logIn("marisol", marisols)
	b.click("#nav-users")
	b.until("location.pathname === '/admin/users' && document.querySelectorAll('#rows tr').length === 4")
	want(b, text("#count"), "4 users.")
	b.write("#search", "ro")
	b.until(text("#count") + " === '2 users whose name begins with “ro”.'")
	b.write("#search", "s")
	b.until(text("#count") + " === '1 user whose name begins with “ros”.'")
	want(b, text("#rows .username"), "rosa")

	b.click("#rows .change-state")
	b.until(text("#rows .outcome") + " === 'rosa is disabled.'")
	want(b, text("#rows .state"), "Disabled")
	reload("ended")
	rosa.fill("rosa", rosas)
	rosa.press(kb.Enter)
	rosa.until(text("#errors") + " === 'Incorrect username or password.'")
	b.click("#rows .change-state")
	b.until(text("#rows .outcome") + " === 'rosa is enabled.'")
	want(b, text("#rows .state"), "Enabled")
	rosa.logIn("rosa", rosas)

	b.click("#rows .change-roles")
	b.until("document.querySelector('#roles-dialog').open")
	want(b, text("#roles-heading"), "Roles of rosa")
	b.write("#role", "editor")
	b.press(kb.Enter)
	b.until(text("#roles") + ".startsWith('editor')")
	b.click("#save-roles")
	b.until(text("#rows .outcome") + " === 'The roles of rosa are saved.'")
	want(b, text("#rows .chips"), "editor")
	want(b, "document.querySelector('#roles-dialog').open", false)
	reload("member")
	want(rosa, text("#roles"), "editor")
}

func TestNobodyIsDeletedBeforeTheDialogIsAnswered(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	register(t, p.url, "rosa", rosas)
	_, token := login(t, p.url, "rosa", rosas)
	b.logIn("marisol", marisols)
	b.open("/admin/users")
	b.until("document.querySelectorAll('#rows tr').length === 2")
	const remove = "#rows tr:nth-child(2) .delete"

	b.click(remove)
	b.until("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "Delete rosa?")
	b.answer("#confirm-cancel")
	for range 20 { // the page takes a few turns to begin what an answer asks for
		want(b, text("#rows tr:nth-child(2) .username"), "rosa")
	}
	if who(t, p.url, token) != 200 {
		t.Error("rosa was deleted before anybody agreed")
	}
	b.click(remove)
	b.answer("#confirm-go-ahead")
	b.until(text("#rows .gone") + " === 'rosa is deleted.'")
	want(b, text("#count"), "1 user.")
	want(b, "document.querySelectorAll('#rows .username').length", 1)
	if who(t, p.url, token) != 401 {
		t.Error("rosa's token outlives her")
	}
}

func TestTheListOfUsersComesInPages(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	p.write(t, `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 60)
		INSERT INTO users (id, username, username_key, password_hash, created_at)
		SELECT printf('id-%03d', i), printf('user-%03d', i), printf('user-%03d', i), 'none', created_at FROM n, users`)
	b.logIn("marisol", marisols)
	b.open("/admin/users")
	b.until(text("#count") + " === 'The first 50 users. There are more.'")
	b.click("#more")
	b.until(text("#count") + " === '61 users.'")
	want(b, "document.querySelector('#more').hidden", true)
	want(b, "document.activeElement === document.querySelectorAll('#rows .who')[50]", true)
	want(b, "new Set([...document.querySelectorAll('#rows .username')].map((e) => e.textContent)).size", 61)
	b.write("#search", "USER-04")
	b.until(text("#count") + " === '10 users whose name begins with “USER-04”.'")
}

func TestHostileTextsInTheDatabaseShowAsText(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	b.logIn("marisol", marisols)
	hostile := []string{
		`<script>alert(1)</script>`,
		`"><img src=x onerror=alert(1)>`,
		`<svg/onload=alert(1)>`,
		`<iframe src="javascript:alert(1)"></iframe>`,
		`</bdi></template><style>*{display:none}</style>`,
		`javascript:alert(1)//{{constructor.constructor('alert(1)')()}}`,
	}
	for i, text := range hostile {
		p.write(t, `INSERT INTO users (id, username, username_key, email, password_hash, created_at)
			SELECT ?, ?, ?, ?, 'none', created_at FROM users WHERE username = 'marisol'`, i, text, i, text)
		p.write(t, `INSERT INTO sessions (id, user_id, counter, device, address, created_at, last_used_at, expires_at)
			SELECT ?, user_id, 0, ?, ?, created_at, last_used_at, expires_at FROM sessions LIMIT 1`, i, text, text)
	}
	shown := func(selector string) {
		t.Helper()
		all := "JSON.stringify([...document.querySelectorAll('" + selector + "')].map((e) => e.textContent))"
		var found []string
		must(t, json.Unmarshal([]byte(value[string](b, all)), &found))
		for _, text := range hostile {
			if !slices.Contains(found, text) {
				t.Errorf("%s are %q, want %q among them", selector, found, text)
			}
		}
	}
	const made = "document.querySelectorAll('main :is(script, img, iframe, style, a, svg):not(.card[hidden] *)').length"

	b.open("/admin/users")
	b.until("document.querySelectorAll('#rows tr').length === 7")
	shown("#rows .username")
	shown("#rows .email")
	want(b, made, 0)
	b.click("#rows tr:nth-child(2) .change-roles")
	b.until("document.querySelector('#roles-dialog').open")
	want(b, text("#roles-heading")+" === 'Roles of ' + "+text("#rows tr:nth-child(2) .username"), true)
	b.press(kb.Escape)
	b.until("!document.querySelector('#roles-dialog').open")
	b.click("#rows tr:nth-child(2) .delete")
	b.until("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading")+" === `Delete ${"+text("#rows tr:nth-child(2) .username")+"}?`", true)
	want(b, made, 0)
	b.answer("#confirm-cancel")

	b.open("/account")
	b.until("document.querySelectorAll('#rows tr').length === 7")
	shown("#rows .device")
	shown("#rows .address")
	want(b, made, 0)
	b.click("#rows tr:nth-child(2) .end")
	b.until("document.querySelector('#rows .gone') !== null")
	want(b, made, 0)

	p.write(t, "UPDATE users SET username = ? WHERE username = 'marisol'", hostile[1])
	for _, path := range []string{"/account", "/"} {
		b.open(path)
		b.until("document.querySelector('#name')?.textContent === " + strconv.Quote(hostile[1]))
		want(b, made, 0)
	}
}

func TestSwaggerUIAuthorizesAndExecutes(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave()
	b.open("/docs")
	b.until("document.querySelector('.btn.authorize') !== null")
	b.click(".btn.authorize")
	b.until("document.querySelector('#oauth_username') !== null")
	b.write("#oauth_username", "marisol")
	b.write("#oauth_password", marisols)
	b.click(".auth-container:has(#oauth_username) .modal-btn.authorize")
	b.until("[...document.querySelectorAll('.auth-container h6')].some((e) => e.textContent === 'Authorized')")
	b.click(".modal-ux .close-modal")
	b.until("document.querySelector('.modal-ux') === null")

	const me = `.opblock:has([data-path="/users/me"])`
	b.click(me + " .opblock-summary-control")
	b.until("document.querySelector('" + me + " .try-out__btn') !== null")
	b.click(me + " .try-out__btn")
	b.until("document.querySelector('" + me + " .execute') !== null")
	b.click(me + " .execute")
	b.until("document.querySelector('" + me + " .live-responses-table .response-col_status') !== null")
	const answer = me + " .live-responses-table tbody .response"
	want(b, text(answer+" .response-col_status"), "200")
	want(b, `/"username": "marisol"/.test(`+text(answer)+`)`, true)
	if n := b.sent("GET /users/me"); n != 1 {
		t.Errorf("%d requests were sent", n)
	}
	want(b, "localStorage.length", 0)
}
