package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// passwordLink is the link that the panel shows; empty if it shows none.
const passwordLink = "document.querySelector('#link').value"

// tamsinPassword is one that somebody sets with a link.
const tamsinPassword = "seven quiet lanterns"

// followLink sets a password with a link.
func (b *tab) followLink(link, password string) {
	b.Helper()
	b.open(strings.TrimPrefix(link, b.origin))
	b.waitFor("document.activeElement.id === 'new-password'")
	b.press(password)
	b.press(kb.Enter)
	b.waitForCard("done")
}

// TestPersonWhoForgotTheirPasswordIsBackIn is what administrators are for. Both use the keyboard
// alone.
func TestPersonWhoForgotTheirPasswordIsBackIn(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("robin", rosaPassword)
	p.Register("rosa", "a password nobody remembers")
	b.openUsers(3)
	b.tabTo("search")
	b.press("rosa")
	b.waitForUsers(1)
	b.tabTo("Actions for rosa")
	b.press(kb.Enter)
	b.press(kb.ArrowDown)
	b.press(kb.Enter)
	b.waitFor(passwordLink + " !== '' && document.activeElement.id === 'copy-link'")
	link := evaluate[string](b, passwordLink)

	rosa := newPerson(t, p.URL)
	defer rosa.close()
	rosa.followLink(link, tamsinPassword)
	rosa.logIn("rosa", tamsinPassword)

	b.press(kb.Escape)
	want(b, passwordLink, "")
	want(b, "document.activeElement.ariaLabel", "Actions for rosa")
	b.waitFor("location.search === '?q=rosa'")
}

// tabTo presses Tab until an element with this id or label has the focus.
func (b *tab) tabTo(element string) {
	b.Helper()
	for range 30 {
		if evaluate[bool](b, "[document.activeElement.id, document.activeElement.ariaLabel].includes('"+element+"')") {
			return
		}
		b.press(kb.Tab)
	}
	b.Fatalf("30 times Tab don't reach %s", element)
}

func TestLinkIsInThePageOnlyWhileItIsShown(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	newLink := func() {
		t.Helper()
		b.choose(2, "link")
		b.waitFor(passwordLink + " !== ''")
	}
	for name, leave := range map[string]func(){
		"Close":           func() { b.click("#close-panel") },
		"another user":    func() { b.openPanel(1) },
		"disabling":       func() { b.click("#panel .change-state"); b.waitFor(text("#panel .state") + " === 'Disabled'") },
		"logging out":     func() { b.click("#log-out"); b.waitForCard("logged-out"); b.openUsers(2) },
		"leaving":         func() { b.execute("dispatchEvent(new PageTransitionEvent('pagehide'))") },
		"another session": func() { b.reload(); b.waitForUsers(2) },
	} {
		b.open("/admin/users")
		b.waitForUsers(2)
		newLink()
		leave()
		if left := evaluate[string](b, passwordLink); left != "" {
			t.Errorf("%s: the link is still in the page", name)
		}
	}
	want(b, "JSON.stringify({ ...localStorage }).includes('set-password')", false)
}

func TestLinkIsCopied(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	b.choose(2, "link")
	b.waitFor(passwordLink + " !== ''")
	want(b, text("#link-hint")+".replace(/[0-9]{2}:[0-9]{2}/, 'TIME')", "Works once, until tomorrow TIME. Hand it over in private.")
	b.click("#copy-link")
	b.waitFor(text("#copy-link") + " === 'Copied'")

	b.runInEveryPage("Object.defineProperty(navigator, 'clipboard', { value: undefined })") // as without https
	b.reload()
	b.waitForUsers(2)
	b.choose(2, "link")
	b.waitFor(passwordLink + " !== ''")
	b.click("#copy-link")
	b.waitFor(text("#link-hint") + ".startsWith('Press Ctrl+C to copy the link')")
	want(b, "document.getSelection().toString() === "+passwordLink, true)
	want(b, "document.activeElement.id", "link")
}

func TestLinkForADisabledUserSaysThatTheyStayLoggedOut(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	b.choose(2, "state")
	b.waitFor(text(userRow(2)+" .state") + " === 'Disabled'")
	b.choose(2, "link")
	b.waitFor(passwordLink + " !== ''")
	want(b, text("#link-hint")+".endsWith('rosa can log in only after you have enabled the account.')", true)
}

