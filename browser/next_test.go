package browser

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A wanted is where a value of next leads: a path of this origin, as the browser writes it.
type wanted struct{ next, path string }

// goodNext are values that lead to where they say.
func goodNext() []wanted {
	return []wanted{
		{"/", "/"},
		{"/account", "/account"},
		{"/account?tab=1&x=%2F%2Fevil.example", "/account?tab=1&x=%2F%2Fevil.example"},
		{"/account#//evil.example", "/account#//evil.example"},
		{"/admin/%2e%2e/account", "/account"},
		{`/admin\..\account`, "/account"},
		{"/acc\tou\nnt\r", "/account"},
		{"/account\x00 ", "/account"},
		// All of these are paths of this origin, which mean nothing here.
		{"/.//evil.example", "//evil.example"},
		{"/account/..//evil.example", "//evil.example"},
		{`/.\\evil.example`, "//evil.example"},
		{"/%2f%2fevil.example", "/%2f%2fevil.example"},
		{"/%5cevil.example", "/%5cevil.example"},
		{"/%09/evil.example", "/%09/evil.example"},
		{"/%252f%252fevil.example", "/%252f%252fevil.example"},
		{"/@evil.example", "/@evil.example"},
		{"/javascript:alert(1)", "/javascript:alert(1)"},
		{"/ /evil.example", "/%20/evil.example"},
		{"/\x00/evil.example", "/%00/evil.example"},
		{"/\u2215evil.example", "/%E2%88%95evil.example"},
		{"/\uff0fevil.example", "/%EF%BC%8Fevil.example"},
		{"/\u3002evil.example", "/%E3%80%82evil.example"},
		{"/nothing/" + strings.Repeat("x", 1900), "/nothing/" + strings.Repeat("x", 1900)},
		// The login page leads on to what its own next says, each time to a shorter one.
		{"/login", "/"},
		{"/login?next=/login?next=/account", "/account"},
		{"/register?next=/account", "/account"},
	}
}

// evilNext are values that lead to the home page.
func evilNext() []string {
	return []string{
		"", "account", "?", "#", "//", "///", "/\t/", `\`,
		"//evil.example", "///evil.example", "//evil.example:80/account", "// evil.example",
		`/\evil.example`, `\/evil.example`, `\\evil.example`, `/\/evil.example`, `//\evil.example`,
		"/\t/evil.example", "/\n/evil.example", "\t//evil.example", "\n/account", " /account", "/\t\\evil.example", "/\t/\tevil.example",
		"\x00//evil.example", "\x00/account", "\u3000//evil.example", "\ufeff//evil.example",
		"https://evil.example", "http:/", "http:/account", "https:evil.example", `http:\\evil.example`, "hTTp://evil.example", "file:///etc/passwd",
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:alert(1)", "javascript://%0aalert(1)",
		"data:text/html,<script>alert(1)</script>", "blob:https://evil.example/1", "about:blank", "view-source:/",
		"//user@evil.example", "//user:password@evil.example/", "@evil.example", ":80", "%2f%2fevil.example", "%2Faccount",
		"%5c%5cevil.example", "\u2215\u2215evil.example", "\uff0f\uff0fevil.example", "//evil\u3002example", "//[evil", "//127.0.0.1:99999/",
		"/" + strings.Repeat("x", 2000), "/account?" + strings.Repeat("x", 4000),
	}
}

// evilOriginNext are values with the host and port of this origin, which lead to the home page.
func evilOriginNext(origin string) []string {
	host := strings.TrimPrefix(origin, "http://")
	return []string{
		origin + "/account", origin + "@evil.example", "blob:" + origin + "/account", "https://" + host + "/account",
		"//user:password@" + host + "/account", "//" + host + "0/account", "//" + host + ".evil.example/", "//" + host + "@evil.example/",
		"//127.0.0.2/account", "//" + host[:len(host)-1] + "/account",
	}
}

// openLogin opens the login page as a user who is logged in, and waits for the page it leads to.
func (b *tab) openLogin(query, wantURL string) {
	b.Helper()
	b.open("/login?" + query)
	b.waitFor("!location.pathname.startsWith('/login') && !location.pathname.startsWith('/register') && document.readyState === 'complete'")
	if got := evaluate[string](b, "location.href"); got != wantURL {
		b.Errorf("%.200q leads to %.200q, want %.200q", query, got, wantURL)
	}
}

