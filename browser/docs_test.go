package browser

import "testing"

func TestSwaggerUIAuthorizesAndExecutesOperations(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t)
	defer b.close()
	b.open("/docs")
	b.waitFor("document.querySelector('.btn.authorize') !== null")
	b.click(".btn.authorize")
	b.waitFor("document.querySelector('#oauth_username') !== null")
	b.enter("#oauth_username", "marisol")
	b.enter("#oauth_password", marisolPassword)
	b.click(".auth-container:has(#oauth_username) .modal-btn.authorize")
	b.waitFor("[...document.querySelectorAll('.auth-container h6')].some((e) => e.textContent === 'Authorized')")
	b.click(".modal-ux .close-modal")
	b.waitFor("document.querySelector('.modal-ux') === null")

	const me = `.opblock:has([data-path="/users/me"])`
	b.click(me + " .opblock-summary-control")
	b.waitFor("document.querySelector('" + me + " .try-out__btn') !== null")
	b.click(me + " .try-out__btn")
	b.waitFor("document.querySelector('" + me + " .execute') !== null")
	b.click(me + " .execute")
	b.waitFor("document.querySelector('" + me + " .live-responses-table .response-col_status') !== null")
	const response = me + " .live-responses-table tbody .response"
	want(b, text(response+" .response-col_status"), "200")
	want(b, `/"username": "marisol"/.test(`+text(response)+`)`, true)
	if n := b.countRequests("GET /users/me"); n != 1 {
		t.Errorf("%d requests were sent to /users/me, want 1", n)
	}
	want(b, "localStorage.length", 0)
}
