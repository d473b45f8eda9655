package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// rosaPassword is the password of rosa, who has no roles.
const rosaPassword = "seven quiet lanterns"

func TestNewUserIsLoggedInAtOnce(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.open("/login")
	b.click(`main a[href="/register"]`)
	b.waitFor("location.pathname === '/register' && document.querySelector('#create-account')?.disabled === false")
	want(b, text("#password-rules")+".startsWith('At least 8 characters')", true)
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.enter("#email", "rosa@example.org")
	b.press(kb.Enter)
	b.waitForCard("content")
	want(b, "location.pathname", "/")
	want(b, text("#name"), "rosa")
	want(b, text("#no-roles"), "none")
	want(b, "document.querySelector('#nav-users').hidden", true)
	b.wantHistory("/login", "/") // so that Back does not return to the form
	if n := b.countRequests("POST /register"); n != 1 {
		t.Errorf("%d requests were sent to /register, want 1", n)
	}
	if status, _ := p.Login("rosa", rosaPassword); status != 200 {
		t.Errorf("POST /login: status %d", status)
	}
}

func TestRefusedSignUpIsReportedAtTheField(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("409 /register", "422 /register")
	for _, row := range []struct{ name, password, message, field string }{
		{"MARISOL", rosaPassword, "This username is taken. Choose another one.", "username"},
		{"rosa", "password123", "This password is too common. Try a few unrelated words.", "password"},
		{"rosa", "short", "The password is too short. Use at least 8 characters.", "password"},
		{"rosa", "i am Rosa herself", "The password contains the username. Choose a different password.", "password"},
		{"<b>rosa", rosaPassword, "Use 3 to 64 characters for the username: the letters a to z, digits and . _ - @ +.", "username"},
		{"", rosaPassword, "Enter a username.", "username"},
		{"rosa", "", "Enter a password.", "password"},
	} {
		b.open("/register")
		b.waitFor("!document.querySelector('#create-account').disabled")
		b.enter("#username", row.name)
		b.enter("#password", row.password)
		b.click("#create-account")
		b.waitFor(text("#errors") + " !== ''")
		want(b, text("#errors"), row.message)
		want(b, "document.querySelector('#errors').getAttribute('role')", "alert")
		want(b, "document.activeElement.id", row.field)
		want(b, "document.activeElement.getAttribute('aria-invalid')", "true")
		want(b, "document.activeElement.getAttribute('aria-describedby').startsWith('errors')", true)
		want(b, "localStorage.length", 0)
	}
	if n := b.countRequests("POST /register"); n != 2 {
		t.Errorf("%d requests were sent, want 2 for what only the server can decide", n)
	}
}
