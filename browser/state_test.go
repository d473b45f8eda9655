package browser

import (
	"testing"

	"latchkey/cmd/cmdtest"
)

func TestTitleSaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t, "ADDR="+cmdtest.FreeAddress(t))
	defer b.close("401 /refresh", "401 /user", "ERR_CONNECTION_REFUSED /user")
	b.runInEveryPage(noCountdown)
	wantTitle := func(card, title string) {
		b.Helper()
		b.waitForCard(card)
		want(b, "document.title", title+" · Latchkey")
	}
	b.open("/")
	wantTitle("visitor", "You are not logged in")
	token := b.logIn("marisol", marisolPassword)
	wantTitle("content", "Home")
	p.Logout(token)
	b.reload()
	wantTitle("ended", "Your session has ended")
	b.logIn("marisol", marisolPassword)
	b.click("#log-out")
	wantTitle("logged-out", "You are logged out")
	b.logIn("marisol", marisolPassword)
	p.Stop()
	b.returnFromMemory()
	wantTitle("unreachable", "Can't reach the server")
}

// recordCards keeps the ids of all cards that pages have shown, in sessionStorage since pages go
// away.
const recordCards = `
	new MutationObserver(() => {
		for (const card of document.querySelectorAll('main > section:not([hidden])')) {
			const seen = (sessionStorage.getItem('cards') ?? '').split(' ');
			if (card.id && !seen.includes(card.id)) sessionStorage.setItem('cards', [...seen, card.id].join(' ').trim());
		}
	}).observe(document, { subtree: true, childList: true, attributes: true });
`

func TestVisitorOfAProtectedPageIsTakenToTheLoginPageAtOnce(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.runInEveryPage(recordCards + noCountdown)
	for path, next := range map[string]string{"/account": "%2Faccount", "/admin/users?q=ro": "%2Fadmin%2Fusers%3Fq%3Dro"} {
		b.open("/docs")
		b.execute("sessionStorage.clear()")
		b.open(path)
		b.waitFor("location.pathname + location.search === '/login?next=" + next + "'")
		want(b, "(sessionStorage.getItem('cards') ?? '').replace('log-in-card', '').trim()", "checking")
	}
}

func TestEveryPageLogsOutAndOtherTabsFollow(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	other := b.newTab()
	for _, path := range []string{"/", "/account", "/admin/users"} {
		token := b.logIn("marisol", marisolPassword)
		other.openAccount(1)
		b.open(path)
		b.waitForCard("content")
		want(b, text("#who-name"), "marisol")
		b.click("#log-out")
		b.waitForCard("logged-out")
		if status := p.Who(token); status != 401 {
			t.Errorf("GET /user after a logout on %s: status %d", path, status)
		}
		other.waitFor("location.pathname + location.search === '/login?next=%2Faccount'")
	}
}
