package browser

import (
	"strings"
	"testing"
)

func TestUnknownAddressIsAPageWithTheRequestID(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("404 /nothing-here")
	b.open("/nothing-here")
	want(b, text("h1"), "Page not found")
	want(b, text(".brand"), "Latchkey")
	want(b, text(".button"), "Go to the home page")
	id := evaluate[string](b, text("code"))
	b.runInEveryPage(noCountdown)
	b.click(".button")
	b.waitForCard("visitor")
	if log := p.Stop(); id == "" || !strings.Contains(log, id) {
		t.Errorf("the log does not contain the id %q", id)
	}
}
