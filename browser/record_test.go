package browser

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// record is what happened in the tabs of one person. A fault reads "401 /user" or
// "ERR_CONNECTION_REFUSED /user" if a request failed, and otherwise "KIND: TEXT".
type record struct {
	sync.Mutex
	origin   string
	faults   []string
	requests []string
	console  []string // everything that was written there, faults or not
	held     chan fetch.RequestID

	transfers map[network.RequestID]*transfer
}

func newRecord(origin string) *record {
	return &record{
		origin: origin, held: make(chan fetch.RequestID, 100), transfers: map[network.RequestID]*transfer{},
	}
}

var failedRequest = regexp.MustCompile(`^Failed to load resource: (?:the server responded with a status of |net::)(\w+)`)

func (r *record) add(event any) {
	r.Lock()
	defer r.Unlock()
	r.addTransfer(event)
	switch e := event.(type) {
	case *log.EventEntryAdded:
		r.console = append(r.console, e.Entry.Text)
		if match := failedRequest.FindStringSubmatch(e.Entry.Text); match != nil {
			r.faults = append(r.faults, match[1]+" "+pathOf(e.Entry.URL))
		} else if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			r.addFault("console", e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		r.console = append(r.console, string(e.Type))
		if e.Type != runtime.ConsoleAPICalledTypeLog && e.Type != runtime.ConsoleAPICalledTypeDebug {
			var text strings.Builder
			for _, argument := range e.Args {
				text.Write(argument.Value)
			}
			r.addFault("console", text.String())
		}
	case *runtime.EventExceptionThrown:
		r.addFault("exception", e.ExceptionDetails.Text)
	case *audits.EventIssueAdded:
		if policy := e.Issue.Details.ContentSecurityPolicyIssueDetails; policy != nil {
			r.addFault("policy", policy.ViolatedDirective)
		}
	case *page.EventJavascriptDialogOpening:
		r.addFault("dialog", e.Message)
	case *network.EventRequestWillBeSent:
		r.requests = append(r.requests, e.Request.Method+" "+pathOf(e.Request.URL))
		if !strings.HasPrefix(e.Request.URL, r.origin+"/") && !strings.HasPrefix(e.Request.URL, "data:") {
			r.addFault("other host", e.Request.URL) // whether the policy allows it or not
		}
	case *network.EventWebSocketCreated:
		r.addFault("other host", e.URL)
	case *fetch.EventRequestPaused:
		r.held <- e.RequestID
	}
}

func (r *record) addFault(kind, text string) { r.faults = append(r.faults, kind+": "+text) }

func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}

// maybe marks a fault that close permits but does not require.
func maybe(fault string) string { return "maybe " + fault }

// close closes the tab and all others of this person. It fails the test unless exactly the expected
// faults have occurred, each at least once.
func (b *tab) close(expected ...string) {
	b.Helper()
	defer b.cancel()
	if b.Failed() {
		return
	}
	faults := b.faults()
	for _, fault := range faults {
		if !slices.Contains(expected, fault) && !slices.Contains(expected, maybe(fault)) {
			b.Errorf("the browser reports %q", fault)
		}
	}
	for _, fault := range expected {
		if !slices.Contains(faults, fault) && !strings.HasPrefix(fault, maybe("")) {
			b.Errorf("the browser does not report %q", fault)
		}
	}
}

// sync waits until the record holds everything that has happened in the page so far.
func (b *tab) sync() {
	b.Helper()
	b.execute("1")
}

// faults returns what has gone wrong so far.
func (b *tab) faults() []string {
	b.Helper()
	b.sync()
	b.record.Lock()
	defer b.record.Unlock()
	return slices.Clone(b.record.faults)
}

// countRequests counts the requests so far, such as "POST /login".
func (b *tab) countRequests(request string) (count int) {
	b.Helper()
	b.sync()
	b.record.Lock()
	defer b.record.Unlock()
	for _, sent := range b.record.requests {
		if sent == request {
			count++
		}
	}
	return count
}

// waitForRequests waits until this many requests have been sent in all tabs.
func (b *tab) waitForRequests(request string, count int) {
	b.Helper()
	for limit := time.Now().Add(patience); b.countRequests(request) < count; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			b.Fatalf("%s was sent %d times, want %d", request, b.countRequests(request), count)
		}
	}
}

// TestEveryKindOfFaultIsRecorded shows that close would notice.
func TestEveryKindOfFaultIsRecorded(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.cancel()
	b.open("/login")
	for _, row := range []struct{ script, fault string }{
		{"document.body.setAttribute('style', 'color: red')", "policy: style-src-attr"},
		{"document.body.innerHTML = '<p>'", "policy: require-trusted-types-for"},
		{"fetch('http://127.0.0.2:9/')", "policy: connect-src"},
		{"document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.2:9/' }))", "policy: img-src"},
		{"console.error('oh')", `console: "oh"`},
		{"console.warn('hm')", `console: "hm"`},
		{"throw new Error('thrown')", "exception: Uncaught"},
		{"Promise.reject(new Error('rejected'))", "exception: Uncaught (in promise)"},
		{"alert('stop')", "dialog: stop"},
		{"fetch('/user')", "401 /user"},
		{"location.href = 'http://127.0.0.2:9/'", "other host: http://127.0.0.2:9/"},
	} {
		before := len(b.faults())
		b.execute("setTimeout(() => { " + row.script + " })")
		found := func() bool { return slices.Contains(b.faults()[before:], row.fault) }
		for limit := time.Now().Add(patience); !found(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s: the faults are %q, want %q", row.script, b.faults()[before:], row.fault)
			}
		}
	}
}
