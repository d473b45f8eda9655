package browser

import (
	"slices"
	"strconv"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// open goes to a page as if its address had been typed.
func (b *tab) open(path string) {
	b.Helper()
	call(b, page.Navigate, page.NavigateParams{URL: b.origin + path})
	b.waitFor("document.readyState === 'complete'")
}

func (b *tab) reload() {
	b.Helper()
	call(b, page.Reload, page.ReloadParams{})
}

// goBack presses the browser's Back button. If the browser has kept the page in memory, it shows it
// without loading it, so no event says when that is done.
func (b *tab) goBack() {
	b.Helper()
	b.execute("window.beforeBack = true; history.back()")
	b.waitFor("!window.beforeBack")
}

// leaveInMemory and returnFromMemory fire the events of a browser that keeps a page in memory when
// the user leaves it, and shows it again.
func (b *tab) leaveInMemory() {
	b.Helper()
	b.execute("window.dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))")
}

func (b *tab) returnFromMemory() {
	b.Helper()
	b.execute("window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
}

func (b *tab) click(selector string) {
	b.Helper()
	b.clickTimes(selector, 1)
}

// clickTimes clicks so quickly that two clicks are a double click.
func (b *tab) clickTimes(selector string, times int) {
	b.Helper()
	at := evaluate[[2]float64](b, `(() => {
		const element = document.querySelector('`+selector+`');
		element.scrollIntoViewIfNeeded();
		const box = element.getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`)
	for count := range times {
		perform(b, "click "+selector, chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(count+1)))
	}
}

// enter clicks into a field and types text.
func (b *tab) enter(selector, text string) {
	b.Helper()
	b.click(selector)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

func (b *tab) press(key string, modifiers ...chromedp.Modifier) {
	b.Helper()
	perform(b, "press a key", chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// fillLogin opens the login page and fills in the form.
func (b *tab) fillLogin(username, password string) {
	b.Helper()
	b.open("/login")
	b.waitFor("!document.querySelector('#log-in').disabled")
	b.enter("#username", username)
	b.enter("#password", password)
}

// logIn logs in as a person does and returns the access token.
func (b *tab) logIn(username, password string) string {
	b.Helper()
	b.fillLogin(username, password)
	b.press(kb.Enter)
	b.waitForHome()
	return evaluate[string](b, storedToken)
}

// waitForHome waits until the home page shows who is logged in, with all details.
func (b *tab) waitForHome() {
	b.Helper()
	b.waitForCard("content")
	b.waitFor("document.querySelector('#steps:not([aria-busy])') !== null")
}

// changePassword fills in and submits the form on the account page, which is open.
func (b *tab) changePassword(current, next string) {
	b.Helper()
	b.waitForCard("content")
	b.execute("document.querySelector('#password-form').reset()")
	b.enter("#current-password", current)
	b.enter("#new-password", next)
	b.press(kb.Enter)
}

// answer clicks a button of the confirmation dialog, and waits until the page knows the answer,
// which is later than the closing of the dialog.
func (b *tab) answer(button string) {
	b.Helper()
	b.waitFor("document.querySelector('#confirm').open")
	want(b, "document.activeElement.id", "confirm-cancel") // so that Enter does no harm
	b.execute(`window.answered = false;
		document.querySelector('#confirm').addEventListener('close', () => { window.answered = true }, { once: true })`)
	b.click(button)
	b.waitFor("window.answered && !document.querySelector('#confirm').open")
}

// holdRequests makes the browser hold the requests of scripts to path, in pages that are opened
// from now on.
func (b *tab) holdRequests(path string) {
	b.Helper()
	call(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{
		{URLPattern: "*" + path, ResourceType: network.ResourceTypeXHR},
	}})
}

// waitForHeldRequest waits until the browser holds a request.
func (b *tab) waitForHeldRequest() fetch.RequestID {
	b.Helper()
	select {
	case id := <-b.record.held:
		return id
	case <-time.After(patience):
		b.Fatal("no request was sent")
		return ""
	}
}

// refuse answers a request that the browser holds with a problem in JSON, as a server does.
func (b *tab) refuse(request fetch.RequestID, status int64, problem string, headers ...*fetch.HeaderEntry) {
	b.Helper()
	call(b, fetch.FulfillRequest, fetch.FulfillRequestParams{
		RequestID:       request,
		ResponseCode:    status,
		ResponseHeaders: append(headers, &fetch.HeaderEntry{Name: "Content-Type", Value: "application/problem+json"}),
		Body:            []byte(problem),
	})
}

// releaseRequests sends all requests that the browser holds.
func (b *tab) releaseRequests() {
	b.Helper()
	call(b, fetch.Disable, cdp.Empty{})
}

// wantHistory fails the test unless Back and Forward lead to exactly these pages.
func (b *tab) wantHistory(paths ...string) {
	b.Helper()
	var found []string
	for _, entry := range call(b, page.GetNavigationHistory, cdp.Empty{}).Entries {
		if entry.URL != "about:blank" {
			found = append(found, pathOf(entry.URL))
		}
	}
	if !slices.Equal(found, paths) {
		b.Errorf("the history is %v, want %v", found, paths)
	}
}

// waitForDevices waits until the account page, which is open, has loaded everything and lists this
// many devices.
func (b *tab) waitForDevices(count int) {
	b.Helper()
	b.waitFor("!document.querySelector('#email').readOnly")
	b.waitFor("document.querySelectorAll('#rows:not([aria-busy]) li').length === " + strconv.Itoa(count))
}
