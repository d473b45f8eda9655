package views

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

// TestPagesNameTheAppAndNotTheProgram covers what people see and what their screen readers say.
// Only the footer, which is for people who know what an API is, names the program.
func TestPagesNameTheAppAndNotTheProgram(t *testing.T) {
	for name, component := range pagesOf("Acme <& Söhne>") {
		t.Run(name, func(t *testing.T) {
			doc := render(t, component)
			if got := text(byTag(doc, "title")[0]); !strings.HasSuffix(got, "Acme <& Söhne>") {
				t.Errorf("the title is %q", got)
			}
			if got := text(byTag(doc, "header")[0]); !strings.HasPrefix(got, "Acme <& Söhne>") {
				t.Errorf("the header says %q", got)
			}
			for n := range doc.Descendants() {
				if n.Type == html.TextNode && strings.Contains(n.Data, "Latchkey") {
					t.Errorf("the page says %q", n.Data)
				}
				for _, a := range n.Attr {
					if strings.Contains(a.Val, "Latchkey") {
						t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
					}
				}
			}
		})
	}
	if got := text(byTag(render(t, Login(LoginPage{named("Acme")})), "h1")[0]); got != "Log in to Acme" {
		t.Errorf("the login page says %q", got)
	}
}

// named returns the data of a page of an app with this name.
func named(app string) Page {
	p := withSignup(page("A title"))
	p.AppName = app
	return p
}

// pagesOf returns every page of an app with this name.
func pagesOf(app string) map[string]templ.Component {
	p := named(app)
	account, users := accountPage(), usersPage()
	account.Page, users.Page = p, p
	closed := registerPage(p)
	closed.Signup = false
	return map[string]templ.Component{
		"home": Home(HomePage{p}), "login": Login(LoginPage{p}), "register": Register(registerPage(p)), "register, closed": Register(closed),
		"set-password": SetPassword(setPasswordPage(p)), "account": Account(account), "users": Users(users),
		"not found": Error(ErrorPage{Page: p, Status: 404}), "failure": Error(ErrorPage{Page: p, Status: 500, RequestID: "1"}),
	}
}
