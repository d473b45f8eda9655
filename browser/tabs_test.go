package browser

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// watchForAnEnd remembers what a page has ever said to somebody who is not
// logged in.
const watchForAnEnd = `
	window.sawEnd = '';
	new MutationObserver(() => {
		for (const card of document.querySelectorAll('.card')) {
			if (!card.hidden && !['checking', 'member'].includes(card.id)) window.sawEnd ||= card.id;
		}
	}).observe(document, { subtree: true, childList: true, attributes: true });
`

const storedToken = "localStorage.getItem('token')"

// isRenewed is true when storage holds a token and it is not this one.
func isRenewed(token string) string {
	return "![null, '" + token + "'].includes(" + storedToken + ")"
}

// fiveTabs logs in and opens five tabs at home, which take note of an end.
func (b *tab) fiveTabs() []*tab {
	b.Helper()
	b.logIn("marisol", marisols)
	tabs := []*tab{b, b.another(), b.another(), b.another(), b.another()}
	for _, tab := range tabs {
		tab.beforePages(watchForAnEnd)
		tab.open("/")
		tab.shows("member")
		value[chromedp.Void](tab, "window.sameDocument = true")
	}
	return tabs
}

// neverSawAnEnd wants that the page has shown the name since it was opened.
func (b *tab) neverSawAnEnd() {
	b.Helper()
	want(b, "window.sawEnd", "")
	want(b, "window.sameDocument === true", true)
	want(b, text("#name"), "marisol")
}

// answered counts in the log how often a route gave this status so far.
func (p *program) answered(route string, status int) (count int) {
	for len(p.lines) > 0 {
		p.stderr.WriteString(<-p.lines + "\n")
	}
	for line := range strings.Lines(p.stderr.String()) {
		var entry struct {
			Route  string
			Status int
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Route == route && entry.Status == status {
			count++
		}
	}
	return count
}

func TestFiveTabsStayLoggedInForTenTokens(t *testing.T) {
	b, p := visitLatchkey(t, "ACCESS_TOKEN_TTL=2s")
	defer b.leave("401 /refresh")
	tabs := b.fiveTabs()
	for round := range 10 {
		token, before := value[string](b, storedToken), p.answered("/refresh", 200)
		b.until(isRenewed(token))
		if n := p.answered("/refresh", 200) - before; n > 2 {
			t.Errorf("round %d took %d refreshes", round, n)
		}
	}
	for _, tab := range tabs {
		tab.neverSawAnEnd()
	}
}

func TestALogoutIsSeenByAllOfFiveTabs(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.leave("401 /refresh")
	tabs := b.fiveTabs()
	tabs[2].click("#log-out")
	tabs[2].shows("logged-out")
	for i, tab := range tabs {
		if i != 2 {
			tab.until("window.sameDocument ? window.sawEnd === 'visitor' : location.pathname === '/login'")
		}
	}
	want(b, "localStorage.length", 0)
}

func TestClearedStorageLogsNobodyOutAndOneTabAsksForAll(t *testing.T) {
	b, p := visitLatchkey(t)
	defer b.leave("401 /refresh")
	tabs := b.fiveTabs()
	before := p.answered("/refresh", 200)
	value[chromedp.Void](b, "localStorage.clear()")
	for _, tab := range tabs {
		tab.until(storedToken + " !== null")
	}
	do(b, page.Reload, page.ReloadParams{})
	b.shows("member")
	for _, tab := range tabs[1:] {
		tab.neverSawAnEnd()
	}
	// What one tab stores may reach the next one's process after the lock does.
	if n := p.answered("/refresh", 200) - before; n < 1 || n > 2 {
		t.Errorf("five tabs asked %d times for a token", n)
	}
}

func TestARestartOfTheServerLogsNobodyOut(t *testing.T) {
	openBrowser(t)
	folder := t.TempDir()
	settings := []string{"ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + marisols, "ACCESS_TOKEN_TTL=2s"}
	p := start(t, folder, settings...)
	b := visit(t, p.url)
	defer b.leave("401 /refresh", "ERR_CONNECTION_REFUSED /refresh")
	b.logIn("marisol", marisols)
	b.beforePages(watchForAnEnd)
	b.open("/")
	b.shows("member")
	value[chromedp.Void](b, "window.sameDocument = true")
	p.stop(t)
	b.until(text("#ends") + " === 'when the server can be reached'")
	token := value[string](b, storedToken)

	start(t, folder, append(settings, "ADDR="+strings.TrimPrefix(p.url, "http://"))...)
	b.until(isRenewed(token))
	b.until(text("#ends") + " !== 'when the server can be reached'")
	b.neverSawAnEnd()
}
