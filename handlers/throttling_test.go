package handlers

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
)

// newThrottledServer starts a server that limits attempts, as serve does unless RATE_LIMIT is off.
// The clients of its tests can have any address.
func newThrottledServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t, behindProxy)
	s.store.Throttle(auth.Secret(testSecret).BudgetKey())
	return s
}

// from returns the header of a client with this address.
func from(address string) []string { return []string{"X-Forwarded-For", address} }

// wantThrottled checks a refusal because of too many attempts.
func wantThrottled(t *testing.T, r response) {
	t.Helper()
	if strings.HasSuffix(r.Request.URL.Path, "/token") {
		wantStatus(t, r, 429)
		if r.field("error") != "temporarily_unavailable" {
			t.Errorf("the response is %s", r.body)
		}
	} else {
		wantType(t, r, 429, "too-many-requests")
	}
	if r.field("detail") != "Too many attempts. Wait a little, then try again." || r.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("the response is %v %s", r.Header, r.body)
	}
	if wait, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || wait < 1 || wait > 420 {
		t.Errorf("Retry-After is %q", r.Header.Get("Retry-After"))
	}
}

// guess sends a wrong password to one of the paths that check passwords, by turns.
func (s *server) guess(t *testing.T, i int, name, token string, headers ...string) response {
	t.Helper()
	wrong := fmt.Sprintf("wrong horse %d", i)
	switch {
	case i%3 == 1:
		form := url.Values{"username": {name}, "password": {wrong}}.Encode()
		return s.postForm(t, "/token", form, headers...)
	case i%3 == 2 && token != "":
		body := `{"current_password":"` + wrong + `","new_password":"another horse battery"}`
		return s.postJSON(t, "/users/me/password", body, append(headers, "Authorization", "Bearer "+token)...)
	}
	return s.postJSON(t, "/login", `{"name":"`+name+`","password":"`+wrong+`"}`, headers...)
}

// TestGuessesAreThrottledOnEveryPathTogether (ASVS 6.3.4): 30 at one account, wherever they are
// sent and from wherever they come.
func TestGuessesAreThrottledOnEveryPathTogether(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	token := s.login(t, "marisol")
	for i := range 30 {
		if r := s.guess(t, i, "mariSOL", token, from(fmt.Sprintf("192.0.2.%d", i))...); r.StatusCode != 401 && r.StatusCode != 422 {
			t.Fatalf("guess %d: status %d: %s", i, r.StatusCode, r.body)
		}
	}
	for i := range 6 {
		wantThrottled(t, s.guess(t, i, "marisol", token, from("198.51.100.1")...))
	}
	wantThrottled(t, s.postJSON(t, "/login", credentials("marisol"))) // not even with the right password
	wantStatus(t, s.get(t, "/user", token), 200)                      // who is logged in stays so
}

func TestAThrottledAccountIsNotLocked(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	for i := range 30 {
		s.guess(t, i, "marisol", "", from(fmt.Sprintf("192.0.2.%d", i))...)
	}
	r := s.postJSON(t, "/login", credentials("marisol"))
	wantThrottled(t, r)
	wait, _ := strconv.Atoi(r.Header.Get("Retry-After"))
	s.clock.Advance(time.Duration(wait) * time.Second)
	wantStatus(t, s.postJSON(t, "/login", credentials("marisol")), 200)
}

func TestNamesThatDoNotExistAreThrottledAlike(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	last := map[string]response{}
	for _, name := range []string{"marisol", "nobody"} {
		for i := range 31 {
			last[name] = s.postJSON(t, "/login", fmt.Sprintf(`{"name":%q,"password":"wrong horse %d"}`, name, i),
				from(fmt.Sprintf("192.0.2.%d", i))...)
		}
		wantThrottled(t, last[name])
	}
	compareResponses(t, "a name that does not exist", last["marisol"], last["nobody"])
}

// TestAddressIsThrottledForAllNames: 60 guesses from one address, or from one /64 of IPv6.
func TestAddressIsThrottledForAllNames(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	for address, neighbours := range map[string][2]string{
		"192.0.2.1":     {"192.0.2.1", "192.0.2.2"},
		"2001:db8::1:1": {"2001:db8:0:0:ffff::", "2001:db8:0:1::1"},
	} {
		for i := range 60 {
			r := s.guess(t, i, fmt.Sprintf("nobody%d%d", i, len(address)), "", from(address)...)
			wantStatus(t, r, 401)
		}
		wantThrottled(t, s.postJSON(t, "/login", credentials("marisol"), from(neighbours[0])...))
		wantStatus(t, s.postJSON(t, "/login", credentials("marisol"), from(neighbours[1])...), 200)
	}
}

