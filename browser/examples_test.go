package browser

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestAppOnOurOrigin uses examples/same-origin behind both of its proxies, which terminate TLS.
func TestAppOnOurOrigin(t *testing.T) {
	t.Parallel()
	for name, startProxy := range map[string]func(*testing.T, proxied){"Caddy": startCaddy, "nginx": startNginx} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, p := newAppOnOurOrigin(t, startProxy)
			defer b.close("401 /api/hello", "404 /static/fa/x.css")
			b.open("/")
			want(b, "document.title", "App") // the app's, not Latchkey's
			b.click("#log-in")
			b.logInForApp()
			want(b, "location.pathname", "/hello.html")
			want(b, "document.cookie", "")
			wantSessions(t, p, 1, bound)
			if strings.Contains(p.Log(), "ignored X-Forwarded headers") {
				t.Errorf("the proxy is not trusted:\n%s", p.Log())
			}

			server := `fetch("/static/fa/x.css").then(({ headers }) => String(headers.get("X-Powered-By")))`
			if got := perform(b, server, chromedp.Evaluate[string](server, chromedp.EvalAwaitPromise)); got != "Express" {
				t.Errorf("a file of the app comes from %s", got)
			}

			b.execute(`localStorage.setItem("token", "expired")`)
			b.reload()
			b.waitFor(text("#hello") + " === 'Hello marisol'")
			want(b, storedToken+" === 'expired'", false)
			b.execute("localStorage.clear()")
			b.reload()
			b.waitFor(text("#hello") + " === 'Hello marisol'")
			wantSessions(t, p, 1, bound)

			b.click("#log-out")
			b.waitFor("document.title === 'App'")
			wantSessions(t, p, 0, bound)
			want(b, storedToken+" === null", true)
			b.open("/hello.html?page=2#part") // which takes a visitor to the login page, and back
			b.waitFor("location.pathname === '/login'")
			b.logInForApp()
			want(b, "location.pathname + location.search + location.hash", "/hello.html?page=2#part")
			b.open("/account") // a page of Latchkey
			b.waitForCard("content")
		})
	}
}

// TestAppOnOurOriginSendsNoTokenThatWasLeftOver logs in until the browser is closed.
func TestAppOnOurOriginSendsNoTokenThatWasLeftOver(t *testing.T) {
	t.Parallel()
	b, _ := newAppOnOurOrigin(t, startCaddy)
	defer b.close()
	b.open("/login?next=/hello.html")
	b.waitForLogin()
	b.click(".choice")
	b.logInForApp()
	b.reload()
	b.waitFor(text("#hello") + " === 'Hello marisol'")
	requests := b.countRequests("GET /api/hello")
	call(b, network.ClearBrowserCookies, cdp.Empty{}) // as closing the browser does
	b.execute("sessionStorage.clear()")
	b.reload()
	b.waitForLogin()
	want(b, storedToken+" === null", true)
	if sent := b.countRequests("GET /api/hello") - requests; sent != 0 {
		t.Errorf("the token was sent %d times", sent)
	}
}

// TestAppOnOurOriginSaysThatALogoutFailed answers a logout in the place of the server.
func TestAppOnOurOriginSaysThatALogoutFailed(t *testing.T) {
	t.Parallel()
	b, p := newAppOnOurOrigin(t, startCaddy)
	defer b.close("503 /logout", "401 /logout")
	b.holdRequests("/logout")
	b.open("/login?next=/hello.html")
	b.logInForApp()
	b.click("#log-out")
	b.refuse(b.waitForHeldRequest(), 503, "")
	b.waitFor(text("#error") + " === 'You are still logged in. Try again in a moment.'")
	want(b, storedToken+" !== null", true)
	wantSessions(t, p, 1, bound)
	b.click("#log-out")
	b.refuse(b.waitForHeldRequest(), 401, "") // the session has ended already
	b.waitFor("document.title === 'App'")
	want(b, storedToken+" === null", true)
}

// waitForLogin waits for the login page, which is on its way.
func (b *tab) waitForLogin() {
	b.Helper()
	b.waitFor("document.querySelector('#log-in')?.disabled === false && location.pathname === '/login'")
}

// logInForApp fills in the login page, which is on its way, and waits for the app to greet marisol.
func (b *tab) logInForApp() {
	b.Helper()
	b.waitForLogin()
	b.enter("#username", "marisol")
	b.enter("#password", marisolPassword)
	b.press(kb.Enter)
	b.waitFor("document.querySelector('#hello') && " + text("#hello") + " === 'Hello marisol'")
}

// proxied is what a proxy needs to know.
type proxied struct {
	address, latchkey, app string // HOST:PORT
	certificate, key       string // files
}

