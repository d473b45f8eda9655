package browser

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"latchkey/cmd/cmdtest"
)

// TestAppOfTheReadmeRenewsItsToken runs the code in README.md for an app behind the same proxy.
func TestAppOfTheReadmeRenewsItsToken(t *testing.T) {
	t.Parallel()
	openChromium(t)
	b, p := newReadmeApp(t)
	defer b.close("401 /user")
	b.fillLogin("marisol", marisolPassword)
	b.click("#log-in")
	b.waitFor("document.title === 'App'") // the login page goes to /
	wantStatus := func(request string, want int) {
		t.Helper()
		script := request + ".then((response) => response.status)"
		if got := perform(b, script, chromedp.Evaluate[int](script, chromedp.EvalAwaitPromise)); got != want {
			t.Errorf("%s: status %d, want %d", request, got, want)
		}
	}
	wantStatus(`apiFetch("/user")`, http.StatusOK)
	b.execute(`localStorage.setItem("token", "expired")`)
	wantStatus(`apiFetch("/user")`, http.StatusOK)
	want(b, `localStorage.getItem("token") === "expired"`, false)
	wantSessions(t, p, 1, bound)

	wantStatus(`fetch("/logout", { method: "POST" })`, http.StatusNoContent)
	b.execute(`apiFetch("/user")`)
	b.waitFor("location.pathname === '/login'")
}

// newReadmeApp serves an app at /, and Latchkey below the other paths, on one origin.
func newReadmeApp(t *testing.T) (*tab, *cmdtest.Program) {
	t.Helper()
	_, code, found := strings.Cut(cmdtest.ReadFile(t, "README.md"), "```js\nasync function apiFetch")
	if !found {
		t.Fatal("README.md has no function apiFetch")
	}
	code, _, _ = strings.Cut(code, "```")
	page := "<!doctype html><title>App</title><script>async function apiFetch" + code + "</script>"
	origin, p := newSharedOrigin(t, "/{$}", page)
	return newPerson(t, origin), p
}