// TestKnownBrowserGetsInDuringAnAttack: neither the budget of the account nor that of the address
// gets in the way of the owner's own browser.
func TestKnownBrowserGetsInDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	s.addUser(t, "jonas")
	b, _ := s.newBrowser(t)
	for i := range 60 {
		s.guess(t, i, "marisol", "")
		s.guess(t, i, "jonas", "")
	}
	wantThrottled(t, s.postJSON(t, "/login", credentials("marisol")))
	for range 20 {
		b.logIn(t)
	}
	r := b.send(t, "POST", "/login", credentials("jonas"), "Content-Type", "application/json")
	wantThrottled(t, r) // the browser is known for its own user only
	for i := range 10 {
		r := b.send(t, "POST", "/login", fmt.Sprintf(`{"name":"marisol","password":"wrong horse %d"}`, i), "Content-Type", "application/json")
		wantStatus(t, r, 401)
	}
	wantThrottled(t, b.send(t, "POST", "/login", credentials("marisol"), "Content-Type", "application/json"))
}

// TestKnownBrowserChangesItsPasswordDuringAnAttack and logs in with the new one.
func TestKnownBrowserChangesItsPasswordDuringAnAttack(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	b, token := s.newBrowser(t)
	for i := range 60 {
		s.guess(t, i, "marisol", "")
	}
	wantThrottled(t, s.changePassword(t, token, testPassword, "another horse battery"))
	wantStatus(t, b.changePassword(t, token, testPassword, "another horse battery"), 204)
	r := b.send(t, "POST", "/login", `{"name":"marisol","password":"another horse battery"}`, "Content-Type", "application/json")
	wantStatus(t, r, 200)
}

func TestSignUpIsThrottledByNameAndAddress(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	register := func(name, address string) response {
		return s.postJSON(t, "/register", `{"username":"`+name+`","password":"`+testPassword+`"}`, from(address)...)
	}
	wantStatus(t, register("jonas", "192.0.2.100"), 201)
	for i := range 9 {
		wantType(t, register("jonas", fmt.Sprintf("192.0.2.%d", i)), 409, "username-taken")
	}
	wantThrottled(t, register("JONAS", "192.0.2.10"))
	for i := range 60 {
		wantStatus(t, register(fmt.Sprintf("user%d", i), "198.51.100.1"), 201)
	}
	wantThrottled(t, register("another", "198.51.100.1"))
	wantStatus(t, register("another", "198.51.100.2"), 201)
	wantStatus(t, s.postJSON(t, "/login", credentials("jonas"), from("198.51.100.1")...), 200) // another budget
}

// TestHugeNamesAreThrottledToo: each counts for itself, and against nobody else.
func TestHugeNamesAreThrottledToo(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	huge := strings.Repeat("x", 16_000)
	for i := range 30 {
		r := s.postJSON(t, "/login", `{"name":"`+huge+`","password":"x"}`, from(fmt.Sprintf("192.0.2.%d", i))...)
		wantType(t, r, 401, "invalid-credentials")
	}
	wantThrottled(t, s.postForm(t, "/token", "username="+huge+"&password=x"))
	wantStatus(t, s.postForm(t, "/token", "username="+huge[1:]+"&password=x"), 401)
	wantType(t, s.postJSON(t, "/login", `{"name":"`+strings.Repeat("x", 16_384)+`","password":"x"}`), 413, "body-too-large")
	wantType(t, s.postJSON(t, "/register", `{"username":"`+huge+`","password":"`+testPassword+`"}`), 422, "invalid-username")
	wantStatus(t, s.postJSON(t, "/login", credentials("marisol")), 200)
	if strings.Contains(s.dump(t), "xxxx") || strings.Contains(s.dump(t), "192.0.2.") {
		t.Error("the budgets show a name or an address")
	}
}

func TestThrottlingCostsNothingToTheRightPassword(t *testing.T) {
	t.Parallel()
	s := newThrottledServer(t)
	for range 70 {
		wantStatus(t, s.postJSON(t, "/login", credentials("marisol")), 200)
	}
}
