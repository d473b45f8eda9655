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
	Footer      bool          // whether the page has a footer, for people who know what an API is
	Signup      bool          // whether anyone may create an account
	PublicURL   string        // the origin that people use; may be empty
}

// PasswordRules bound the length of a new password, in characters.
type PasswordRules struct{ Min, Max int }

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

// UsersPage is the data of [Users].
type UsersPage struct {
	Page
	Username NameRules
	Role     NameRules
	MaxRoles int // per user
}

// AccountPage is the data of [Account].
type AccountPage struct {
	Page
	Password PasswordRules
}

// DocsPage is the data of [Docs].
type DocsPage struct{ Page }

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
	return fmt.Sprintf("%d to %d characters. Avoid common passwords and your username. A few unrelated words work well.", r.Min, r.Max)
}

// attributes are those of a field for a new password. They are no minlength and maxlength, because
// a browser cuts off what is longer, and counts differently from the server.
func (r PasswordRules) attributes() templ.Attributes {
	return templ.Attributes{
		"data-min-length":  strconv.Itoa(r.Min),
		"data-max-length":  strconv.Itoa(r.Max),
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
func (p RegisterPage) usernameRule() string {
	r := p.Username
	return fmt.Sprintf("Use %d to %d characters for the username: the letters a to z, digits and %s.", r.Min, r.Max, r.spacedPunctuation())
}

// roleRule is shown when a role doesn't match the rules.
func (p UsersPage) roleRule() string {
	r := p.Role
	return fmt.Sprintf("Use %d to %d lower-case letters, digits and %s for a role.", r.Min, r.Max, r.spacedPunctuation())
}

func (p ErrorPage) headline() string {
	if p.Status == http.StatusNotFound {
		return "Page not found"
	}
	return "Something went wrong"
}

func (p ErrorPage) advice() string {
	switch {
	case p.Status == http.StatusNotFound:
		return "Check the address for typing mistakes, or start from the home page."
	case p.Status >= http.StatusInternalServerError:
		return "Try again in a moment."
	default:
		return "Go back and try again, or start from the home page."
	}
}

func (p ErrorPage) page() Page {
	if p.Title == "" {
		p.Title = p.headline()
	}
	return p.Page
}
