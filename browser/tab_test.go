package browser

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// patience bounds how long a page may take for anything, on a machine that is busy with other work.
// Only a test that fails waits that long.
const patience = 90 * time.Second

// marisolPassword is the password of marisol, the first user.
const marisolPassword = "correct horse battery"

// tab is a browser tab of one person.
type tab struct {
	*testing.T
	ctx    context.Context
	cancel context.CancelFunc
	origin string
	record *record // shared by all tabs of the person
}

// newPerson opens a tab of a person who has never used the browser. The test must call close.
func newPerson(t *testing.T, origin string) *tab {
	t.Helper()
	b := &tab{T: t, origin: origin, record: newRecord(origin)}
	b.attach(openChromium(t), chromedp.WithNewBrowserContext())
	return b
}

// newLatchkey starts Latchkey, whose first user is marisol, and opens a tab of a new person. The
// test must call close.
func newLatchkey(t *testing.T, settings ...string) (*tab, *cmdtest.Program) {
	t.Helper()
	openChromium(t) // without it, the test is skipped
	p := cmdtest.Start(t, t.TempDir(), withMarisol(settings...)...)
	return newPerson(t, p.URL), p
}

// withMarisol adds the first user to settings.
func withMarisol(settings ...string) []string {
	return append([]string{"ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + marisolPassword}, settings...)
}

// newTab opens another tab for the same person.
func (b *tab) newTab() *tab {
	b.Helper()
	other := *b
	other.attach(b.ctx)
	return &other
}

func (b *tab) attach(parent context.Context, options ...chromedp.ContextOption) {
	b.Helper()
	var ctx context.Context
	listen := func(event any) {
		b.record.add(event)
		if _, isDialog := event.(*page.EventJavascriptDialogOpening); isDialog { // which blocks the page
			go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}
	}
	ctx, b.cancel = chromedp.NewContext(parent, append(options, chromedp.WithListener(listen))...)
	b.ctx = ctx
	authtest.Must(b.T, chromedp.Do(ctx)) // the tab lives as long as this context, so ctx has no deadline
	call(b, audits.Enable, cdp.Empty{})
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.setScreen("light", "no-preference", 1280, 800)
}

// call executes a command of the DevTools protocol in the tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// perform runs an action that must succeed.
func perform[T any](b *tab, name string, action chromedp.Action[T]) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return result
}

// evaluate returns the value of a JavaScript expression in the page.
func evaluate[T any](b *tab, expression string) T {
	b.Helper()
	return perform(b, expression, chromedp.Evaluate[T](expression))
}

// execute runs a JavaScript statement in the page.
func (b *tab) execute(statement string) {
	b.Helper()
	evaluate[chromedp.Void](b, statement)
}

// want fails the test unless a JavaScript expression has this value now.
func want[T comparable](b *tab, expression string, value T) {
	b.Helper()
	if got := evaluate[T](b, expression); got != value {
		b.Errorf("%s is %v, want %v", expression, got, value)
	}
}

// waitFor waits until a JavaScript expression is true. It ignores exceptions, because the page may
// be on its way to another one.
func (b *tab) waitFor(expression string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		isTrue, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if isTrue {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			b.Errorf("this never became true (%v): %s", err, expression)
			b.Fatalf("the page is %s", evaluate[string](b, "`${location.pathname}: ${document.body.innerText}`"))
		}
	}
}

// waitForCard waits until the page shows one of its cards, by id.
func (b *tab) waitForCard(id string) {
	b.Helper()
	b.waitFor(`document.readyState === 'complete' && document.querySelector('#` + id + `')?.hidden === false`)
}

// setScreen sets the preferences for colours and motion, and the size of the window in pixels.
func (b *tab) setScreen(scheme, motion string, width, height int64) {
	b.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: motion},
	}})
	perform(b, "resize", chromedp.EmulateViewport(width, height))
}

// runInEveryPage runs a script in every page that is opened from now on, before the page's own.
func (b *tab) runInEveryPage(script string) {
	b.Helper()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// hasEnded is a JavaScript expression: whether the page has had a response from this path.
func hasEnded(path string) string {
	return "performance.getEntriesByType('resource').some(({ name, responseEnd }) => name.endsWith('" + path + "') && responseEnd > 0)"
}

// text is a JavaScript expression: the visible text of an element.
func text(selector string) string {
	return "document.querySelector('" + selector + "').innerText.trim()"
}
