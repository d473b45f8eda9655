package browser

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// tutorialPage is a login page as tutorials have it.
const tutorialPage = `<!doctype html>
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

func TestPageOfATutorialSharesTheSession(t *testing.T) {
	t.Parallel()
	openChromium(t)
	origin, _ := newSharedOrigin(t, "/plain.html", tutorialPage)
	b := newPerson(t, origin)
	defer b.close()
	b.open("/plain.html")
	b.enter("#name", "marisol")
	b.enter("#password", marisolPassword)
	b.press(kb.Enter)
	b.waitFor(text("#who") + " !== ''")
	want(b, text("#who"), "marisol")
	b.open("/")
	b.waitForCard("content")
	want(b, text("#name"), "marisol")
	b.click("#log-out")
	b.waitForCard("logged-out")
}

// newSharedOrigin serves a page at one path, and Latchkey at all others.
func newSharedOrigin(t *testing.T, path, content string) (origin string, p *cmdtest.Program) {
	t.Helper()
	site := httptest.NewUnstartedServer(nil)
	origin = "http://" + site.Listener.Addr().String()
	p = cmdtest.Start(t, t.TempDir(), withMarisol("PUBLIC_URL="+origin)...)
	target, err := url.Parse(p.URL)
	authtest.Must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	mux.HandleFunc("/favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, content) })
	site.Config.Handler = mux
	site.Start()
	t.Cleanup(site.Close)
	return origin, p
}
