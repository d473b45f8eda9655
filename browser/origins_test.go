package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp/kb"
)

// plainPage is what tutorials have in place of Latchkey's pages.
const plainPage = `<!doctype html>
<title>Plain</title>
<form id="form">
  <input id="name">
  <input id="password" type="password">
  <button>Log in</button>
</form>
<p id="who"></p>
<script>
  document.getElementById('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const response = await fetch('/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        name: document.getElementById('name').value,
        password: document.getElementById('password').value,
      }),
    });
    const data = await response.json();
    localStorage.setItem('token', data.token);
    const user = await fetch('/user', { headers: { Authorization: 'Bearer ' + localStorage.getItem('token') } });
    document.getElementById('who').textContent = (await user.json()).name;
  });
</script>
`

func TestSomebodyElsesPageWorksBesideOurs(t *testing.T) {
	openBrowser(t)
	site := httptest.NewUnstartedServer(nil)
	origin := "http://" + site.Listener.Addr().String()
	p := start(t, t.TempDir(), "PUBLIC_URL="+origin, "ADMIN_NAME=marisol", "ADMIN_PASSWORD="+marisols)
	target, err := url.Parse(p.url)
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/plain.html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, plainPage) })
	site.Config.Handler = mux
	site.Start()
	defer site.Close()

	b := visit(t, origin)
	defer b.leave()
	b.open("/plain.html")
	b.write("#name", "marisol")
	b.write("#password", marisols)
	b.press(kb.Enter)
	b.until(text("#who") + " !== ''")
	want(b, text("#who"), "marisol")
	b.open("/")
	b.shows("member")
	want(b, text("#name"), "marisol")
	b.click("#log-out")
	b.shows("logged-out")
}

// withoutCookies shows a site as a browser does that keeps none of its cookies.
func withoutCookies(t *testing.T, settings ...string) *tab {
	t.Helper()
	openBrowser(t)
	site := httptest.NewUnstartedServer(nil)
	origin := "http://" + site.Listener.Addr().String()
	settings = append([]string{"PUBLIC_URL=" + origin, "ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + marisols}, settings...)
	target, err := url.Parse(start(t, t.TempDir(), settings...).url)
	must(t, err)
	site.Config.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Del("Set-Cookie")
			return nil
		},
	}
	site.Start()
	t.Cleanup(site.Close)
	return visit(t, origin)
}

func TestABrowserThatKeepsNoCookieIsToldWhyAndMayGoOn(t *testing.T) {
	b := withoutCookies(t)
	defer b.leave("401 /refresh")
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.shows("not-kept")
	want(b, text("#not-kept h1"), "You are logged in for 15 minutes only")
	want(b, text("#not-kept-reason"), "This browser did not keep the login cookie. Allow cookies for this site, then log in again.")
	want(b, "document.activeElement.id", "not-kept-heading")
	want(b, "document.querySelector('#public-address').hidden", true)
	want(b, "location.pathname", "/login")
	b.audit("login, cookie not kept")
	asked := b.sent("POST /refresh")
	b.click("#go-on")
	b.shows("member")
	want(b, text("#name"), "marisol")
	want(b, text("#ends-label"), "Session ends")
	want(b, text("#ends"), "in 15 minutes")
	do(b, page.Reload, page.ReloadParams{})
	b.shows("member")
	if n := b.sent("POST /refresh"); n != asked {
		t.Errorf("the page asked %d times more for a token that cannot come", n-asked)
	}
	b.click("#log-out")
	b.shows("logged-out")
}

func TestASessionWithoutCookieEndsWithItsToken(t *testing.T) {
	b := withoutCookies(t, "ACCESS_TOKEN_TTL=3s")
	defer b.leave("401 /refresh")
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.shows("not-kept")
	want(b, text("#not-kept h1"), "You are logged in for less than a minute only")
	b.click("#go-on")
	b.shows("ended")
	want(b, text("#ended-reason"), "Log in again to go on.")
	want(b, "localStorage.length", 0)
}

// untrustworthy is what the browser says to a header that only https has a use for.
const untrustworthy = "console: The Cross-Origin-Opener-Policy header has been ignored, because the URL's origin was untrustworthy. " +
	"It was defined either in the final response or a redirect. Please deliver the response using the HTTPS protocol. " +
	"You can also use the 'localhost' origin instead. See https://www.w3.org/TR/powerful-features/#potentially-trustworthy-origin and " +
	"https://html.spec.whatwg.org/#the-cross-origin-opener-policy-header."

// atHome is the address of a server as a home network has it: plain http and
// a name that browsers do not take for their own machine. There are no locks.
func atHome(b *tab, address string) string {
	origin := strings.Replace(address, "127.0.0.1", homeName, 1)
	b.record.Lock()
	defer b.record.Unlock()
	b.record.origin = origin
	return origin
}

func TestASecureCookieOverPlainHTTPIsExplained(t *testing.T) {
	b, p := visitLatchkey(t, "PUBLIC_URL=https://login.example.org")
	b.origin = atHome(b, p.url)
	defer b.leave("401 /refresh", untrustworthy)
	b.fill("marisol", marisols)
	b.press(kb.Enter)
	b.shows("not-kept")
	want(b, text("#not-kept-reason"), "This browser did not keep the login cookie, because this page was opened at "+
		b.origin+". Go to https://login.example.org and log in there.")
	want(b, "document.querySelector('#public-address').href", "https://login.example.org/login")
}

func TestTabsOverPlainHTTPStayLoggedInToo(t *testing.T) {
	b, p := visitLatchkey(t, "ACCESS_TOKEN_TTL=2s")
	b.origin = atHome(b, p.url)
	defer b.leave("401 /refresh", untrustworthy)
	tabs := b.fiveTabs()
	want(b, "isSecureContext || 'locks' in navigator", false)
	for range 4 {
		b.until(isRenewed(value[string](b, storedToken)))
	}
	for _, tab := range tabs {
		tab.neverSawAnEnd()
	}
	b.click("#log-out")
	b.shows("logged-out")
}
