package views

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"latchkey/static"
)

const hostile = `<script>alert(1)</script><img src=x onerror="alert(1)">'"&`

func page(title string) Page {
	return Page{Title: title, AppName: "Latchkey", Assets: static.New(), Version: "1.2.3"}
}

// withSignup returns the page's data while sign-up is open.
func withSignup(p Page) Page {
	p.Signup = true
	return p
}

func registerPage(p Page) RegisterPage {
	return RegisterPage{
		Page: p, Username: NameRules{3, 64, "._-@+"}, Password: PasswordRules{12, 256, nil}, MaxEmail: 254,
	}
}

func setPasswordPage(p Page) SetPasswordPage {
	return SetPasswordPage{p, PasswordRules{12, 256, nil}}
}

func accountPage() AccountPage {
	return AccountPage{page("Account"), PasswordRules{12, 256, nil}, 254}
}

func usersPage() UsersPage {
	return UsersPage{
		Page: page("Users"), Username: NameRules{3, 64, "._-@+"}, Password: PasswordRules{12, 256, nil}, MaxEmail: 254,
		Role: NameRules{1, 64, "._:-"}, MaxRoles: 32,
	}
}

func docsPage() DocsPage {
	p := page("API")
	p.PublicURL = "https://login.example.org"
	return DocsPage{Page: p, Audience: "acme", Algorithm: "HS256", PasswordGrant: true}
}

// pages returns every page, with hostile text wherever a page accepts text.
func pages() map[string]templ.Component {
	return map[string]templ.Component{
		"home":             Home(HomePage{page("Home")}),
		"login":            Login(LoginPage{page("Log in")}),
		"login, open":      Login(LoginPage{withSignup(page("Log in"))}),
		"register":         Register(registerPage(withSignup(page("Create an account")))),
		"register, closed": Register(registerPage(page("Create an account"))),
		"set-password":     SetPassword(setPasswordPage(page("Set your password"))),
		"users":            Users(usersPage()),
		"account":          Account(accountPage()),
		"docs":             Docs(docsPage()),
		"not found":        Error(ErrorPage{Page: page(""), Status: 404, Detail: hostile, RequestID: hostile}),
		"failure":          Error(ErrorPage{Page: Page{Title: hostile, Assets: static.New(), Version: hostile}, Status: 500}),
	}
}

// The Content-Security-Policy would block all of this, and only a browser would notice.
func TestPagesObeyTheContentSecurityPolicy(t *testing.T) {
	files := static.New()
	for name, component := range pages() {
		t.Run(name, func(t *testing.T) {
			for _, n := range all(render(t, component), func(*html.Node) bool { return true }) {
				if n.Data == "style" || n.Data == "base" || n.Data == "iframe" || n.Data == "object" {
					t.Errorf("<%s> is not allowed", n.Data)
				}
				if n.Data == "script" && n.FirstChild != nil {
					t.Errorf("a script is inline: %s", text(n))
				}
				for _, a := range n.Attr {
					switch {
					case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
						t.Errorf("<%s> has the attribute %s", n.Data, a.Key)
					case a.Key == "src" || a.Key == "href" || a.Key == "action":
						checkLink(t, files, a.Val)
					}
				}
			}
		})
	}
}

func checkLink(t *testing.T, files *static.Files, link string) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || u.IsAbs() || u.Host != "" {
		t.Errorf("the link %q leaves this server", link)
		return
	}
	if name, ok := strings.CutPrefix(u.Path, "/static/"); ok {
		if file, found := files.Lookup(name); !found || !file.Immutable {
			t.Errorf("there is no file at %q", link)
		}
		return
	}
	if part, ok := strings.CutPrefix(link, "/account#"); ok {
		byID(t, render(t, Account(accountPage())), part)
		return
	}
	known := []string{
		"/", "/login", "/register", "/set-password", "/account", "/users/me/password", "/users/me/deletion", "/admin/users", "/docs", "/openapi.json",
		"/.well-known/oauth-authorization-server", "#main",
	}
	if !slices.Contains(known, link) {
		t.Errorf("the link %q leads nowhere", link)
	}
}

