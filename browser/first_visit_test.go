package browser

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
)

// transfer is what one request of a page transfers.
type transfer struct {
	request  string // such as "GET /login"
	askedBy  string // the path of the page or script that needs it; empty if it is the browser
	protocol string
	status   int64
	bytes    float64 // on the wire, with the headers of the response
	done     bool
}

// addTransfer records what the network does. The record is locked.
func (r *record) addTransfer(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		asked := e.Initiator.URL
		if stack := e.Initiator.Stack; stack != nil && len(stack.CallFrames) > 0 {
			asked = stack.CallFrames[0].URL
		}
		r.transfers[e.RequestID] = &transfer{request: e.Request.Method + " " + pathOf(e.Request.URL), askedBy: pathOf(asked)}
	case *network.EventResponseReceived:
		if t := r.transfers[e.RequestID]; t != nil {
			t.protocol, t.status, t.bytes = e.Response.Protocol, e.Response.Status, e.Response.EncodedDataLength
			t.done = e.Response.Status == http.StatusNoContent // nothing follows
		}
	case *network.EventLoadingFinished:
		if t := r.transfers[e.RequestID]; t != nil {
			t.bytes, t.done = e.EncodedDataLength, true
		}
	}
}

// visitLogin opens the login page and returns its transfers once it has done all that a page does
// for a visitor: at last, it asks for a token.
func (b *tab) visitLogin() []transfer {
	b.Helper()
	b.record.Lock()
	clear(b.record.transfers)
	b.record.Unlock()
	b.open("/login")
	for limit := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		b.sync()
		all, isComplete := b.finishedTransfers()
		if isComplete {
			return all
		}
		if time.Now().After(limit) {
			b.Fatalf("the visit does not end:%s", listed(all))
		}
	}
}

// finishedTransfers returns the transfers so far, and whether they are all that a visit needs.
func (b *tab) finishedTransfers() (all []transfer, isComplete bool) {
	b.record.Lock()
	defer b.record.Unlock()
	unfinished := false
	for _, t := range b.record.transfers {
		all = append(all, *t)
		unfinished = unfinished || !t.done
		isComplete = isComplete || t.request == "POST /refresh"
	}
	return all, isComplete && !unfinished
}

// listed returns one line for each transfer.
func listed(all []transfer) string {
	var lines strings.Builder
	for _, t := range all {
		fmt.Fprintf(&lines, "\n%6.0f bytes, %s: %d, %s, asked for by %q", t.bytes, t.request, t.status, t.protocol, t.askedBy)
	}
	return lines.String()
}

// wantAtMost checks how many bytes a visit transfers.
func (b *tab) wantAtMost(limit float64, all []transfer) {
	b.Helper()
	var sum float64
	for _, t := range all {
		sum += t.bytes
	}
	if sum > limit {
		b.Errorf("%.0f bytes were transferred, at most %.0f are allowed:%s", sum, limit, listed(all))
	}
}

func TestLoginPageIsLight(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	first := b.visitLogin()
	b.wantAtMost(25_000, first)
	b.wantAtMost(3_000, b.visitLogin())

	for _, row := range first {
		if row.protocol != "http/1.1" {
			t.Errorf("%s used %s", row.request, row.protocol)
		}
		// The browser asks for the page and the icon by itself. What the script asks, the form does not
		// wait for: whether the visitor is logged in after all.
		if row.askedBy != "" && row.askedBy != "/login" && row.request != "POST /refresh" {
			t.Errorf("%s had to wait for %s, not only for the page:%s", row.request, row.askedBy, listed(first))
		}
	}
}

func TestVisitorFindsNothingInTheConsole(t *testing.T) {
	t.Parallel()
	openChromium(t)
	_, p := newLatchkey(t)
	for path, card := range map[string]string{"/": "#visitor", "/login": "#login-form", "/register": "#register-form", "/account": "#login-form"} {
		b := newPerson(t, p.URL)
		b.open(path)
		b.waitFor("document.querySelector('" + card + "')?.checkVisibility()")
		b.waitForRequests("POST /refresh", 1)
		b.sync()
		b.record.Lock()
		for _, message := range b.record.console {
			t.Errorf("%s: %s", path, message)
		}
		b.record.Unlock()
		b.close()
	}
}
