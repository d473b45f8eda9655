package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/fetch"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// keyIsLost is what a page says when the browser no longer has the key of its session.
const keyIsLost = "This browser no longer has the key to your session. Log in again to continue."

// inKeyStore runs JavaScript statements with the object store of the key, as any script of the
// origin can, and returns what the promise that they return resolves to.
func inKeyStore[T any](b *tab, statements string) T {
	b.Helper()
	script := `(async () => {
		const result = (request) => new Promise((resolve, reject) => {
			request.onsuccess = () => resolve(request.result);
			request.onerror = () => reject(request.error);
		});
		const database = await result(indexedDB.open('latchkey', 1));
		try {
			const store = database.transaction('session', 'readwrite').objectStore('session');
			` + statements + `
		} finally {
			database.close();
		}
	})()`
	return perform(b, statements, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

// loseKey removes the key from the browser, as clearing its storage does.
func (b *tab) loseKey() {
	b.Helper()
	inKeyStore[chromedp.Void](b, "await result(store.clear())")
}

// hasKey reports whether the browser has a key.
func (b *tab) hasKey() bool {
	b.Helper()
	return inKeyStore[bool](b, "return (await result(store.get('key-pair')))?.privateKey instanceof CryptoKey")
}

func TestSessionIsBoundToTheBrowser(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Register("rosa", rosaPassword)
	b.logIn("marisol", marisolPassword)
	wantSessions(t, p, 1, bound)
	b.reload()
	b.waitForCard("content")
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	b.open("/admin/users")
	b.waitFor("document.querySelectorAll('#rows tr').length === 2")
	b.choose(2, "state")
	b.waitFor(done + " === 'rosa has been disabled.'")
	b.open("/")
	b.waitForCard("content")
	b.click("#log-out")
	b.waitForCard("logged-out")
	wantSessions(t, p, 0, bound)
}

func TestLoginKeepsTheKey(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.runInEveryPage(`
		const generateKey = SubtleCrypto.prototype.generateKey;
		SubtleCrypto.prototype.generateKey = function (...values) {
			localStorage.generated = Number(localStorage.generated ?? 0) + 1;
			return generateKey.apply(this, values);
		};`)
	const coordinate = "return (await crypto.subtle.exportKey('jwk', (await result(store.get('key-pair'))).publicKey)).x"
	b.logIn("marisol", marisolPassword)
	first := inKeyStore[string](b, coordinate)
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.logIn("marisol", marisolPassword)
	if second := inKeyStore[string](b, coordinate); second != first || first == "" {
		t.Errorf("the key is %q after the second login, want %q", second, first)
	}
	want(b, "localStorage.generated", "1")
}

func TestNoScriptCanExportTheKey(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	exported := inKeyStore[string](b, `
		const { privateKey } = await result(store.get('key-pair'));
		const tries = ['jwk', 'pkcs8', 'raw'].map((format) => crypto.subtle.exportKey(format, privateKey));
		const outcomes = await Promise.allSettled(tries);
		return privateKey.extractable + ',' + outcomes.map(({ status }) => status).join()`)
	if exported != "false,rejected,rejected,rejected" {
		t.Errorf("extractable, and the tries to export it: %s", exported)
	}
}

// cookieOf returns the cookie of the session, as a thief may copy it.
func (b *tab) cookieOf() *http.Cookie {
	b.Helper()
	for _, c := range call(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		if c.Name == "latchkey" {
			return &http.Cookie{Name: c.Name, Value: c.Value}
		}
	}
	b.Fatal("the browser has no cookie of a session")
	return nil
}

// steal sends a request with everything that a thief can copy, and returns the status.
func steal(t *testing.T, method, url string, cookie *http.Cookie, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	authtest.Must(t, err)
	request.AddCookie(cookie)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	authtest.Must(t, err)
	response.Body.Close()
	return response.StatusCode
}

func TestCopiedCookieAndTokenAreOfLittleUse(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	token := b.logIn("marisol", marisolPassword)
	cookie := b.cookieOf()
	for range 5 {
		for _, request := range []string{"POST /refresh", "GET /sessions", "DELETE /sessions", "GET /users"} {
			method, path, _ := strings.Cut(request, " ")
			if status := steal(t, method, p.URL+path, cookie, token); status != 401 {
				t.Errorf("%s with a copied cookie and token: status %d, want 401", request, status)
			}
		}
		b.execute("localStorage.clear()")
		b.reload()
		b.waitForCard("content")
		cookie = b.cookieOf() // the thief also copies the next one
		token = evaluate[string](b, storedToken)
	}
}

func TestLostKeyIsExplainedAndALoginMakesANewOne(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh")
	b.logIn("marisol", marisolPassword)
	b.loseKey()
	b.execute("localStorage.clear()")
	refreshes, logins := b.countRequests("POST /refresh"), b.countRequests("GET /login")
	b.open("/")
	b.waitForCard("ended")
	want(b, text("#ended h1"), "Your session has ended")
	want(b, text("#ended-reason"), keyIsLost)
	want(b, "document.querySelector('[role=status]').textContent", "Your session has ended. "+keyIsLost)
	b.wantAccessible("key lost")

	b.click("#ended a")
	b.waitFor("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	b.enter("#username", "marisol")
	b.enter("#password", marisolPassword)
	want(b, "location.pathname", "/login")
	if refreshes, logins = b.countRequests("POST /refresh")-refreshes, b.countRequests("GET /login")-logins; refreshes > 2 || logins != 1 {
		t.Errorf("the pages tried %d renewals and opened /login %d times, want at most one each per page", refreshes, logins)
	}
	b.press(kb.Enter)
	b.waitForCard("content")
	if !b.hasKey() {
		t.Error("the login made no key")
	}
	wantSessions(t, p, 1, bound) // the old one has ended
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
}

// TestLostKeyIsNoticedByAnOperation has a token that is still valid, with which home goes on.
func TestLostKeyIsNoticedByAnOperation(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /refresh", "401 /sessions")
	tabs := b.openFiveTabs()
	b.loseKey()
	b.open("/account")
	b.waitForCard("ended")
	for _, tab := range tabs {
		tab.waitFor("document.querySelector('#ended')?.hidden === false")
		want(tab, text("#ended-reason"), keyIsLost)
	}
	want(b, storedToken+" === null", true)

	refreshes := b.countRequests("POST /refresh")
	b.click("#ended a")
	b.waitFor("location.pathname === '/login'")
	b.logIn("marisol", marisolPassword)
	for _, tab := range tabs[1:] {
		tab.waitForCard("content") // all tabs follow
		want(tab, "window.sameDocument", true)
	}
	if n := b.countRequests("POST /refresh") - refreshes; n > 3 {
		t.Errorf("%d requests were sent to /refresh, want one for each page that looked for a session and one for the cookie", n)
	}
}

func TestLostKeyIsNoticedWhenTheTokenIsRenewed(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /refresh")
	b.runInEveryPage(skippableTime)
	b.logIn("marisol", marisolPassword)
	b.loseKey()
	b.execute("window.skipped = 14.1 * 60_000; window.dispatchEvent(new Event('online'))")
	b.waitForCard("ended")
	want(b, text("#ended-reason"), keyIsLost)
	want(b, "localStorage.length", 0)
}

func TestBrowserWithAWrongClockWorks(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	for _, days := range []string{"1", "-1", "-20000"} {
		other := newPerson(t, p.URL)
		other.runInEveryPage(`
			const now = Date.now.bind(Date);
			Date = class extends Date {
				constructor(...values) { super(...(values.length > 0 ? values : [Date.now()])); }
				static now() { return now() + ` + days + ` * 24 * 3600_000; }
			};`)
		other.logIn("marisol", marisolPassword)
		other.execute("localStorage.clear()")
		other.open("/account")
		other.waitFor(text("#count") + ".startsWith('You are logged in here and ')")
		want(other, text("#rows li:nth-child(1) .used"), "just now")
		other.close()
	}
	wantSessions(t, p, 3, bound)
}

func TestSessionIsUnboundWhereTheBrowserStoresNoKey(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	count := 0
	for name, script := range map[string]string{
		"IndexedDB is blocked":      "Object.defineProperty(window, 'indexedDB', { get() { throw new DOMException('no', 'SecurityError') } })",
		"there is no IndexedDB":     "delete Window.prototype.indexedDB; Object.defineProperty(window, 'indexedDB', { value: undefined })",
		"nothing can be opened":     "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError') }",
		"nothing is answered":       "IDBFactory.prototype.open = () => ({})",
		"keys cannot be stored":     "IDBObjectStore.prototype.add = () => { throw new DOMException('no', 'DataCloneError') }",
		"keys cannot be created":    "SubtleCrypto.prototype.generateKey = async () => { throw new DOMException('no', 'NotSupportedError') }",
		"stored keys do not work":   "SubtleCrypto.prototype.sign = async () => { throw new DOMException('no', 'OperationError') }",
		"what is stored disappears": "IDBObjectStore.prototype.get = () => { throw new DOMException('no', 'UnknownError') }",
	} {
		count++
		other := newPerson(t, p.URL)
		other.runInEveryPage(script)
		other.logIn("marisol", marisolPassword)
		other.execute("localStorage.clear()")
		other.reload()
		other.waitForCard("content")
		other.open("/account")
		other.waitFor(text("#count") + ".startsWith('You are logged in here and ')")
		other.close()
		wantSessions(t, p, count, unbound)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestNonceIsReplacedWithoutAnyoneNoticing(t *testing.T) {
	t.Parallel()
	const secret = "0123456789abcdefghijklmnopqrstuv"
	b, _ := newLatchkey(t, "JWT_SECRET="+secret)
	defer b.close("401 /refresh", "401 /users/me/password", "422 /users/me/password")
	b.logIn("marisol", marisolPassword)
	b.runInEveryPage(recordEnd)
	nonceOf := func(secret string, age time.Duration) string {
		now := func() time.Time { return time.Now().Add(-age) }
		return "store.put('" + auth.NewProofVerifier([]auth.Secret{auth.Secret(secret)}, now).Nonce() + "', 'nonce')"
	}
	for name, change := range map[string]string{
		"missing":              "store.delete('nonce')",
		"stale":                nonceOf(secret, time.Hour),
		"of an earlier server": nonceOf(strings.Repeat("x", 32), 0),
		"not a nonce at all":   "store.put('oh no', 'nonce')",
	} {
		before := b.countRequests("POST /refresh")
		inKeyStore[chromedp.Void](b, "await result("+change+")")
		b.execute("localStorage.clear()")
		b.open("/account")
		b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
		want(b, "window.sawEnd", "")
		if n := b.countRequests("POST /refresh") - before; n != 2 {
			t.Errorf("with a nonce that is %s, %d requests were sent to /refresh, want 2", name, n)
		}

		before = b.countRequests("POST /users/me/password")
		inKeyStore[chromedp.Void](b, "await result("+change+")")
		b.changePassword("wrong", "a quite different horse")
		b.waitFor(text("#current-password-error") + " === `That isn't your current password.`")
		if n := b.countRequests("POST /users/me/password") - before; n != 2 {
			t.Errorf("with a nonce that is %s, the password was sent %d times, want 2", name, n)
		}
	}
}

// TestNonceIsRequestedOnce has a server that is never satisfied. That is no reason to log out.
func TestNonceIsRequestedOnce(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /refresh")
	b.logIn("marisol", marisolPassword)
	b.holdRequests("/refresh")
	b.execute("localStorage.clear()")
	before := b.countRequests("POST /refresh")
	b.open("/")
	for _, nonce := range []string{"one", "two"} {
		b.refuse(b.waitForHeldRequest(), 401, `{"type":"/problems/use-dpop-nonce"}`, &fetch.HeaderEntry{Name: "DPoP-Nonce", Value: nonce})
	}
	b.waitForCard("unreachable")
	want(b, text("#unreachable-reason"), "The server sent an unexpected response. Reload the page and try again.")
	if n := b.countRequests("POST /refresh") - before; n != 2 {
		t.Errorf("%d requests were sent to /refresh, want 2", n)
	}
	b.releaseRequests()
	b.click("#try-again")
	b.waitForCard("content")
}

func TestLoginAtAnotherAddressThanThePublicOneIsExplained(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t, "PUBLIC_URL=http://localhost:1")
	defer b.close("401 /login")
	b.fillLogin("marisol", marisolPassword)
	b.press(kb.Enter)
	b.waitFor(text("#errors") + " !== ''")
	want(b, text("#errors"), "The server doesn't accept requests from this address. Open the page at the server's public address and try again.")
	wantSessions(t, p, 0, unbound)
}
