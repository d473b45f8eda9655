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
	want(b, text("#username-rules"), "Letters, digits and . _ - @ +")
	want(b, text("#password-rules"), "At least 8 characters, and hard to guess.")
	want(b, text("#email-purpose"), "Only administrators see this.")
	for _, hint := range []string{"#username-rules", "#password-rules", "#email-purpose"} {
		want(b, "document.querySelector('"+hint+"').clientHeight < 30", true) // one line
	}
	b.enter("#username", "rosa")
	b.enter("#password", rosaPassword)
	b.enter("#email", "rosa@example.org")
	b.press(kb.Enter)
	b.waitForCard("content")
	want(b, "location.pathname", "/")
	want(b, text("#name"), "rosa")
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
		{"ro", rosaPassword, "Use 3 to 64 characters for the username: the letters a to z, digits and . _ - @ +.", "username"},
		{"<b>rosa", rosaPassword, "Use 3 to 64 characters for the username: the letters a to z, digits and . _ - @ +.", "username"},
		{"", rosaPassword, "Enter a username.", "username"},
		{"rosa", "", "Enter a password.", "password"},
	} {
		b.openSignUp()
		b.enter("#username", row.name)
		b.enter("#password", row.password)
		b.click("#create-account")
		b.waitFor("document.activeElement.id === '" + row.field + "' && " + text("#"+row.field+"-error") + " !== ''")
		b.wantFieldError(row.field, row.message)
		want(b, "localStorage.length", 0)
	}
	if n := b.countRequests("POST /register"); n != 2 {
		t.Errorf("%d requests were sent, want 2 for what only the server can decide", n)
	}
}

func TestClosedSignUpHasTheHeaderAndLeadsOn(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t, "SIGNUP=closed")
	defer b.close()
	b.open("/register?next=/account")
	b.waitFor("document.querySelector('main a').search !== ''")
	b.click("main a")
	b.submitLogin("marisol", marisolPassword)
	b.waitForCard("content")
	want(b, "location.pathname", "/account")
	b.open("/register")
	b.waitFor(text("#who-name") + " === 'marisol'")
	b.click("#log-out")
	b.waitFor("document.querySelector('#who').hidden")
	want(b, storedToken+" === null", true)
}
