package browser

import (
	"os"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

// TestPagesRefuseTheSamePasswordsAsTheServer runs the pages' copy of the rules on the table with
// which auth tests the server's. Only the server knows common passwords.
func TestPagesRefuseTheSamePasswordsAsTheServer(t *testing.T) {
	t.Parallel()
	table, err := os.ReadFile("../auth/testdata/passwords.json")
	authtest.Must(t, err)
	b, _ := newLatchkey(t)
	defer b.close()
	rules, err := os.ReadFile("../static/password-rules.js") // pages load it as a part of their bundles
	authtest.Must(t, err)
	script := `(() => {` + strings.Replace(string(rules), "export function", "function", 1) + `
		const { groups, names, reasons, ...bounds } = ` + string(table) + `;
		return groups.flatMap(({ reason, username, roles = [], passwords }) => passwords
			.map((password) => [password, passwordMistake(password, { ...bounds, username, names: [...names, ...roles] })])
			.filter(([, mistake]) => mistake !== (reason === 'common' ? null : reasons[reason] ?? null))
			.map((wrong) => JSON.stringify(wrong)));
	})()`
	for _, wrong := range evaluate[[]string](b, script) {
		t.Errorf("the page judges otherwise: %s", wrong)
	}
}

func TestPageKnowsTheNamesThatDoNotCount(t *testing.T) {
	t.Parallel()
	b, _ := newLatchkey(t, "APP_NAME=Acme Cloud")
	defer b.close()
	for _, password := range []string{"AcmeCloud2026", "l4tchk3y!", "admin12345"} {
		b.open("/register")
		b.waitFor("!document.querySelector('#create-account').disabled")
		want(b, text("#password-rules"), "At least 8 characters, and hard to guess.")
		b.enter("#username", "rosa")
		b.enter("#password", password)
		b.click("#create-account")
		b.waitFor("document.body.innerText.includes('Names are easy to guess. Use at least 8 other characters.')")
	}
	if n := b.countRequests("POST /register"); n != 0 {
		t.Errorf("%d requests were sent for what the page can decide", n)
	}
}
