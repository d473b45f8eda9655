package browser

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

const listUsers = `.opblock:has([data-path="/users"])`

// openDocs opens the API docs and waits until Swagger UI has read the document.
func (b *tab) openDocs() {
	b.Helper()
	b.open("/docs")
	b.waitFor("document.querySelector('.opblock') !== null")
}

// authorize fills in the dialog of the API docs and submits it.
func (b *tab) authorize(password string) {
	b.Helper()
	b.click(".btn.authorize")
	b.waitFor("document.querySelector('#authorize').open")
	b.enter("#username", "marisol")
	b.enter("#password", password)
	b.press(kb.Enter)
}

// tryOut executes the operation that lists users, and waits for the response.
func (b *tab) tryOut() {
	b.Helper()
	b.click(listUsers + " .opblock-summary-control")
	b.waitFor("document.querySelector('" + listUsers + " .try-out__btn') !== null")
	b.click(listUsers + " .try-out__btn")
	b.waitFor("document.querySelector('" + listUsers + " .execute') !== null")
	b.click(listUsers + " .execute")
	b.waitFor("document.querySelector('" + listUsers + " .live-responses-table .response-col_status') !== null")
}

func TestSwaggerUIAuthorizesAndExecutesOperations(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /token")
	b.openDocs()
	b.authorize("wrong")
	b.waitFor(text("#password-error") + " !== ''")
	want(b, "document.activeElement.id", "password")
	b.execute("document.querySelector('#password').value = ''")
	b.enter("#password", marisolPassword)
	b.press(kb.Enter)
	b.waitFor("!document.querySelector('#authorize').open")
	want(b, "document.activeElement.matches('.btn.authorize')", true)

	b.tryOut()
	const response = listUsers + " .live-responses-table tbody .response"
	want(b, text(response+" .response-col_status"), "200")
	want(b, `/"username": "marisol"/.test(`+text(response)+`)`, true)
	if n := b.countRequests("GET /users"); n != 1 {
		t.Errorf("%d requests were sent to /users, want 1", n)
	}
	want(b, "localStorage.length", 0)
}

func TestAuthorizeTakesATokenAndRemovesIt(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /users")
	_, token := p.Login("marisol", marisolPassword)
	b.openDocs()
	b.click(listUsers + " .authorization__btn")
	b.waitFor("document.querySelector('#authorize').open")
	want(b, "document.querySelectorAll('#authorize input').length", 3) // no cookie, no proof
	b.press(kb.Escape)
	b.waitFor("!document.querySelector('#authorize').open")
	b.click(listUsers + " .authorization__btn")
	b.waitFor("document.querySelector('#authorize').open")
	b.enter("#token", token)
	b.press(kb.Enter)
	b.waitFor("document.querySelector('.btn.authorize.locked') !== null")
	b.tryOut()
	want(b, text(listUsers+" .live-responses-table .response .response-col_status"), "200")

	b.click(".btn.authorize")
	b.waitFor("document.querySelector('#authorize').open")
	b.click("#forget-token")
	b.waitFor("document.querySelector('.btn.authorize.unlocked') !== null")
	b.click(listUsers + " .execute")
	b.waitFor(text(listUsers+" .live-responses-table .response .response-col_status") + ".startsWith('401')")
	if status := p.Who(token); status != 200 {
		t.Errorf("the session of the pasted token has ended: status %d", status)
	}
}

func TestRemovingATokenEndsItsSession(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.openDocs()
	b.authorize(marisolPassword)
	b.waitFor("document.querySelector('.btn.authorize.locked') !== null")
	b.tryOut()
	token := evaluate[string](b, "document.querySelector('"+listUsers+" .curl').innerText.match(/Bearer ([^\\x27]+)/)[1]")
	if status := p.Who(token); status != 200 {
		t.Fatalf("the token is refused: status %d", status)
	}
	b.click(".btn.authorize")
	b.waitFor("document.querySelector('#authorize').open")
	b.click("#forget-token")
	b.waitForRequests("POST /revoke", 1)
	b.waitFor("document.querySelector('.btn.authorize.unlocked') !== null")
	b.waitFor(hasEnded("/revoke"))
	if status := p.Who(token); status != 401 {
		t.Errorf("the session is still there: status %d", status)
	}
}

func TestLeavingTheAPIDocsEndsTheSessionOfTheirToken(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.openDocs()
	b.authorize(marisolPassword)
	b.waitFor("document.querySelector('.btn.authorize.locked') !== null")
	wantSessions(t, p, 1, unbound)
	b.open("/login")
	revoked := func() bool { return strings.Contains(p.Log(), `"/revoke"`) }
	for limit := time.Now().Add(patience); !revoked(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatal("the server was not asked to revoke the token")
		}
	}
	wantSessions(t, p, 0, unbound)
}