// newAppOnOurOrigin starts Latchkey, the app and the proxy, and opens a tab of a new person.
func newAppOnOurOrigin(t *testing.T, startProxy func(*testing.T, proxied)) (*tab, *cmdtest.Program) {
	t.Helper()
	openChromium(t)
	cmdtest.NeedExpress(t)
	x := proxied{address: cmdtest.FreeAddress(t), app: cmdtest.FreeAddress(t)}
	x.certificate, x.key = writeCertificate(t)
	origin := "https://" + x.address
	p := cmdtest.Start(t, t.TempDir(), withMarisol("PUBLIC_URL="+origin, "TRUSTED_PROXIES=127.0.0.1")...)
	x.latchkey = strings.TrimPrefix(p.URL, "http://")

	_, port, _ := strings.Cut(x.app, ":")
	secret := strings.TrimSpace(cmdtest.ReadFile(t, filepath.Join(p.Folder, "data", "jwt-secret")))
	app := exec.CommandContext(t.Context(), "node", filepath.Join(cmdtest.CopyExamples(t), "same-origin", "server.js"))
	app.Env = append(os.Environ(), "PORT="+port, "ISSUER="+origin, "JWT_SECRET="+secret)
	cmdtest.StartApp(t, app, x.app)
	startProxy(t, x)
	b := newPerson(t, origin)
	call(b, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true})
	return b, p
}

// writeCertificate writes a certificate that the test itself has signed, and its key.
func writeCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	authtest.Must(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	authtest.Must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	authtest.Must(t, err)
	write := func(kind string, content []byte) string {
		return writeFile(t, strings.ReplaceAll(kind, " ", "-")+".pem", string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})))
	}
	return write("CERTIFICATE", der), write("PRIVATE KEY", secret)
}

