package browser

import (
	"strconv"
	"strings"
	"testing"
)

func TestUnknownAddressIsAPageWithOneUsefulSentence(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("404 /nothing-here")
	b.open("/nothing-here")
	want(b, "document.title", "Page not found · Latchkey")
	want(b, text("h1"), "Page not found")
	want(b, "[...document.querySelectorAll('main p')].map((p) => p.innerText.trim()).filter(Boolean).join()",
		"404,Check the address for typing mistakes, or start from the home page.")
	want(b, text(".brand"), "Latchkey")
	want(b, text("main .button"), "Go to the home page")
	b.runInEveryPage(noCountdown)
	b.click("main .button")
	b.waitForCard("visitor")
}

// TestNameOfTheAppFitsItsPages has names that are as long as allowed, written from right to left,
// or hostile.
func TestNameOfTheAppFitsItsPages(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		strings.Repeat("W", 64), strings.Repeat("مرحبا ", 10) + "مرح", `</title><script>alert(1)</script><img src=x onerror=alert(1)>`,
	} {
		b, _ := newLatchkey(t, "APP_NAME="+name)
		b.runInEveryPage(noCountdown)
		want := func(expression string) {
			t.Helper()
			if !evaluate[bool](b, expression) {
				t.Errorf("%s: on %s, not so: %s", name, evaluate[string](b, "location.pathname"), expression)
			}
		}
		quoted := strconv.Quote(name)
		for _, width := range []int64{320, 1280} {
			b.setScreen("light", "reduce", width, 640)
			for _, path := range []string{"/login", "/register", "/set-password", "/"} {
				b.open(path)
				want("document.title.endsWith(' · ' + " + quoted + ")")
				want("document.querySelector('.brand-name').textContent === " + quoted)
				want("document.documentElement.scrollWidth <= innerWidth")
				want("document.querySelector('header').offsetHeight < 80")
				want(foreignElements + " <= 1") // the page's own link
			}
			b.open("/login")
			want("document.querySelector('h1').textContent === 'Log in to ' + " + quoted)
		}
		b.logIn("marisol", marisolPassword)
		b.setScreen("light", "reduce", 320, 640)
		want("document.documentElement.scrollWidth <= innerWidth && document.querySelector('#log-out').getBoundingClientRect().right <= innerWidth")
		b.close()
	}
}
