package browser

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const deletionIsOpen = "document.querySelector('#deletion-dialog').open"

func TestAccountIsDeletedAfterTypingThePassword(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "422 /users/me/deletion")
	p.Register("rosa", rosaPassword)
	b.logIn("rosa", rosaPassword)
	other := b.newTab()
	other.open("/")
	other.waitForHome()
	b.openAccount(1)

	b.click("#open-deletion")
	want(b, deletionIsOpen, true)
	want(b, "document.activeElement.id", "deletion-password")
	b.press(kb.Enter)
	want(b, text("#deletion-password-error"), "Enter your password.")
	b.enter("#deletion-password", "wrong")
	b.press(kb.Enter)
	b.waitFor(text("#deletion-password-error") + " === `That isn't your current password.`")
	want(b, "document.querySelector('#deletion-dialog [role=status]').textContent", "That isn't your current password.")
	want(b, "document.querySelector('#deletion-password').value", "")
	b.enter("#deletion-password", rosaPassword)
	b.press(kb.Escape)
	b.waitFor("!" + deletionIsOpen)
	want(b, "document.activeElement.id", "open-deletion")
	if status, _ := p.Login("rosa", rosaPassword); status != 200 {
		t.Errorf("POST /login after Escape: status %d", status)
	}

	b.click("#open-deletion")
	want(b, "document.querySelector('#deletion-password').value + "+text("#deletion-password-error"), "")
	b.enter("#deletion-password", rosaPassword)
	b.click("#delete-account")
	b.waitForCard("deleted")
	want(b, text("#deleted h1"), "Your account has been deleted")
	want(b, "document.title", "Your account has been deleted · Latchkey")
	want(b, "document.activeElement.textContent", "Your account has been deleted")
	want(b, "localStorage.length", 0)
	b.wantAccessible("account deleted")
	other.waitForCard("ended")
	if status, _ := p.Login("rosa", rosaPassword); status != 401 {
		t.Errorf("POST /login after the deletion: status %d", status)
	}
	b.click("#deleted a")
	b.waitFor("location.pathname === '/login'")
}

func TestLastAdministratorLearnsHowToBeDeleted(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("409 /users/me/deletion")
	b.logIn("marisol", marisolPassword)
	b.openAccount(1)
	b.click("#open-deletion")
	b.enter("#deletion-password", marisolPassword)
	b.press(kb.Enter)
	b.waitFor(text("#deletion-errors") + ".includes('make someone else an administrator')")
	b.wantAccessible("account, last administrator")
	b.click("#deletion-cancel")
	b.waitFor("!" + deletionIsOpen)
}