// writeFile writes a file to a new folder.
func writeFile(t *testing.T, name, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	authtest.Must(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// adapt returns a configuration of examples/same-origin with other addresses in it, each of which
// must be there.
func adapt(t *testing.T, name string, replacements ...string) string {
	t.Helper()
	content := cmdtest.ReadFile(t, filepath.Join("examples", "same-origin", name))
	for i := 0; i < len(replacements); i += 2 {
		if !strings.Contains(content, replacements[i]) {
			t.Fatalf("%s does not contain %q", name, replacements[i])
		}
		content = strings.ReplaceAll(content, replacements[i], replacements[i+1])
	}
	return content
}

func startCaddy(t *testing.T, x proxied) {
	path, err := exec.LookPath("caddy")
	if err != nil {
		cmdtest.Missing(t, "this test needs Caddy: apt-get install caddy")
	}
	site := adapt(t, "Caddyfile", "127.0.0.1:8000", x.latchkey, "127.0.0.1:3000", x.app,
		"app.example.org {", "https://"+x.address+" {\n\ttls "+x.certificate+" "+x.key)
	file := writeFile(t, "Caddyfile", "{\n\tadmin off\n\tauto_https off\n}\n"+site)
	command := exec.CommandContext(t.Context(), path, "run", "--config", file, "--adapter", "caddyfile")
	folder := t.TempDir()
	command.Env = append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
	cmdtest.StartApp(t, command, x.address)
}

func startNginx(t *testing.T, x proxied) {
	path, err := exec.LookPath("nginx")
	if err != nil {
		cmdtest.Missing(t, "this test needs nginx: apt-get install nginx")
	}
	site := adapt(t, "nginx.conf", "127.0.0.1:8000", x.latchkey, "127.0.0.1:3000", x.app, "app.example.org", "127.0.0.1",
		"/etc/ssl/127.0.0.1.crt", x.certificate, "/etc/ssl/127.0.0.1.key", x.key, "listen 443", "listen "+x.address)
	folder := t.TempDir() // for what nginx writes, as Debian's nginx.conf does for the whole machine
	file := filepath.Join(folder, "nginx.conf")
	paths := "pid " + folder + "/pid;\nerror_log stderr;\ndaemon off;\nevents {}\nhttp {\naccess_log off;\n"
	for _, name := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		paths += name + "_temp_path " + folder + "/" + name + ";\n"
	}
	authtest.Must(t, os.WriteFile(file, []byte(paths+site+"}\n"), 0o600))
	cmdtest.StartApp(t, exec.CommandContext(t.Context(), path, "-c", file, "-e", "stderr"), x.address)
}

// newAppOnAnotherOrigin starts Latchkey and examples/browser-app, and opens a tab of a new person.
func newAppOnAnotherOrigin(t *testing.T) (*tab, *cmdtest.Program) {
	t.Helper()
	openChromium(t)
	address := cmdtest.FreeAddress(t)
	p := cmdtest.Start(t, t.TempDir(), withMarisol("ALLOWED_ORIGINS=http://"+address)...)
	startFiles(t, address, filepath.Join("examples", "browser-app"), p.URL)
	return newPerson(t, "http://"+address), p
}

// TestAppOnAnotherOriginExplainsFailures answers in the place of a proxy whose Latchkey is gone.
func TestAppOnAnotherOriginExplainsFailures(t *testing.T) {
	t.Parallel()
	b, p := newAppOnAnotherOrigin(t)
	defer b.close("other host: "+p.URL+"/token", "other host: "+p.URL+"/users/me", "other host: "+p.URL+"/revoke", "502 /token", "502 /revoke")
	const noAnswer = " === 'The login service does not answer. Try again in a moment.'"
	page := func(path string) {
		t.Helper()
		b.holdRequests(path)
		b.open("/")
		b.waitFor("!document.querySelector('#form').hidden || !document.querySelector('#log-out').hidden")
	}
	refuse := func() {
		t.Helper()
		b.refuse(b.waitForHeldRequest(), 502, "<!doctype html>", &fetch.HeaderEntry{Name: "Access-Control-Allow-Origin", Value: "*"})
		b.waitFor(text("#error") + noAnswer)
		b.releaseRequests()
	}
	page("/token")
	b.enter("#username", "marisol")
	b.enter("#password", marisolPassword)
	b.press(kb.Enter)
	refuse()
	b.click("#log-in")
	b.waitFor(text("#hello") + " === 'Hello marisol'")
	page("/revoke")
	b.click("#log-out")
	refuse()
	want(b, "localStorage.getItem('tokens') !== null", true)
	wantSessions(t, p, 1, false)
	b.click("#log-out")
	b.waitFor("!document.querySelector('#form').hidden")
	wantSessions(t, p, 0, false)
	want(b, "localStorage.length", 0)
}

// TestAppOnAnotherOrigin uses examples/browser-app.
func TestAppOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	b, p := newAppOnAnotherOrigin(t)
	elsewhere := func(path string) string { return "other host: " + p.URL + path }
	defer b.close(elsewhere("/token"), elsewhere("/users/me"), elsewhere("/revoke"), "401 /token", "401 /users/me", maybe("400 /token"))

	b.open("/")
	b.waitFor("!document.querySelector('#form').hidden")
	b.enter("#username", "marisol")
	b.enter("#password", "wrong")
	b.press(kb.Enter)
	b.waitFor(text("#error") + " === 'Incorrect username or password'")
	logIn := func() {
		t.Helper()
		b.execute("document.querySelector('#form').reset()")
		b.enter("#username", "marisol")
		b.enter("#password", marisolPassword)
		b.press(kb.Enter)
		b.waitFor(text("#hello") + " === 'Hello marisol'")
	}
	logIn()
	wantSessions(t, p, 1, false)

	const expire = `localStorage.setItem("tokens", JSON.stringify({ ...JSON.parse(localStorage.getItem("tokens")), access_token: "expired" }))`
	b.execute(expire)
	b.reload()
	b.waitFor(text("#hello") + " === 'Hello marisol'")
	b.execute(expire)
	requests := b.countRequests("POST /token")
	twice := `import("./latchkey.js").then(({ apiFetch }) => Promise.all([1, 2].map(() => apiFetch("` + p.URL + `/users/me"))))
		.then((responses) => responses.map(({ status }) => status).join())`
	if got := perform(b, twice, chromedp.Evaluate[string](twice, chromedp.EvalAwaitPromise)); got != "200,200" {
		t.Errorf("two requests with an expired token: %s", got)
	}
	if got := b.countRequests("POST /token") - requests; got != 1 {
		t.Errorf("the token was renewed %d times, want once", got)
	}
	wantSessions(t, p, 1, false)

	b.click("#log-out")
	b.waitFor("!document.querySelector('#form').hidden")
	b.waitForRequests("POST /revoke", 1)
	want(b, "localStorage.length", 0)
	logIn()
	p.Logout(evaluate[string](b, `JSON.parse(localStorage.getItem("tokens")).access_token`)) // on another device
	b.reload()
	b.waitFor("!document.querySelector('#form').hidden")
	want(b, "localStorage.length", 0)
	wantSessions(t, p, 0, false)
}

// startFiles serves the files of an example, which find Latchkey at latchkey, as its comment says.
func startFiles(t *testing.T, address, example, latchkey string) {
	t.Helper()
	folder := t.TempDir()
	names, err := filepath.Glob(filepath.Join(cmdtest.Root(t), example, "*"))
	authtest.Must(t, err)
	for _, name := range names {
		content := strings.ReplaceAll(cmdtest.ReadFile(t, name), "http://127.0.0.1:8000", latchkey)
		authtest.Must(t, os.WriteFile(filepath.Join(folder, filepath.Base(name)), []byte(content), 0o600))
	}
	site := &http.Server{Addr: address, Handler: http.FileServer(http.Dir(folder)), ReadHeaderTimeout: time.Minute}
	go site.ListenAndServe()
	t.Cleanup(func() { site.Close() })
}