func TestPagesShareOneLayout(t *testing.T) {
	for name, component := range pages() {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			if lang, _ := attr(byTag(doc, "html")[0], "lang"); lang != "en" {
				t.Errorf("lang = %q", lang)
			}
			for _, tag := range []string{"title", "main", "header"} {
				if n := len(byTag(doc, tag)); n != 1 {
					t.Errorf("there are %d <%s>, want 1", n, tag)
				}
			}
			if n := len(byTag(doc, "h1")); n == 0 {
				t.Error("there is no heading")
			}
			skip := byTag(doc, "a")[0]
			if href, _ := attr(skip, "href"); href != "#main" {
				t.Errorf("the first link leads to %q, want the skip link", href)
			}
			byID(t, doc, "main")
			if _, hidden := attr(byID(t, doc, "nav"), "hidden"); !hidden {
				t.Error("the header's links are visible before anyone is logged in")
			}
			if _, hidden := attr(byID(t, doc, "who"), "hidden"); !hidden {
				t.Error("the header names a user before anyone is logged in")
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
		{"sign-up closed", Register(registerPage(page("Create an account"))), "Sign-up is closed · Latchkey"},
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
		{"remember", map[string]string{"name": "remember", "type": "checkbox", "checked": ""}},
		{"log-in", map[string]string{"type": "submit", "disabled": ""}},
		{"errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "username", "password")
	wantNoScript(t, doc)
}

func TestSignupIsOfferedOnlyWhileItIsOpen(t *testing.T) {
	for _, signup := range []bool{true, false} {
		p := page("Log in")
		p.Signup = signup
		offered := strings.Contains(text(render(t, Login(LoginPage{p}))), "New here? Create an account")
		if offered != signup {
			t.Errorf("sign-up open: %v, offered on the login page: %v", signup, offered)
		}
		if forms := byTag(render(t, Register(registerPage(p))), "form"); (len(forms) == 1) != signup {
			t.Errorf("sign-up open: %v, and the page has %d forms", signup, len(forms))
		}
	}
	closed := render(t, Register(registerPage(page(""))))
	if got := text(byID(t, closed, "main")); !strings.Contains(got, "Sign-up is closed") || !strings.Contains(got, "administrator") {
		t.Errorf("the page doesn't say whom to ask: %s", got)
	}
}

func TestRegisterForm(t *testing.T) {
	doc := render(t, Register(registerPage(withSignup(page("Create an account")))))
	wantAttributes(t, doc, []attributes{
		{"register-form", map[string]string{"method": "post", "action": "/register"}},
		{"username", map[string]string{"name": "username", "type": "text", "autocomplete": "username", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "aria-describedby": "username-rules"}},
		{"password", map[string]string{"name": "password", "type": "password", "autocomplete": "new-password", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false", "aria-describedby": "password-rules"}},
		{"email", map[string]string{"name": "email", "type": "email", "autocomplete": "email"}},
		{"reveal", map[string]string{"type": "button", "aria-pressed": "false", "hidden": ""}},
		{"create-account", map[string]string{"type": "submit", "disabled": ""}},
		{"created", map[string]string{"hidden": ""}},
		{"errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "username", "password", "email")
	wantNoScript(t, doc)
}

func TestSetPasswordForm(t *testing.T) {
	doc := render(t, SetPassword(setPasswordPage(page("Set your password"))))
	wantAttributes(t, doc, []attributes{
		{"set-password-form", map[string]string{"method": "post", "action": "/set-password"}},
		{"new-password", map[string]string{"name": "new-password", "type": "password", "autocomplete": "new-password", "aria-describedby": "password-rules"}},
		{"set-password", map[string]string{"type": "submit", "disabled": ""}},
		{"incomplete", map[string]string{"hidden": ""}},
		{"expired", map[string]string{"hidden": ""}},
		{"done", map[string]string{"hidden": ""}},
	})
	wantLabels(t, doc, "new-password")
	wantNoScript(t, doc)
	if inputs := byTag(doc, "input"); len(inputs) != 1 {
		t.Errorf("there are %d fields: the page knows nothing about the user", len(inputs))
	}
}

func TestFieldsCarryTheRulesThatTheirScriptsCheck(t *testing.T) {
	register := registerPage(withSignup(page("")))
	register.Username = NameRules{4, 32, "-_"}
	register.Password = PasswordRules{12, 99, []string{"Acme <Cloud>", "admin"}}
	register.MaxEmail = 77
	doc := render(t, Register(register))
	wantAttributes(t, doc, []attributes{
		{"username", map[string]string{"pattern": `[A-Za-z0-9\-_]{4,32}`, "data-rule": "Use 4 to 32 characters for the username: the letters a to z, digits and - _."}},
		{"password", map[string]string{"data-min-length": "12", "data-max-length": "99", "data-names": "Acme <Cloud> admin"}},
		{"email", map[string]string{"maxlength": "77"}},
	})
	wantPrefix(t, doc, "username-rules", "Letters, digits and - _")
	wantPrefix(t, doc, "password-rules", "At least 12 characters, and hard to guess.")

	account := accountPage()
	account.Password = PasswordRules{12, 99, []string{"Acme <Cloud>", "admin"}}
	doc = render(t, Account(account))
	wantAttributes(t, doc, []attributes{{"new-password", map[string]string{"data-min-length": "12", "data-max-length": "99", "data-names": "Acme <Cloud> admin"}}})
	wantPrefix(t, doc, "password-rules", "At least 12 characters, and hard to guess.")

	users := usersPage()
	users.Username = NameRules{4, 32, "-_"}
	users.Password = PasswordRules{12, 99, nil}
	users.MaxEmail = 77
	users.Role = NameRules{2, 9, ":-"}
	users.MaxRoles = 5
	roles := map[string]string{"pattern": `[a-z0-9:\-]{2,9}`, "data-rule": "Use 2 to 9 lower-case letters, digits and : - for a role.", "data-max-roles": "5"}
	doc = render(t, Users(users))
	wantAttributes(t, doc, []attributes{
		{"search", map[string]string{"maxlength": "77"}}, // for either
		{"role-filter", map[string]string{"maxlength": "9"}},
		{"email", map[string]string{"maxlength": "77"}},
		{"add-email", map[string]string{"maxlength": "77"}},
		{"add-username", map[string]string{"pattern": `[A-Za-z0-9\-_]{4,32}`, "data-rule": "Use 4 to 32 characters for the username: the letters a to z, digits and - _."}},
		{"add-password", map[string]string{"data-min-length": "12", "data-max-length": "99"}},
		{"role", roles}, {"add-roles", roles},
	})
	wantPrefix(t, doc, "role-rules", "Lower-case letters, digits and : -")
}

func TestPatternMatchesExactlyTheAllowedNames(t *testing.T) {
	pattern := regexp.MustCompile("^(?:" + NameRules{3, 8, "._-@+"}.pattern("A-Za-z") + ")$")
	for name, want := range map[string]bool{
		"abc": true, "Ab1": true, "a.b": true, "a_b": true, "a-b": true, "a@b": true, "a+b": true, "abcdefgh": true,
		"": false, "ab": false, "abcdefghi": false, "a b": false, "a,b": false, "a/b": false, "a?b": false, "äbc": false,
	} {
		if got := pattern.MatchString(name); got != want {
			t.Errorf("%q matches: %v, want %v", name, got, want)
		}
	}
}

func TestUsersPage(t *testing.T) {
	doc := render(t, Users(usersPage()))
	wantAttributes(t, doc, []attributes{
		{"search", map[string]string{"name": "q", "type": "search", "autocomplete": "off", "autocapitalize": "none"}},
		{"role-filter", map[string]string{"name": "role", "list": "known-roles"}},
		{"state-filter", map[string]string{"name": "disabled"}},
		{"panel", map[string]string{"aria-labelledby": "panel-name"}},
		{"link", map[string]string{"readonly": "", "aria-labelledby": "link-heading", "aria-describedby": "link-hint"}},
		{"link-result", map[string]string{"hidden": ""}},
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
		{"email-status", map[string]string{"role": "status"}},
		{"add-status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "search", "role-filter", "state-filter", "role", "email", "add-username", "add-email", "add-roles", "add-password")
	if byID(t, doc, "rows").FirstChild != nil {
		t.Error("the list isn't empty at first")
	}
	for _, dialog := range byTag(doc, "dialog") {
		if _, isOpen := attr(dialog, "open"); isOpen {
			t.Error("a dialog is open at first")
		}
	}
}

func TestAccountPage(t *testing.T) {
	doc := render(t, Account(accountPage()))
	field := map[string]string{"type": "password", "autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}
	wantAttributes(t, doc, []attributes{
		{"password-form", map[string]string{"method": "post", "action": "/users/me/password"}},
		{"username", map[string]string{"autocomplete": "username", "readonly": "", "hidden": ""}},
		{"current-password", field},
		{"current-password", map[string]string{"name": "current-password", "autocomplete": "current-password"}},
		{"new-password", field},
		{"new-password", map[string]string{"name": "new-password", "autocomplete": "new-password", "aria-describedby": "password-rules"}},
		{"current-reveal", map[string]string{"type": "button", "aria-pressed": "false", "aria-controls": "current-password", "hidden": ""}},
		{"new-reveal", map[string]string{"type": "button", "aria-pressed": "false", "aria-controls": "new-password", "hidden": ""}},
		{"change-password", map[string]string{"type": "submit", "disabled": ""}},
		{"profile-form", map[string]string{"aria-labelledby": "profile-heading"}},
		{"email", map[string]string{"name": "email", "type": "email", "autocomplete": "email", "maxlength": "254", "aria-describedby": "email-purpose", "readonly": ""}},
		{"save-profile", map[string]string{"type": "submit", "disabled": ""}},
		{"rows", map[string]string{"aria-labelledby": "devices-heading"}},
		{"end-others", map[string]string{"type": "button", "hidden": ""}},
		{"reload-profile", map[string]string{"type": "button", "hidden": ""}},
		{"reload-devices", map[string]string{"type": "button", "hidden": ""}},
		{"confirm-cancel", map[string]string{"type": "button", "autofocus": ""}},
		{"deletion-dialog", map[string]string{"aria-labelledby": "deletion-heading", "aria-describedby": "deletion-text"}},
		{"deletion-form", map[string]string{"method": "post", "action": "/users/me/deletion"}},
		{"deletion-password", field},
		{"deletion-password", map[string]string{"autocomplete": "current-password", "autofocus": ""}},
		{"profile-errors", map[string]string{"role": "alert"}},
		{"errors", map[string]string{"role": "alert"}},
		{"devices-errors", map[string]string{"role": "alert"}},
		{"deletion-errors", map[string]string{"role": "alert"}},
		{"status", map[string]string{"role": "status"}},
	})
	wantLabels(t, doc, "email", "current-password", "new-password", "deletion-password")
	if got := text(byID(t, doc, "new-reveal")); got != "Show new password" {
		t.Errorf("the button that shows the new password says %q", got)
	}
	if byID(t, doc, "rows").FirstChild != nil {
		t.Error("the list isn't empty at first")
	}
}

// If the browser doesn't store the cookie, the script compares the page's address with the public
// one.
func TestPagesThatLogInContainThePublicURL(t *testing.T) {
	p := withSignup(page(""))
	p.PublicURL = "https://login.example.org"
	for name, component := range map[string]templ.Component{
		"login":    Login(LoginPage{p}),
		"register": Register(registerPage(p)),
	} {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			wantAttributes(t, doc, []attributes{
				{"no-cookie", map[string]string{"data-public-url": "https://login.example.org", "hidden": ""}},
				{"public-address", map[string]string{"hidden": ""}},
				{"continue", map[string]string{"href": "/"}},
			})
			heading := byTag(byID(t, doc, "no-cookie"), "h1")[0]
			if index, _ := attr(heading, "tabindex"); index != "-1" {
				t.Errorf("the heading can't get the focus: tabindex = %q", index)
			}
		})
	}
}

func TestDocsLoadSwaggerUIBeforeTheModuleThatStartsIt(t *testing.T) {
	doc := render(t, Docs(docsPage()))
	byID(t, doc, "swagger-ui")
	wantNoScript(t, doc)
	var names []string
	for _, script := range byTag(doc, "script") {
		src, _ := attr(script, "src")
		_, deferred := attr(script, "defer")
		if kind, _ := attr(script, "type"); kind != "module" && !deferred {
			t.Errorf("%s blocks the page", src)
		}
		names = append(names, path.Base(src))
	}
	if want := []string{"swagger-ui-bundle.js", "docs.js"}; !slices.Equal(names, want) {
		t.Errorf("the scripts are %v, want %v", names, want)
	}
}

func TestHeaderMarksTheCurrentPage(t *testing.T) {
	for id, component := range map[string]templ.Component{
		"nav-home":    Home(HomePage{page("Home")}),
		"nav-account": Account(accountPage()),
		"nav-users":   Users(usersPage()),
		"":            Docs(docsPage()),
	} {
		for _, link := range byTag(byID(t, render(t, component), "nav"), "a") {
			got, _ := attr(link, "id")
			if current, _ := attr(link, "aria-current"); (current == "page") != (got == id) {
				t.Errorf("on the page of %q, %s has aria-current = %q", id, got, current)
			}
		}
	}
}

// Until the script has asked the server, no card may say whether a user is logged in.
func TestProtectedPagesShowOnlyTheCheckingCardAtFirst(t *testing.T) {
	for name, component := range map[string]templ.Component{
		"home":    Home(HomePage{page("Home")}),
		"account": Account(accountPage()),
		"users":   Users(usersPage()),
	} {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			byID(t, doc, "content")
			for _, section := range byTag(doc, "section") {
				id, _ := attr(section, "id")
				if _, hidden := attr(section, "hidden"); hidden == (id == "checking") {
					t.Errorf("the card %q is hidden: %v", id, hidden)
				}
				if _, ok := attr(byTag(section, "h1")[0], "tabindex"); !ok {
					t.Errorf("the heading of the card %q can't get the focus", id)
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
		{"unknown path", ErrorPage{Status: 404, Detail: "There is nothing.", RequestID: "abc-123"}, []string{"404", "Page not found", "home page"}, []string{"request ID", "There is nothing."}},
		{"failure", ErrorPage{Status: 500, Detail: "It failed.", RequestID: "abc-123"}, []string{"500", "Something went wrong", "Try again in a moment.", "request ID: abc-123"}, []string{"It failed."}},
		{"wrong method", ErrorPage{Status: 405, Detail: "The method is not supported."}, []string{"405", "Page not found", "home page"}, []string{"method"}},
		{"unavailable", ErrorPage{Status: 503, Detail: "The database is unavailable.", RequestID: "abc-123"}, []string{"503", "The database is unavailable.", "abc-123"}, nil},
		{"refused", ErrorPage{Status: 403, Detail: "You may not.", RequestID: "abc-123"}, []string{"403", "Something went wrong", "You may not."}, []string{"in a moment", "request ID"}},
		{"refused without a reason", ErrorPage{Status: 418}, []string{"418", "Go back and try again"}, nil},
		{"hostile detail", ErrorPage{Status: 403, Detail: hostile}, []string{hostile}, nil},
		{"hostile id", ErrorPage{Status: 500, RequestID: hostile}, []string{hostile}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.page.Page = page("")
			doc := render(t, Error(tt.page))
			got := text(byID(t, doc, "main"))
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("the page doesn't say %q: %s", want, got)
				}
			}
			for _, absent := range tt.absent {
				if strings.Contains(got, absent) {
					t.Errorf("the page says %q: %s", absent, got)
				}
			}
			scripts := byTag(doc, "script")
			if src, _ := attr(scripts[0], "src"); len(scripts) != 1 || path.Base(src) != "error.js" {
				t.Errorf("the page has %d scripts, the first of them %q; want error.js alone", len(scripts), src)
			}
		})
	}
}
