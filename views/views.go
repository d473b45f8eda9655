// Package views renders the pages.
//
// A page is a shell without user data, because a navigation carries no access token. The page's
// module in package static loads the data from the API. Each page has one component and one data
// struct.
package views

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"latchkey/static"
)

//go:generate go tool templ generate

// needsScript is what a page says in a browser without JavaScript.
const needsScript = "This page needs JavaScript, which is turned off in your browser. Turn it on, then reload the page."

// Page is the data that all pages need.
type Page struct {
	Title       string        // the first part of the browser's title; may be empty
	Description string        // one sentence for search engines and previews of links; may be empty
	AppName     string        // what people log in to
	Assets      *static.Files // where the URLs of static files come from
	Version     string        // the program's version, for the footer; may be empty
	Footer      bool          // whether the page has a footer: only those of administrators and developers do
	Signup      bool          // whether anyone may create an account
	PublicURL   string        // the origin that people use; may be empty
}

// PasswordRules are the rules for a new password that a page can check.
type PasswordRules struct {
	Min, Max int      // length in characters
	Names    []string // that everybody tries
}

// NameRules say what a username or the name of a role consists of: letters, digits and
// Punctuation.
type NameRules struct {
	Min, Max    int    // length in characters
	Punctuation string // such as "._-"; none of ^ \ [ ] or other special characters of a regular expression
}

// HomePage is the data of [Home].
type HomePage struct{ Page }

// LoginPage is the data of [Login].
type LoginPage struct{ Page }

// RegisterPage is the data of [Register].
type RegisterPage struct {
	Page
	Username NameRules
	Password PasswordRules
	MaxEmail int // length of the e-mail address, in characters
}

// SetPasswordPage is the data of [SetPassword].
type SetPasswordPage struct {
	Page
	Password PasswordRules
}

// UsersPage is the data of [Users].
type UsersPage struct {
	Page
	Username NameRules
	Password PasswordRules
	MaxEmail int // length of an e-mail address, in characters
	Role     NameRules
	MaxRoles int // per user
}

// AccountPage is the data of [Account].
type AccountPage struct {
	Page
	Password PasswordRules
	MaxEmail int // length of the e-mail address, in characters
}

// DocsPage is the data of [Docs]: what an API compares a token with, besides the PublicURL. It must
// never contain a secret, because everyone can read the page.
type DocsPage struct {
	Page
	Audience      string // aud of every token
	Algorithm     string // alg of new tokens, such as "HS256"
	PasswordGrant bool   // whether POST /token accepts a username and password
}

// ErrorPage is the data of [Error]. An empty Title is derived from the Status.
type ErrorPage struct {
	Page
	Status    int    // HTTP status
	Detail    string // what happened, as a sentence; may be empty
	RequestID string // the id of the request in the log; may be empty
}

func (p Page) fullTitle() string {
	if p.Title == "" {
		return p.AppName
	}
	return p.Title + " · " + p.AppName
}

// hint describes the rules before a password breaks them.
func (r PasswordRules) hint() string {
	return fmt.Sprintf("At least %d characters, and hard to guess.", r.Min)
}

// attributes are those of a field for a new password. They are no minlength and maxlength, because
// a browser cuts off what is longer, and counts differently from the server.
func (r PasswordRules) attributes() templ.Attributes {
	return templ.Attributes{
		"data-min-length":  strconv.Itoa(r.Min),
		"data-max-length":  strconv.Itoa(r.Max),
		"data-names":       strings.Join(r.Names, " "),
		"aria-describedby": "password-rules",
	}
}

// pattern is the value of a pattern attribute. The letters are ranges such as "a-z".
func (r NameRules) pattern(letters string) string {
	return fmt.Sprintf(`[%s0-9%s]{%d,%d}`, letters, strings.ReplaceAll(r.Punctuation, "-", `\-`), r.Min, r.Max)
}

// spacedPunctuation separates the characters so that people can tell them apart, such as ". _ -".
func (r NameRules) spacedPunctuation() string {
	return strings.Join(strings.Split(r.Punctuation, ""), " ")
}

// usernameRule is shown when a username doesn't match the rules.
func (r NameRules) usernameRule() string {
	return fmt.Sprintf("Use %d to %d characters for the username: the letters a to z, digits and %s.", r.Min, r.Max, r.spacedPunctuation())
}

// roleAttributes are those of a field for roles: what role-names.js checks.
func (p UsersPage) roleAttributes() templ.Attributes {
	r := p.Role
	return templ.Attributes{
		"pattern":        r.pattern("a-z"),
		"data-rule":      fmt.Sprintf("Use %d to %d lower-case letters, digits and %s for a role.", r.Min, r.Max, r.spacedPunctuation()),
		"data-max-roles": strconv.Itoa(p.MaxRoles),
	}
}

// closedTitle is what the sign-up page says while nobody can sign up.
const closedTitle = "Sign-up is closed"

// closed returns the page with the title for when sign-up is closed.
func (p RegisterPage) closed() Page {
	p.Title = closedTitle
	return p.Page
}

// tokenCommand gets a token on the command line.
func (p DocsPage) tokenCommand() string {
	if !p.PasswordGrant {
		return "curl " + p.PublicURL + "/login \\\n  -H 'Content-Type: application/json' \\\n" +
			`  -d '{"name": "NAME", "password": "PASSWORD"}'`
	}
	return "curl " + p.PublicURL + "/token \\\n  -d username=NAME \\\n  --data-urlencode password=PASSWORD"
}

// revokeCommand logs out on the command line.
func (p DocsPage) revokeCommand() string {
	return "curl " + p.PublicURL + "/revoke \\\n  -d token=TOKEN"
}

// hasPublicKeys reports whether tokens are signed with a key pair, and not with the secret.
func (p DocsPage) hasPublicKeys() bool { return p.Algorithm != "HS256" }

// isMissing reports whether there is no page at the address. What else may be there is of no use to
// people.
func (p ErrorPage) isMissing() bool {
	return p.Status == http.StatusNotFound || p.Status == http.StatusMethodNotAllowed
}

func (p ErrorPage) headline() string {
	if p.isMissing() {
		return "Page not found"
	}
	return "Something went wrong"
}

// sentence says what to do. The detail, which is written for the person who sees it, knows best.
func (p ErrorPage) sentence() string {
	switch {
	case p.isMissing():
		return "Check the address for typing mistakes, or start from the home page."
	case p.Status == http.StatusInternalServerError:
		return "This is not your fault. Try again in a moment."
	case p.Detail != "":
		return p.Detail
	default:
		return "Go back and try again, or start from the home page."
	}
}

// askForHelp reports whether the page shows the request's id, with which the operator finds the
// cause in the log.
func (p ErrorPage) askForHelp() bool {
	return p.Status >= http.StatusInternalServerError && p.RequestID != ""
}

func (p ErrorPage) page() Page {
	if p.Title == "" {
		p.Title = p.headline()
	}
	return p.Page
}