// TestBackToTheAPIDocsBringsBackNoSecret has the events of a browser that keeps a page in memory.
func TestBackToTheAPIDocsBringsBackNoSecret(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	_, token := p.Login("marisol", marisolPassword)
	b.openDocs()
	b.click(".btn.authorize")
	b.waitFor("document.querySelector('#authorize').open")
	b.enter("#password", marisolPassword)
	b.enter("#token", token)
	b.leaveInMemory()
	want(b, "document.querySelector('#password').value + document.querySelector('#token').value", "")
	b.enter("#token", token)
	b.press(kb.Enter)
	b.waitFor("document.querySelector('.btn.authorize.locked') !== null")
	b.leaveInMemory()
	b.waitFor("document.querySelector('.btn.authorize.unlocked') !== null")
	if status := p.Who(token); status != 200 {
		t.Errorf("the session of the pasted token has ended: status %d", status)
	}
}

func TestHeaderOfTheAPIDocsFollowsOtherTabs(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	_, token := p.Login("rosa", rosaPassword)
	b.logIn("marisol", marisolPassword)
	b.openDocs()
	b.waitFor(text("#who-name") + " === 'marisol'")
	b.leaveInMemory()
	want(b, "document.querySelector('#who').hidden", true)
	b.returnFromMemory()
	b.waitFor(text("#who-name") + " === 'marisol'")

	other := b.newTab()
	other.open("/openapi.json")
	b.holdRequests("/user")
	other.execute("localStorage.setItem('token', '" + token + "')")
	b.waitForHeldRequest()
	want(b, "document.querySelector('#who').hidden", true) // marisol must not log rosa out
	b.releaseRequests()
	b.waitFor(text("#who-name") + " === 'rosa'")
	other.execute("localStorage.removeItem('token')")
	b.waitFor("document.querySelector('#who').hidden")
}

func TestLoggingOutOnTheAPIDocsEndsTheSessionAndKeepsThePage(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	token := b.logIn("marisol", marisolPassword)
	b.openDocs()
	b.waitFor(text("#who-name") + " === 'marisol'")
	b.click("#log-out")
	b.waitFor("document.querySelector('#who').hidden")
	want(b, "document.querySelectorAll('.opblock').length > 0", true)
	if status := p.Who(token); status != 401 {
		t.Errorf("the session is still there: status %d", status)
	}
	b.click(".docs-title a") // and the page leads back
	b.waitForCard("visitor")
}

func TestGuideIsOpenBesideSwaggerUIAndFoldedAboveIt(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.openDocs()
	const isAbove = "document.querySelector('#connect').getBoundingClientRect().bottom <= document.querySelector('#swagger-ui').getBoundingClientRect().top"
	want(b, "document.querySelector('#connect').open", true)
	want(b, isAbove, false)
	b.setScreen("light", "reduce", 640, 800)
	b.waitFor("!document.querySelector('#connect').open")
	want(b, isAbove, true)
	b.click("#connect summary")
	want(b, "document.querySelector('#connect').open", true)
	b.setScreen("light", "reduce", 320, 800)
	want(b, "document.querySelector('#connect').open", true) // anyone who opens it keeps it open
}

// TestCommandsOfTheGuideWork runs the commands as the page shows them, which was opened at another
// address than PUBLIC_URL.
func TestCommandsOfTheGuideWork(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		cmdtest.Missing(t, "this test needs curl: apt-get install curl")
	}
	for _, row := range []struct{ passwordGrant, token string }{{"on", "access_token"}, {"off", "token"}} {
		b, p := newLatchkey(t, "PUBLIC_URL=http://login.localhost:1", "PASSWORD_GRANT="+row.passwordGrant)
		b.open("/docs")
		commands := "[...document.querySelectorAll('.command')].map((command) => command.textContent).join('|')"
		b.waitFor("!" + commands + ".includes('login.localhost')")
		getToken, revoke, _ := strings.Cut(evaluate[string](b, commands), "|")

		var answer map[string]any
		output := runCommand(t, getToken, "NAME", "marisol", "PASSWORD", marisolPassword)
		authtest.Must(t, json.Unmarshal([]byte(output), &answer))
		token, _ := answer[row.token].(string)
		if status := p.Who(token); status != 200 {
			t.Fatalf("PASSWORD_GRANT=%s: the token is refused: %s", row.passwordGrant, output)
		}
		runCommand(t, revoke, "TOKEN", token)
		if status := p.Who(token); status != 401 {
			t.Errorf("PASSWORD_GRANT=%s: the session is still there: status %d", row.passwordGrant, status)
		}
		b.close()
	}
}

// runCommand runs a command of the guide with words replaced, and returns its output.
func runCommand(t *testing.T, command string, replace ...string) string {
	t.Helper()
	command = strings.NewReplacer(append(replace, "curl ", "curl -fsS ")...).Replace(command)
	command = strings.ReplaceAll(command, "password="+marisolPassword, "password='"+marisolPassword+"'")
	output, err := exec.CommandContext(t.Context(), "sh", "-c", command).Output()
	authtest.Must(t, err)
	return string(output)
}