func TestPanelShowsAUserAndWhatCanBeDone(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	_, token := p.Login("rosa", rosaPassword)
	b.openUsers(2)
	b.openPanel(2)
	want(b, "document.activeElement.id", "panel-name")
	want(b, text("#panel-name"), "rosa")
	want(b, "document.querySelectorAll('#devices li').length", 1)
	want(b, userMarked, "rosa")

	b.click("#panel [value=email]")
	b.enter("#email", "not an address")
	b.press(kb.Enter)
	b.waitFor(text("#email-error") + " === 'Enter a valid e-mail address, such as name@example.org.'")
	b.retype("#email", "rosa@example.org")
	b.press(kb.Enter)
	b.waitFor(text("#panel .outcome") + " === 'The e-mail address of rosa has been saved.'")
	want(b, text("#panel .email"), "rosa@example.org")
	want(b, text(userRow(2)+" .email"), "rosa@example.org")

	b.click("#log-out-everywhere")
	b.answer("#confirm-go-ahead")
	b.waitFor(text("#panel .outcome") + " === 'rosa has been logged out everywhere.'")
	b.waitFor(text("#no-devices") + " === 'Not logged in anywhere.'")
	if p.Who(token) != 401 {
		t.Error("rosa is still logged in")
	}

	want(b, "location.search", "?user=rosa")
	b.open("/admin/users?q=marisol&user=rosa") // not in the list
	b.waitFor("document.querySelector('#panel').open && " + text("#panel-name") + " === 'rosa'")
	b.click("#panel [value=delete]")
	b.answer("#confirm-go-ahead")
	b.waitFor(done + " === 'rosa has been deleted.'")
	want(b, "document.querySelector('#panel').open", false)
	want(b, "location.search", "?q=marisol")
	want(b, "document.activeElement.id", "add-user")
}

// userMarked is the name of the user whose row is marked, as that of the open panel.
const userMarked = "[...document.querySelectorAll('#rows [aria-current]')].map((e) => e.querySelector('.username').textContent).join()"

func TestPanelTakesThePlaceOfTheListOnAPhone(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.setScreen("light", "reduce", 320, 800)
	b.openUsers(2)
	b.openPanel(2)
	want(b, "document.querySelector('#list').checkVisibility()", false)
	b.press(kb.Escape)
	want(b, "document.querySelector('#list').checkVisibility()", true)
	want(b, "document.activeElement.ariaLabel", "Actions for rosa")
	want(b, userMarked, "")
}

func TestAdministratorAddsAUserWithALink(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("409 /users")
	p.Register("rosa", rosaPassword)
	b.openUsers(2)
	b.click("#add-user")
	b.press("Rosa")
	b.enter("#add-email", "nobody")
	b.press(kb.Enter)
	b.waitFor(text("#add-email-error") + " !== ''")
	b.retype("#add-email", "tamsin@example.org")
	b.press(kb.Enter)
	b.waitFor(text("#add-username-error") + " !== ''") // the server knows which names are taken
	want(b, "document.activeElement.id", "add-username")
	b.retype("#add-username", "tamsin")
	b.enter("#add-roles", "editor, author")
	b.press(kb.Enter)
	b.waitFor(passwordLink + " !== ''")
	b.waitForUsers(3)
	want(b, text("#panel .outcome"), "tamsin has been added.")
	want(b, text("#panel .chips"), "author\neditor")
	want(b, text(userRow(3)+" .email"), "tamsin@example.org")
	want(b, userMarked, "tamsin")
	want(b, "document.activeElement.id", "copy-link")

	tamsin := newPerson(t, p.URL)
	defer tamsin.close()
	tamsin.followLink(evaluate[string](b, passwordLink), tamsinPassword)
	tamsin.logIn("tamsin", tamsinPassword)
}

func TestAdministratorAddsAUserWithAPassword(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("422 /users")
	b.openUsers(1)
	b.click("#add-user")
	b.press("tamsin")
	b.click("#with-password")
	b.enter("#add-password", "password1")
	b.press(kb.Enter)
	b.waitFor(text("#add-password-error") + " !== ''") // the server knows which are common
	b.retype("#add-password", tamsinPassword)
	b.press(kb.Enter)
	b.waitForUsers(2)
	want(b, text("#panel .outcome"), "tamsin has been added.")
	want(b, passwordLink, "")
	want(b, "document.querySelector('#add-password').value", "")
	if status, _ := p.Login("tamsin", tamsinPassword); status != 200 {
		t.Errorf("POST /login: status %d", status)
	}
}
