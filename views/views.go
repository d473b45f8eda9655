// Package views renders the pages.
//
// A page is a shell: it holds no data of a user, because a navigation carries no bearer token. The page's module in
// package static asks the API for them. Each page has one component and one data struct, in the file of its name.
package views

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"latchkey/static"
)

//go:generate go tool templ generate

// Page is what every page needs.
type Page struct {
	Title   string        // what stands before the program's name in the browser's title; may be empty
	Assets  *static.Files // the source of all addresses of files
	Version string        // of the program, for the footer; may be empty
	Signup  bool          // whether everybody may create an account

	PublicURL string // the origin people use, for the pages that log in; may be empty
}

// HomePage is the data of [Home].
type HomePage struct{ Page }

// LoginPage is the data of [Login].
type LoginPage struct{ Page }

// RegisterPage is the data of [Register].
type RegisterPage struct {
	Page
	MinLength int // of a new password, in characters
}

// UsersPage is the data of [Users].
type UsersPage struct{ Page }

// AccountPage is the data of [Account].
type AccountPage struct {
	Page
	MinLength int // of a new password, in characters
}

// DocsPage is the data of [Docs].
type DocsPage struct{ Page }

// ErrorPage is the data of [Error]. An empty Title is filled in from the Status.
type ErrorPage struct {
	Page
	Status    int    // HTTP status
	Detail    string // what happened, in a sentence for the person who reads it; may be empty
	RequestID string // what the log knows the request by; may be empty
}

func (p Page) fullTitle() string {
	if p.Title == "" {
		return "Latchkey"
	}
	return p.Title + " · Latchkey"
}

// passwordRules says what the server asks of a new password before one fails it.
func passwordRules(minLength int) string {
	return fmt.Sprintf("%d to 256 characters, without your user name, and no common password. A few words in a row are fine.", minLength)
}

// newPassword is what the field for one has beside others, for the script and for those who hear the rules.
func newPassword(minLength int) templ.Attributes {
	return templ.Attributes{"data-min-length": strconv.Itoa(minLength), "aria-describedby": "password-rules"}
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
		return "There is nothing at this address. Check it for a typing mistake, or start from the home page."
	case p.Status >= http.StatusInternalServerError:
		return "This is not your fault. Try again in a moment."
	default:
		return "The server could not answer this request. Go back and try again, or start from the home page."
	}
}

func (p ErrorPage) page() Page {
	if p.Title == "" {
		p.Title = p.headline()
	}
	return p.Page
}