func TestNextLeadsOnlyToPagesOfThisOrigin(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	var expected []string
	b.logIn("marisol", marisolPassword)
	for _, row := range goodNext() {
		b.openLogin("next="+url.QueryEscape(row.next), b.origin+row.path)
		expected = append(expected, maybe("404 "+pathOf(b.origin+row.path)), maybe("400 "+pathOf(b.origin+row.path)))
	}
	for _, next := range append(evilNext(), evilOriginNext(b.origin)...) {
		b.openLogin("next="+url.QueryEscape(next), b.origin+"/")
	}
	for query, path := range map[string]string{ // as they are
		"": "/", "next": "/", "next=": "/", "NEXT=/account": "/", "nex%74=/account": "/account", "x=1&next=/account": "/account",
		"next=/account&next=//evil.example": "/account", "next=//evil.example&next=/account": "/", "next[]=/account": "/",
		"next=%2f%2fevil.example": "/", "next=%252f%252fevil.example": "/", "next=/%09/evil.example": "/", "next=%09/account": "/",
		"next=/%5Cevil.example": "/", "next=%ff%2faccount": "/", "next=/+/evil.example": "/%20/evil.example", "#next=/account": "/",
	} {
		b.openLogin(query, b.origin+path)
		expected = append(expected, maybe("404 "+pathOf(b.origin+path)))
	}
	b.close(expected...)
}

func TestLoginLeadsBackToTheWantedPage(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	for start, path := range map[string]string{
		"/account?x=1": "/account?x=1", "/account?x=1#devices": "/account?x=1#devices", "/account#main": "/account", "/admin/users": "/admin/users", "/login?next=//evil.example": "/", `/login?next=/\evil.example`: "/",
		"/login?next=javascript:alert(1)": "/", "/login?next=/account%23here": "/account#here",
	} {
		b.open("/openapi.json") // so that no page is opened by a change of its fragment
		b.open(start)
		b.submitLogin("marisol", marisolPassword)
		b.waitForCard("content")
		want(b, "location.pathname + location.search + location.hash", path)
		b.click("#log-out")
		b.waitForCard("logged-out")
	}
}

// submitLogin fills in and submits the form of the login page, which is open or about to open.
func (b *tab) submitLogin(username, password string) {
	b.Helper()
	b.waitFor("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	b.enter("#username", username)
	b.enter("#password", password)
	b.press(kb.Enter)
}

func TestSignUpLeadsBackToTheWantedPage(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.open("/account?x=1")
	b.waitFor("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	b.click("main .aside a")
	b.waitFor("location.pathname === '/register' && document.querySelector('#create-account')?.disabled === false")
	b.click("main .lead a") // and back
	b.waitFor("location.pathname === '/login' && document.querySelector('#log-in')?.disabled === false")
	b.click("main .aside a")
	b.waitFor("location.pathname === '/register' && document.querySelector('#create-account')?.disabled === false")
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.press(kb.Enter)
	b.waitForCard("content")
	want(b, "location.pathname + location.search", "/account?x=1")
}

func TestHostileNextDoesNotSurviveASignUp(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.open(`/register?next=/\evil.example`)
	b.waitFor("document.querySelector('#create-account')?.disabled === false")
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.press(kb.Enter)
	b.waitForCard("content")
	want(b, "location.href", b.origin+"/")
}

func TestEndedSessionLeadsBackAfterTheNextLogin(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /user", "401 /refresh")
	token := b.logIn("marisol", marisolPassword)
	b.open("/account?x=1")
	b.waitForDevices(1)
	p.Logout(token)
	b.reload()
	b.waitForCard("ended")
	want(b, "document.title", "Your session has ended · Latchkey")
	b.click("#ended a")
	b.submitLogin("marisol", marisolPassword)
	b.waitForCard("content")
	want(b, "location.pathname + location.search", "/account?x=1")
	b.wantHistory("/", "/account", "/account")
}

func TestUserWhoLoggedOutIsLedBackAfterTheNextLogin(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.open("/admin/users")
	b.waitForCard("content")
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.click("#logged-out a")
	b.submitLogin("marisol", marisolPassword)
	b.waitForCard("content")
	want(b, "location.pathname", "/admin/users")

	b.open("/account")
	b.waitForCard("content")
	b.execute("location.hash = 'devices'") // as the links within a page do
	b.click("#log-out")
	b.waitForCard("logged-out")
	b.click("#logged-out a")
	b.submitLogin("marisol", marisolPassword)
	b.waitForCard("content")
	want(b, "location.pathname + location.hash", "/account#devices")
}
