package browser

import (
	"testing"

	"latchkey/cmd/cmdtest"
)

func TestAccountListsDevicesAndLogsThemOut(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	b.openAccount(1)
	want(b, text("#count"), "You are logged in here and nowhere else.")
	want(b, "document.querySelector('#end-others').hidden", true)
	var others []string
	for range 3 {
		_, token := p.Login("marisol", marisolPassword)
		others = append(others, token)
	}
	b.openAccount(4)
	want(b, text("#count"), "You are logged in here and on 3 other devices.")
	want(b, text("#rows li:nth-child(1) .name")+".replace(/\\s+/g, ' ')", "Chrome on Linux This device")
	want(b, text("#rows li:nth-child(1) .address"), "127.0.0.1")
	want(b, "['just now', '1 minute ago'].includes("+text("#rows li:nth-child(1) .used")+")", true)
	want(b, text("#rows li:nth-child(2) .name"), "Go program")
	want(b, "document.querySelectorAll('#rows .current:not([hidden])').length", 1)
	want(b, "document.querySelectorAll('#rows .end:not([hidden])').length", 3) // the header has the one for this device

	b.click("#rows li:nth-child(2) .end")
	b.waitFor(text("#count") + " === 'You are logged in here and on 2 other devices.'")
	want(b, text("#rows li:nth-child(2)"), "Go program has been logged out.")
	wantEnded(t, p, others, 1)

	b.click("#end-others")
	b.waitFor("document.querySelector('#confirm').open")
	want(b, text("#confirm-heading"), "Log out 2 other devices?")
	b.answer("#confirm-cancel")
	wantEnded(t, p, others, 1)
	b.click("#end-others")
	b.answer("#confirm-go-ahead")
	b.waitFor(text("#devices-outcome") + " === '2 other devices have been logged out.'")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	want(b, "document.querySelector('#end-others').hidden", true)
	want(b, "document.activeElement.id", "devices-heading")
	wantEnded(t, p, others, 3)
	b.open("/")
	b.waitForHome()
}

// openAccount opens the account page and waits until it lists this many devices.
func (b *tab) openAccount(devices int) {
	b.Helper()
	b.open("/account")
	b.waitForDevices(devices)
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
	b.openAccount(2)
	b.changePassword("wrong", next)
	b.waitFor(text("#current-password-error") + " === `That isn't your current password.`")
	want(b, "document.activeElement.id", "current-password")
	want(b, "document.querySelector('#current-password').value", "")
	b.changePassword(marisolPassword, marisolPassword)
	b.waitFor(text("#new-password-error") + " === 'This is your current password. Choose a different one.'")
	want(b, "document.activeElement.id", "new-password")
	b.changePassword(marisolPassword, next)
	b.waitFor(text("#password-outcome") + " === 'Your password has been changed. You have been logged out on all other devices.'")
	want(b, text("#current-password-error")+" + "+text("#new-password-error"), "")
	b.waitForDevices(1)
	b.open("/")
	b.waitForHome()

	other.reload()
	other.waitForCard("ended")
	if status, _ := p.Login("marisol", marisolPassword); status != 401 {
		t.Errorf("POST /login with the old password: status %d", status)
	}
	other.logIn("marisol", next)
}

// outcomes is a JavaScript expression: what the account page says it has done.
const outcomes = "[...document.querySelectorAll('.outcome')].map((e) => e.textContent).join('')"

func TestAccountSaysOnlyWhatItHasDoneLast(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	p.Login("marisol", marisolPassword)
	b.logIn("marisol", marisolPassword)
	b.openAccount(2)
	b.click("#end-others")
	b.answer("#confirm-go-ahead")
	b.waitFor(outcomes + " === 'The other device has been logged out.'")
	b.changePassword(marisolPassword, "a quite different horse")
	b.waitFor(outcomes + " === 'Your password has been changed. You have been logged out on all other devices.'")
	b.click("#save-profile")
	b.waitFor(outcomes + " === 'Your e-mail address has been removed.'")
	b.enter("#email", "x")
	want(b, outcomes, "")
	b.click("#save-profile")
	b.waitFor(text("#email-error") + " !== ''")
	b.click("#open-deletion")
	want(b, outcomes, "")
}

func TestAddressLeadsToAPartOfTheAccount(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close()
	b.logIn("marisol", marisolPassword)
	for range 12 {
		p.Login("marisol", marisolPassword)
	}
	b.setScreen("light", "reduce", 640, 480)
	for part, focused := range map[string]string{
		"password": "password-heading", "devices": "devices-heading", "email": "email", "nothing-here": "", "a'b": "",
	} {
		b.open("/") // a new address with the same path would load no new page
		b.open("/account#" + part)
		b.waitForDevices(13)
		want(b, "document.activeElement.id", focused)
		if focused == "" {
			want(b, "scrollY", 0)
			continue
		}
		// The part is at the top of the window, and its heading in view.
		b.waitFor("Math.abs(document.activeElement.getBoundingClientRect().top) < 60")
	}
}
