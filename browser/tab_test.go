package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a page may take for anything. Only a test that fails
// waits that long.
const patience = 20 * time.Second

// marisols is the password of marisol, who is the first user.
const marisols = "correct horse battery"

// homeName is a name of this machine that the browser does not know as its own.
const homeName = "latchkey.test"

// chromium is the one browser of all tests.
var chromium struct {
	sync.Once
	ctx   context.Context
	close func()
	err   error
}

var errNoChromium = errors.New("these tests need Chromium: apt-get install chromium, or set CHROME_PATH to one")

// openBrowser starts Chromium when it does not run yet.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	chromium.Do(func() {
		path := findChromium()
		if path == "" {
			chromium.err = errNoChromium
			return
		}
		folder, err := os.MkdirTemp("", "latchkey-chromium")
		if err != nil {
			chromium.err = err
			return
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], // no sandbox for root, a new profile that is removed
			chromedp.ExecPath(path),
			chromedp.Flag("disable-gpu", true),
			chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-component-update", true),
			chromedp.Flag("host-resolver-rules", "MAP "+homeName+" 127.0.0.1"),
			chromedp.Env("HOME="+folder, "TMPDIR="+folder), // it leaves things there
		)
		ctx, endProcess := chromedp.NewExecAllocator(context.Background(), options...)
		chromium.ctx, _ = chromedp.NewContext(ctx)
		chromium.close = func() {
			bounded, cancel := context.WithTimeout(chromium.ctx, 10*time.Second)
			chromedp.Cancel(bounded)
			cancel()
			endProcess()
			os.RemoveAll(folder)
		}
		chromium.err = chromedp.Do(chromium.ctx)
	})
	if errors.Is(chromium.err, errNoChromium) && os.Getenv("CI") != "true" {
		t.Skip(chromium.err)
	}
	must(t, chromium.err)
	return chromium.ctx
}

// closeBrowser ends Chromium and removes its profile; TestMain calls it.
func closeBrowser() {
	if chromium.close != nil {
		chromium.close()
	}
}

func findChromium() string {
	if path := os.Getenv("CHROME_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// tab is a tab as a person uses it.
type tab struct {
	*testing.T
	ctx    context.Context
	close  context.CancelFunc
	origin string
	record *record
}

// visit opens a tab of a person who was never here. leave must follow.
func visit(t *testing.T, origin string) *tab {
	t.Helper()
	b := &tab{T: t, origin: origin, record: &record{origin: origin, paused: make(chan fetch.RequestID, 100)}}
	b.attach(openBrowser(t), chromedp.WithNewBrowserContext())
	return b
}

// visitLatchkey starts Latchkey and opens a tab of a person who was never
// there. leave must follow.
func visitLatchkey(t *testing.T, settings ...string) (*tab, *program) {
	t.Helper()
	openBrowser(t) // without one there is nothing to start for
	p := start(t, t.TempDir(), append([]string{"ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + marisols}, settings...)...)
	return visit(t, p.url), p
}

// another opens one more tab for the same person.
func (b *tab) another() *tab {
	b.Helper()
	other := *b
	other.attach(b.ctx)
	return &other
}

func (b *tab) attach(parent context.Context, options ...chromedp.ContextOption) {
	b.Helper()
	var ctx context.Context
	listen := func(event any) {
		b.record.note(event)
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok { // the page stands still until it is answered
			go chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}
	}
	ctx, b.close = chromedp.NewContext(parent, append(options, chromedp.WithListener(listen))...)
	b.ctx = ctx
	must(b.T, chromedp.Do(ctx)) // the tab lives as long as this context
	do(b, audits.Enable, cdp.Empty{})
	do(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	b.sees("light", "no-preference", 1280, 800)
}

// do runs a command of the browser's protocol in the tab.
func do[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// value evaluates JavaScript in the page.
func value[T any](b *tab, expression string) T {
	b.Helper()
	return perform(b, expression, chromedp.Evaluate[T](expression))
}

// perform runs an action that must succeed, and soon.
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

// want compares what JavaScript says of the page as it is now.
func want[T comparable](b *tab, expression string, want T) {
	b.Helper()
	if got := value[T](b, expression); got != want {
		b.Errorf("%s is %v, want %v", expression, got, want)
	}
}

// until waits until JavaScript says true, through navigations too: what fails
// in between is tried again.
func (b *tab) until(expression string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if ok {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			b.Errorf("it never came true (%v): %s", err, expression)
			b.Fatalf("the page is %s", value[string](b, "`${location.pathname}: ${document.body.innerText}`"))
		}
	}
}

// shows waits for a card of the home page.
func (b *tab) shows(card string) {
	b.Helper()
	b.until(`document.readyState === 'complete' && document.querySelector('#` + card + `')?.hidden === false`)
}

// open goes to a page as if its address had been typed.
func (b *tab) open(path string) {
	b.Helper()
	do(b, page.Navigate, page.NavigateParams{URL: b.origin + path})
	b.until("document.readyState === 'complete'")
}

func (b *tab) click(selector string) {
	b.Helper()
	b.clickTimes(selector, 1)
}

// clickTimes presses the mouse on an element so quickly that two are a double click.
func (b *tab) clickTimes(selector string, times int) {
	b.Helper()
	at := value[[2]float64](b, `(() => {
		const element = document.querySelector('`+selector+`');
		element.scrollIntoViewIfNeeded();
		const box = element.getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	})()`)
	for count := range times {
		perform(b, "click "+selector, chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(count+1)))
	}
}

// write clicks into a field and types text.
func (b *tab) write(selector, text string) {
	b.Helper()
	b.click(selector)
	do(b, input.InsertText, input.InsertTextParams{Text: text})
}

func (b *tab) press(key string, modifiers ...chromedp.Modifier) {
	b.Helper()
	perform(b, "press a key", chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
}

// back presses the browser's Back button.
func (b *tab) back() {
	b.Helper()
	perform(b, "Back", chromedp.NavigateBack())
}

// fill opens the login page and fills the form in.
func (b *tab) fill(name, password string) {
	b.Helper()
	b.open("/login")
	b.until("!document.querySelector('#log-in').disabled")
	b.write("#username", name)
	b.write("#password", password)
}

// logIn logs in as a person does and returns the token.
func (b *tab) logIn(name, password string) string {
	b.Helper()
	b.fill(name, password)
	b.press(kb.Enter)
	b.shows("member")
	return value[string](b, "localStorage.getItem('token')")
}

// hold makes the browser hold back the requests to path that scripts send;
// held waits for one. It is sure of pages that are opened afterwards.
func (b *tab) hold(path string) {
	b.Helper()
	do(b, fetch.Enable, fetch.EnableParams{Patterns: []*fetch.RequestPattern{
		{URLPattern: "*" + path, ResourceType: network.ResourceTypeXHR},
	}})
}

func (b *tab) held() fetch.RequestID {
	b.Helper()
	select {
	case id := <-b.record.paused:
		return id
	case <-time.After(patience):
		b.Fatal("no request came")
		return ""
	}
}

// release lets go of all requests that are held.
func (b *tab) release() {
	b.Helper()
	do(b, fetch.Disable, cdp.Empty{})
}

// sees sets what the person's screen is like.
func (b *tab) sees(scheme, motion string, width, height int64) {
	b.Helper()
	do(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: motion},
	}})
	perform(b, "resize", chromedp.EmulateViewport(width, height))
}

// beforePages runs JavaScript in every page that comes, before its own.
func (b *tab) beforePages(script string) {
	b.Helper()
	do(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}
