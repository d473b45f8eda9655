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
	"github.com/chromedp/chromedp"
)

// record is what the tabs of one person did. A fault is a failed request as
// "401 /user" or "ERR_CONNECTION_REFUSED /user", or a kind, a colon and a text.
type record struct {
	sync.Mutex
	origin   string
	faults   []string
	requests []string
	paused   chan fetch.RequestID
}

var failedRequest = regexp.MustCompile(`^Failed to load resource: (?:the server responded with a status of |net::)(\w+)`)

func (r *record) note(event any) {
	r.Lock()
	defer r.Unlock()
	fault := func(kind, text string) { r.faults = append(r.faults, kind+": "+text) }
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if match := failedRequest.FindStringSubmatch(e.Entry.Text); match != nil {
			r.faults = append(r.faults, match[1]+" "+path(e.Entry.URL))
		} else if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			fault("console", e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeLog && e.Type != runtime.ConsoleAPICalledTypeDebug {
			var text strings.Builder
			for _, argument := range e.Args {
				text.Write(argument.Value)
			}
			fault("console", text.String())
		}
	case *runtime.EventExceptionThrown:
		fault("exception", e.ExceptionDetails.Text)
	case *audits.EventIssueAdded:
		if policy := e.Issue.Details.ContentSecurityPolicyIssueDetails; policy != nil {
			fault("policy", policy.ViolatedDirective)
		}
	case *page.EventJavascriptDialogOpening:
		fault("dialog", e.Message)
	case *network.EventRequestWillBeSent:
		r.requests = append(r.requests, e.Request.Method+" "+path(e.Request.URL))
		if !strings.HasPrefix(e.Request.URL, r.origin+"/") && !strings.HasPrefix(e.Request.URL, "data:") { // which the policy allows or not
			fault("other host", e.Request.URL)
		}
	case *network.EventWebSocketCreated:
		fault("other host", e.URL)
	case *fetch.EventRequestPaused:
		r.paused <- e.RequestID
	}
}

func path(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Path
}

// leave closes the tab and all others of this person. What went wrong in them
// must be the expected faults and no others; see record for how they read.
func (b *tab) leave(expected ...string) {
	b.Helper()
	if !b.Failed() {
		for _, fault := range b.faults() {
			if !slices.Contains(expected, fault) {
				b.Errorf("the browser complains: %s", fault)
			}
		}
		for _, fault := range expected {
			if !slices.Contains(b.faults(), fault) {
				b.Errorf("the browser does not say %q", fault)
			}
		}
	}
	b.close()
}

// faults returns what went wrong so far.
func (b *tab) faults() []string {
	b.Helper()
	value[int](b, "1") // what the page has said before is known when this is answered
	b.record.Lock()
	defer b.record.Unlock()
	return slices.Clone(b.record.faults)
}

// sent counts the requests so far, such as "POST /login".
func (b *tab) sent(request string) (count int) {
	b.Helper()
	value[int](b, "1")
	b.record.Lock()
	defer b.record.Unlock()
	for _, sent := range b.record.requests {
		if sent == request {
			count++
		}
	}
	return count
}

// TestTheBrowserTellsOfFaults sees that leave would notice.
func TestTheBrowserTellsOfFaults(t *testing.T) {
	b, _ := visitLatchkey(t)
	defer b.close()
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
		value[chromedp.Void](b, "setTimeout(() => { "+row.script+" })")
		found := func() bool { return slices.Contains(b.faults()[before:], row.fault) }
		for end := time.Now().Add(patience); !found(); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: the faults are %q, want %q", row.script, b.faults()[before:], row.fault)
			}
		}
	}
}
