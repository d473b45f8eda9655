package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// keyIsUnreadable is what a page says when the browser may have a key but can't read it.
const keyIsUnreadable = "This browser can't read the key to your session just now. Reload the page, or log in again."

// breakableStorage lets a test break the storage of the key, by sessionStorage.fault. The page
// counts in window.openings how often it opens the storage.
const breakableStorage = `
	window.openings = 0;
	const open = IDBFactory.prototype.open;
	IDBFactory.prototype.open = function (...values) {
		window.openings += 1;
		const { fault } = sessionStorage;
		if (fault === 'fails' || (fault === 'fails once' && window.openings === 1)) {
			throw new DOMException('no', 'UnknownError');
		}
		return fault === 'never answers' ? {} : open.apply(this, values);
	};
`

func TestNobodyNoticesThatTheKeyCouldNotBeReadOnce(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh", "401 /users/me/password", "422 /users/me/password")
	b.runInEveryPage(breakableStorage + recordEnd)
	b.logIn("marisol", marisolPassword)
	b.execute("sessionStorage.fault = 'fails once'; localStorage.clear()")
	b.reload()
	b.waitForCard("content")
	want(b, "window.sawEnd", "")
	b.open("/account")
	b.waitFor(text("#count") + " === 'You are logged in here and nowhere else.'")
	b.execute("window.openings = 0")
	b.changePassword("wrong", "a quite different horse")
	b.waitFor(text("#current-password-error") + " === `That isn't your current password.`")
	want(b, "window.sawEnd", "")
	wantSessions(t, p, 1, bound)
}

func TestUnreadableKeyEndsNoSession(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{"fails", "never answers"} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			b, p := newLatchkey(t)
			defer b.close("401 /refresh")
			b.runInEveryPage(breakableStorage + skippableTime)
			token := b.logIn("marisol", marisolPassword)
			b.execute("sessionStorage.fault = '" + fault + "'")
			refreshes := b.countRequests("POST /refresh")
			b.execute("window.skipped = 14.1 * 60_000; window.dispatchEvent(new Event('online'))")
			b.waitForRequests("POST /refresh", refreshes+2) // the page keeps trying
			b.waitForCard("content")
			want(b, storedToken, token)

			b.execute("localStorage.clear()")
			b.reload()
			b.waitForCard("blocked")
			want(b, text("#blocked-reason"), keyIsUnreadable)
			b.wantAccessible("key unreadable")
			if fault == "never answers" {
				want(b, "window.openings", 1) // nobody waits twice
				b.execute("sessionStorage.clear()")
				b.reload()
			} else {
				b.execute("sessionStorage.clear()")
			}
			b.waitForCard("content")
			wantSessions(t, p, 1, bound)
		})
	}
}

// TestLoginHelpsWhenTheKeyIsUnreadable shows that the advice is good.
func TestLoginHelpsWhenTheKeyIsUnreadable(t *testing.T) {
	t.Parallel()
	b, p := newLatchkey(t)
	defer b.close("401 /refresh")
	b.runInEveryPage(breakableStorage)
	b.logIn("marisol", marisolPassword)
	b.execute("sessionStorage.fault = 'fails'; localStorage.clear()")
	b.reload()
	b.waitForCard("blocked")
	b.logIn("marisol", marisolPassword)
	wantSessions(t, p, 1, unbound)
	b.execute("localStorage.clear()")
	b.reload()
	b.waitForCard("content")
}

// TestKeyDeletedWhileThePageWaitsIsLost has a database that another tab is about to delete but
// still uses, which blocks the page until then.
func TestKeyDeletedWhileThePageWaitsIsLost(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close("401 /refresh")
	b.logIn("marisol", marisolPassword)
	other := b.newTab()
	other.open("/docs")
	const deleteInUse = `new Promise((resolve) => {
		const opening = indexedDB.open('latchkey', 1);
		opening.onsuccess = () => {
			window.database = opening.result;
			indexedDB.deleteDatabase('latchkey').onblocked = () => resolve();
		};
	})`
	perform(other, "delete the database", chromedp.Evaluate[chromedp.Void](deleteInUse, chromedp.EvalAwaitPromise))
	b.execute("localStorage.clear()")
	b.reload()
	b.waitForCard("blocked")
	want(b, text("#blocked-reason"), keyIsUnreadable)
	other.execute("window.database.close()")
	b.waitForCard("ended")
	want(b, text("#ended-reason"), keyIsLost)
}
