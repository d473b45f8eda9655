package views

import (
	"bytes"
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"latchkey/static"
)

const hostile = `<script>alert(1)</script><img src=x onerror="alert(1)">'"&`

func page(title string) Page {
	return Page{Title: title, Assets: static.New(), Version: "1.2.3"}
}

// open is the same page while everybody may create an account.
func open(p Page) Page {
	p.Signup = true
	return p
}

// pages is every page, with hostile text wherever a page takes text.
func pages() map[string]templ.Component {
	return map[string]templ.Component{
		"home":             Home(HomePage{page("Home")}),
		"login":            Login(LoginPage{page("Log in")}),
		"login, open":      Login(LoginPage{open(page("Log in"))}),
		"register":         Register(RegisterPage{open(page("Create an account")), 8}),
		"register, closed": Register(RegisterPage{page("Create an account"), 8}),
		"users":            Users(UsersPage{page("Users")}),
		"account":          Account(AccountPage{page("Account"), 8}),
		"docs":             Docs(DocsPage{page("API")}),
		"not found":        Error(ErrorPage{Page: page(""), Status: 404, Detail: hostile, RequestID: hostile}),
		"failure":          Error(ErrorPage{Page: Page{Title: hostile, Assets: static.New(), Version: hostile}, Status: 500}),
	}
}

