package browser

import (
	"testing"

	"latchkey/cmd/cmdtest"
)

func TestAccountListsAndEndsSessions(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	var others []string
	for range 3 {
		_, token := p.Login("marisol", marisolPassword)
		others = append(others, token)
	}
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and in 3 other sessions.'")
	want(b, text("#rows tr:nth-child(1) .who")+".replace(/\\s+/g, ' ')", "Chrome on Linux This device")
	want(b, text("#rows tr:nth-child(1) .address"), "127.0.0.1")
	want(b, "['just now', '1 minute ago'].includes("+text("#rows tr:nth-child(1) .used")+")", true)
	want(b, text("#rows tr:nth-child(2) .who"), "Go program")
	want(b, "document.querySelectorAll('#rows .current:not([hidden])').length", 1)

	b.click("#rows tr:nth-child(2) .end")
	b.waitFor(text("#count") + " === 'You are logged in here and in 2 other sessions.'")
	want(b, text("#rows tr:nth-child(2)"), "Go program has been logged out.")
	wantEnded(t, p, others, 1)

	b.click("#end-others")
	b.waitFor("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "End 2 other sessions?")
	b.answer("#confirm-cancel")
	wantEnded(t, p, others, 1)
	b.click("#end-others")
	b.answer("#confirm-go-ahead")
	b.waitFor(text("#sessions-outcome") + " === '2 other sessions have been ended.'")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	want(b, "document.querySelector('#end-others').hidden", true)
	wantEnded(t, p, others, 3)
	b.open("/")
	b.waitForCard("content")
}

// wantEnded fails the test unless the server refuses this many of the tokens.
func wantEnded(t *testing.T, p *cmdtest.Program, tokens []string, count int) {
	t.Helper()
	ended := 0
	for _, token := range tokens {
		if p.Who(token) == 401 {
			ended++
		}
	}
	if ended != count {
		t.Errorf("%d sessions have ended, want %d", ended, count)
	}
}

func TestNewPasswordLogsOutEverywhereElse(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("422 /users/me/password")
	b.logIn("marisol", marisolPassword)
	other := newPerson(t, p.URL)
	defer other.close("401 /refresh", "401 /user")
	other.logIn("marisol", marisolPassword)

	const next = "a quite different horse"
	b.open("/account")
	b.waitFor("document.querySelectorAll('#rows tr').length === 2")
	b.changePassword("wrong", next)
	b.waitFor(text("#errors") + " === `That isn't your current password.`")
	want(b, "document.activeElement.id", "current-password")
	want(b, "document.querySelector('#current-password').value", "")
	b.changePassword(marisolPassword, next)
	b.waitFor(text("#password-outcome") + " === 'Your password has been changed. You have been logged out everywhere else.'")
	want(b, text("#errors"), "")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	b.open("/")
	b.waitForCard("content")

	other.reload()
	other.waitForCard("ended")
	if status, _ := p.Login("marisol", marisolPassword); status != 401 {
		t.Errorf("POST /login with the old password: status %d", status)
	}
	other.logIn("marisol", next)
}