func render(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(context.Background(), &buf); err != nil {
		t.Fatal(err)
	}
	// Parsed as a browser without scripts would, so that what stands in noscript is seen as elements.
	doc, err := html.ParseWithOptions(&buf, html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// all returns the elements that match; a template's content is part of the tree.
func all(doc *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func byTag(doc *html.Node, tag string) []*html.Node {
	return all(doc, func(n *html.Node) bool { return n.Data == tag })
}

func byID(t *testing.T, doc *html.Node, id string) *html.Node {
	t.Helper()
	found := all(doc, func(n *html.Node) bool { v, _ := attr(n, "id"); return v == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %q, want 1", len(found), id)
	}
	return found[0]
}

func attr(n *html.Node, key string) (string, bool) {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return "", false
	}
	return n.Attr[i].Val, true
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// The policy that the pages are served with would block all of this, and a page would fail in the browser only.
func TestPagesKeepToTheContentPolicy(t *testing.T) {
	files := static.New()
	for name, component := range pages() {
		t.Run(name, func(t *testing.T) {
			for _, n := range all(render(t, component), func(*html.Node) bool { return true }) {
				if n.Data == "style" || n.Data == "base" || n.Data == "iframe" || n.Data == "object" {
					t.Errorf("<%s> is not allowed", n.Data)
				}
				if n.Data == "script" && n.FirstChild != nil {
					t.Errorf("a script has content: %s", text(n))
				}
				for _, a := range n.Attr {
					switch {
					case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
						t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
					case a.Key == "src" || a.Key == "href" || a.Key == "action":
						checkAddress(t, files, a.Val)
					}
				}
			}
		})
	}
}

func checkAddress(t *testing.T, files *static.Files, address string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.IsAbs() || u.Host != "" {
		t.Errorf("the address %q leaves this server", address)
		return
	}
	if name, ok := strings.CutPrefix(u.Path, "/static/"); ok {
		if file, found := files.Lookup(name); !found || !file.Immutable {
			t.Errorf("there is no file at %q", address)
		}
		return
	}
	known := []string{"/", "/login", "/register", "/account", "/users/me/password", "/admin/users", "/docs", "/openapi.json", "#main"}
	if !slices.Contains(known, address) {
		t.Errorf("the address %q is not one of a page", address)
	}
}

func TestPagesShareTheFrame(t *testing.T) {
	for name, component := range pages() {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			if lang, _ := attr(byTag(doc, "html")[0], "lang"); lang != "en" {
				t.Errorf("lang = %q", lang)
			}
			for _, tag := range []string{"title", "main", "header", "footer"} {
				if n := len(byTag(doc, tag)); n != 1 {
					t.Errorf("there are %d <%s>, want 1", n, tag)
				}
			}
			if n := len(byTag(doc, "h1")); n == 0 {
				t.Error("there is no heading")
			}
			skip := byTag(doc, "a")[0]
			if href, _ := attr(skip, "href"); href != "#main" {
				t.Errorf("the first link goes to %q, want it to skip to the content", href)
			}
			byID(t, doc, "main")
			if _, hidden := attr(byID(t, doc, "nav"), "hidden"); !hidden {
				t.Error("the header's links show before anybody is known to be logged in")
			}
			docs := byTag(byTag(doc, "footer")[0], "a")
			if len(docs) != 1 || text(docs[0]) != "API docs" {
				t.Error("the footer does not lead to the API docs")
			}

			seen := make(map[string]bool)
			for _, n := range all(doc, func(n *html.Node) bool { _, ok := attr(n, "id"); return ok }) {
				id, _ := attr(n, "id")
				if seen[id] {
					t.Errorf("two elements have the id %q", id)
				}
				seen[id] = true
			}
		})
	}
}

func TestTitle(t *testing.T) {
	tests := []struct {
		name      string
		component templ.Component
		want      string
	}{
		{"given", Login(LoginPage{page("Log in")}), "Log in · Latchkey"},
		{"none", Home(HomePage{page("")}), "Latchkey"},
		{"unknown path", Error(ErrorPage{Page: page(""), Status: 404}), "Page not found · Latchkey"},
		{"failure", Error(ErrorPage{Page: page(""), Status: 500}), "Something went wrong · Latchkey"},
		{"failure with a title", Error(ErrorPage{Page: page("Sorry"), Status: 500}), "Sorry · Latchkey"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := text(byTag(render(t, tt.component), "title")[0]); got != tt.want {
				t.Errorf("title = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLoginForm(t *testing.T) {
	doc := render(t, Login(LoginPage{page("Log in")}))
	wantAttributes(t, doc, []attributes{
		{"login-form", map[string]string{"method": "post", "action": "/login"}},
		{"username", map[string]string{"name": "username", "type": "text", "autocomplete": "username", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}},
		{"password", map[string]string{"name": "password", "type": "password", "autocomplete": "current-password", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}},
		{"reveal", map[string]string{"type": "button", "aria-pressed": "false", "hidden": ""}},
		{"log-in", map[string]string{"type": "submit", "disabled": ""}},
		{"errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "username", "password")
	wantNoScript(t, doc)
}

// attributes is what the element with an id must have.
type attributes struct {
	id    string
	attrs map[string]string
}

func wantAttributes(t *testing.T, doc *html.Node, elements []attributes) {
	t.Helper()
	for _, tt := range elements {
		t.Run(tt.id, func(t *testing.T) {
			n := byID(t, doc, tt.id)
			for key, want := range tt.attrs {
				if got, ok := attr(n, key); !ok || got != want {
					t.Errorf("%s = %q (there: %v), want %q", key, got, ok, want)
				}
			}
			if _, prefilled := attr(n, "value"); prefilled {
				t.Error("the field is prefilled")
			}
		})
	}
}

func wantLabels(t *testing.T, doc *html.Node, ids ...string) {
	t.Helper()
	for _, id := range ids {
		labels := all(doc, func(n *html.Node) bool { v, _ := attr(n, "for"); return n.Data == "label" && v == id })
		if len(labels) != 1 || text(labels[0]) == "" {
			t.Errorf("the field %s has %d labels, want one with text", id, len(labels))
		}
	}
}

func wantNoScript(t *testing.T, doc *html.Node) {
	t.Helper()
	if notes := byTag(doc, "noscript"); len(notes) != 1 || !strings.Contains(text(notes[0]), "JavaScript") {
		t.Error("nothing is said to those without JavaScript")
	}
}

func TestTheWayToAnAccountShowsWhileSignUpIsOpen(t *testing.T) {
	for _, signup := range []bool{true, false} {
		p := page("Log in")
		p.Signup = signup
		says := strings.Contains(text(render(t, Login(LoginPage{p}))), "New here? Create an account")
		if says != signup {
			t.Errorf("sign-up is open = %v, and the login page leads there = %v", signup, says)
		}
		if forms := byTag(render(t, Register(RegisterPage{p, 8})), "form"); (len(forms) == 1) != signup {
			t.Errorf("sign-up is open = %v, and the page has %d forms", signup, len(forms))
		}
	}
	closed := render(t, Register(RegisterPage{page(""), 8}))
	if got := text(byID(t, closed, "main")); !strings.Contains(got, "Sign-up is closed") || !strings.Contains(got, "administrator") {
		t.Errorf("the page does not say whom to ask: %s", got)
	}
	if n := len(byTag(closed, "script")); n != 0 {
		t.Errorf("the page has %d scripts, want none", n)
	}
}

func TestRegisterForm(t *testing.T) {
	doc := render(t, Register(RegisterPage{open(page("Create an account")), 12}))
	wantAttributes(t, doc, []attributes{
		{"register-form", map[string]string{"method": "post", "action": "/register"}},
		{"username", map[string]string{"name": "username", "type": "text", "autocomplete": "username", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "aria-describedby": "username-rules"}},
		{"password", map[string]string{"name": "password", "type": "password", "autocomplete": "new-password", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "aria-describedby": "password-rules", "data-min-length": "12"}},
		{"email", map[string]string{"name": "email", "type": "email", "autocomplete": "email"}},
		{"reveal", map[string]string{"type": "button", "aria-pressed": "false", "hidden": ""}},
		{"create-account", map[string]string{"type": "submit", "disabled": ""}},
		{"created", map[string]string{"hidden": ""}},
		{"errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "username", "password", "email")
	wantNoScript(t, doc)
	if got := text(byID(t, doc, "password-rules")); !strings.Contains(got, "12 to 256 characters") {
		t.Errorf("the rules of a password are %q", got)
	}
	if got := text(byID(t, doc, "username-rules")); !strings.Contains(got, "3 to 64") {
		t.Errorf("the rules of a user name are %q", got)
	}
}

func TestUsersPage(t *testing.T) {
	doc := render(t, Users(UsersPage{page("Users")}))
	wantAttributes(t, doc, []attributes{
		{"search", map[string]string{"type": "search", "maxlength": "64", "autocomplete": "off", "autocapitalize": "none"}},
		{"users", map[string]string{"role": "table", "aria-labelledby": "users-heading"}},
		{"more", map[string]string{"type": "button", "hidden": ""}},
		{"confirm", map[string]string{"aria-labelledby": "confirm-heading", "aria-describedby": "confirm-text"}},
		{"confirm-cancel", map[string]string{"type": "button", "autofocus": ""}},
		{"roles-dialog", map[string]string{"aria-labelledby": "roles-heading"}},
		{"role", map[string]string{"type": "text", "autocapitalize": "none", "aria-describedby": "role-rules"}},
		{"errors", map[string]string{"role": "alert"}},
		{"roles-errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
		{"roles-status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "search", "role")
	if byID(t, doc, "rows").FirstChild != nil {
		t.Error("there are users before anybody has asked for them")
	}
	for _, dialog := range byTag(doc, "dialog") {
		if _, isOpen := attr(dialog, "open"); isOpen {
			t.Error("a dialog is open from the start")
		}
	}
}

func TestAccountPage(t *testing.T) {
	doc := render(t, Account(AccountPage{page("Account"), 12}))
	field := map[string]string{"type": "password", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
	wantAttributes(t, doc, []attributes{
		{"password-form", map[string]string{"method": "post", "action": "/users/me/password"}},
		{"username", map[string]string{"autocomplete": "username", "readonly": "", "hidden": ""}},
		{"current-password", field},
		{"current-password", map[string]string{"name": "current-password", "autocomplete": "current-password"}},
		{"new-password", field},
		{"new-password", map[string]string{"name": "new-password", "autocomplete": "new-password", "aria-describedby": "password-rules", "data-min-length": "12"}},
		{"current-reveal", map[string]string{"type": "button", "aria-pressed": "false", "aria-controls": "current-password", "hidden": ""}},
		{"new-reveal", map[string]string{"type": "button", "aria-pressed": "false", "aria-controls": "new-password", "hidden": ""}},
		{"change-password", map[string]string{"type": "submit", "disabled": ""}},
		{"sessions", map[string]string{"role": "table", "aria-labelledby": "sessions-heading", "hidden": ""}},
		{"end-others", map[string]string{"type": "button", "hidden": ""}},
		{"reload", map[string]string{"type": "button", "hidden": ""}},
		{"confirm-cancel", map[string]string{"type": "button", "autofocus": ""}},
		{"errors", map[string]string{"role": "alert"}},
		{"sessions-errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "current-password", "new-password")
	if got := text(byID(t, doc, "password-rules")); !strings.Contains(got, "12 to 256 characters") {
		t.Errorf("the rules of a password are %q", got)
	}
	if got := text(byID(t, doc, "new-reveal")); got != "Show new password" {
		t.Errorf("the button that shows the new password says %q", got)
	}
	if byID(t, doc, "rows").FirstChild != nil {
		t.Error("there are sessions before anybody has asked for them")
	}
}

// Where the cookie does not stick, the page can tell whether that is because of the address it was opened at.
func TestPagesThatLogInKnowThePublicAddress(t *testing.T) {
	p := open(page(""))
	p.PublicURL = "https://login.example.org"
	for name, component := range map[string]templ.Component{
		"login":    Login(LoginPage{p}),
		"register": Register(RegisterPage{p, 8}),
	} {
		t.Run(name, func(t *testing.T) {
			wantAttributes(t, render(t, component), []attributes{
				{"not-kept", map[string]string{"data-public-url": "https://login.example.org", "hidden": ""}},
				{"not-kept-heading", map[string]string{"tabindex": "-1"}},
				{"public-address", map[string]string{"hidden": ""}},
				{"go-on", map[string]string{"href": "/"}},
			})
		})
	}
}

// The frame that Swagger UI is drawn in loads it before the module that starts it.
func TestDocsLoadTheirScriptsInOrder(t *testing.T) {
	doc := render(t, Docs(DocsPage{page("API")}))
	byID(t, doc, "swagger-ui")
	wantNoScript(t, doc)
	var names []string
	for _, script := range byTag(doc, "script") {
		src, _ := attr(script, "src")
		_, deferred := attr(script, "defer")
		if kind, _ := attr(script, "type"); kind != "module" && !deferred {
			t.Errorf("%s holds up the page", src)
		}
		names = append(names, path.Base(src))
	}
	if want := []string{"swagger-ui-bundle.js", "docs.js"}; !slices.Equal(names, want) {
		t.Errorf("the scripts are %v, want %v", names, want)
	}
}

func TestTheHeaderMarksThePageItIsOn(t *testing.T) {
	for id, component := range map[string]templ.Component{
		"nav-home":    Home(HomePage{page("Home")}),
		"nav-account": Account(AccountPage{page("Account"), 8}),
		"nav-users":   Users(UsersPage{page("Users")}),
		"":            Docs(DocsPage{page("API")}),
	} {
		for _, link := range byTag(byID(t, render(t, component), "nav"), "a") {
			got, _ := attr(link, "id")
			if current, _ := attr(link, "aria-current"); (current == "page") != (got == id) {
				t.Errorf("on the page of %q, %s has aria-current = %q", id, got, current)
			}
		}
	}
}

// Until the module has asked, nobody knows who is logged in, so no card may claim anything.
func TestPagesForMembersStartByChecking(t *testing.T) {
	for name, component := range map[string]templ.Component{
		"home":    Home(HomePage{page("Home")}),
		"account": Account(AccountPage{page("Account"), 8}),
		"users":   Users(UsersPage{page("Users")}),
	} {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			byID(t, doc, "member")
			for _, section := range byTag(doc, "section") {
				id, _ := attr(section, "id")
				if _, hidden := attr(section, "hidden"); hidden == (id == "checking") {
					t.Errorf("the card %q is hidden = %v", id, hidden)
				}
				if _, ok := attr(byTag(section, "h1")[0], "tabindex"); !ok {
					t.Errorf("the heading of the card %q cannot take the focus", id)
				}
			}
			wantNoScript(t, doc)
		})
	}
}

func TestErrorPage(t *testing.T) {
	tests := []struct {
		name   string
		page   ErrorPage
		want   []string
		absent []string
	}{
		{"unknown path", ErrorPage{Status: 404}, []string{"404", "Page not found", "home page"}, []string{"quote this id"}},
		{"failure", ErrorPage{Status: 500, RequestID: "abc-123"}, []string{"500", "Something went wrong", "quote this id: abc-123"}, nil},
		{"refused", ErrorPage{Status: 403, Detail: "You may not."}, []string{"403", "Something went wrong", "You may not."}, []string{"not your fault"}},
		{"hostile texts", ErrorPage{Status: 500, Detail: hostile, RequestID: hostile}, []string{hostile}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.page.Page = page("")
			doc := render(t, Error(tt.page))
			got := text(byID(t, doc, "main"))
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("the page does not say %q: %s", want, got)
				}
			}
			for _, absent := range tt.absent {
				if strings.Contains(got, absent) {
					t.Errorf("the page says %q: %s", absent, got)
				}
			}
			if n := len(byTag(doc, "script")); n != 0 {
				t.Errorf("the page has %d scripts, want none", n)
			}
		})
	}
}
