package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// known returns what the cookie of a known browser says.
func (b *browser) known(t *testing.T) auth.KnownBrowser {
	t.Helper()
	known, err := b.knownBrowsers.Parse(b.device)
	authtest.Must(t, err)
	return known
}

func TestLoginMakesTheBrowserKnown(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		s := newServer(t)
		name := "latchkey-device"
		if https {
			s.restart(t, func(o *Options) { o.PublicURL, o.PublicURLSet = "https://login.example.org", true })
			name = "__Host-latchkey-device"
		}
		failed := s.postJSON(t, "/login", `{"name":"marisol","password":"wrong horse battery"}`)
		if len(failed.Cookies()) > 0 {
			t.Errorf("a failed login sets %v", failed.Cookies())
		}
		r := s.postJSON(t, "/login", credentials("marisol"))
		wantStatus(t, r, 200)
		cookie := cookieNamed(r, name)
		if !cookie.HttpOnly || cookie.Secure != https || cookie.Path != "/" || cookie.Domain != "" ||
			cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 365*24*60*60 {
			t.Errorf("the cookie is %+v", cookie)
		}
		if len(r.Cookies()) != 2 {
			t.Errorf("the cookies are %v", r.Cookies())
		}
	}
}

func TestKnownBrowserKeepsItsIDForTheSameUser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.addUser(t, "jonas")
	b, _ := s.newBrowser(t)
	first, own := b.known(t), b.device
	s.clock.Advance(24 * time.Hour)
	b.logIn(t)
	if again := b.known(t); again.ID != first.ID || again.UserID != first.UserID || !again.IssuedAt.After(first.IssuedAt) {
		t.Errorf("the browser is %+v, and was %+v", again, first)
	}
	stranger, _ := s.newBrowser(t)
	for name, row := range map[string]struct {
		cookies string
		user    string
		kept    bool
	}{
		"its own cookie":                    {own, "marisol", true},
		"beside one that we did not make":   {"hello; latchkey-device=" + own, "marisol", true},
		"another user":                      {own, "jonas", false},
		"no cookie":                         {"", "marisol", false},
		"an altered cookie":                 {own + "x", "marisol", false},
		"a refresh token":                   {b.cookie, "marisol", false},
		"two of ours, one of them planted":  {own + "; latchkey-device=" + stranger.device, "marisol", false},
		"a cookie made with another secret": {foreignBrowser(first), "marisol", false},
	} {
		r := s.postJSON(t, "/login", credentials(row.user), "Cookie", "latchkey-device="+row.cookies)
		wantStatus(t, r, 200)
		known, err := s.knownBrowsers.Parse(cookieNamed(r, "latchkey-device").Value)
		authtest.Must(t, err)
		if (known.ID == first.ID) != row.kept || known.ID == "" {
			t.Errorf("%s: the id is %q, and was %q", name, known.ID, first.ID)
		}
	}
}

// foreignBrowser returns the cookie that another server would make.
func foreignBrowser(b auth.KnownBrowser) string {
	return auth.NewKnownBrowserCodec([]auth.Secret{auth.Secret(strings.Repeat("x", 32))}).Format(b)
}

func TestKnownBrowserHasNoAccess(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	wantType(t, s.get(t, "/user", b.device), 401, "invalid-token")
	for _, cookie := range []string{"latchkey=" + b.device, "latchkey-device=" + b.device} {
		wantStatus(t, s.send(t, "POST", "/refresh", "", "Cookie", cookie), 204)
		wantType(t, s.send(t, "POST", "/logout", "", "Cookie", cookie), 401, "token-required")
		wantType(t, s.send(t, "GET", "/user", "", "Cookie", cookie), 401, "token-required")
	}
}

func TestKnownBrowserStaysKnownAfterALogoutAndItsOwnPasswordChange(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, token := s.newBrowser(t)
	first, refresh := b.known(t), b.cookie
	s.clock.Advance(time.Minute)
	wantStatus(t, b.changePassword(t, token, testPassword, "another horse battery"), 204)
	changed := b.known(t)
	if changed.ID != first.ID || changed.PasswordVersion != first.PasswordVersion+1 || changed.IssuedAt != first.IssuedAt {
		t.Errorf("the browser is %+v, and was %+v", changed, first)
	}
	if b.cookie != refresh {
		t.Error("the refresh cookie was changed")
	}
	r := b.send(t, "POST", "/login", `{"name":"marisol","password":"another horse battery"}`, "Content-Type", "application/json")
	wantStatus(t, r, 200)
	if again := b.known(t); again.ID != first.ID || again.PasswordVersion != changed.PasswordVersion {
		t.Errorf("the browser is %+v, and was %+v", again, changed)
	}
	device := b.device
	wantStatus(t, b.send(t, "POST", "/logout", ""), 204)
	if b.device != device {
		t.Error("a logout changed the cookie of the known browser")
	}
}

func TestPasswordChangeMakesNoOtherBrowserKnown(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.addUser(t, "jonas")
	ofJonas := s.postJSON(t, "/login", credentials("jonas"))
	b, token := s.newBrowser(t)
	own := b.device
	b.device = cookieNamed(ofJonas, "latchkey-device").Value
	r := b.changePassword(t, token, testPassword, "another horse battery")
	wantStatus(t, r, 204)
	if len(r.Cookies()) > 0 {
		t.Errorf("a browser of another user received %v", r.Cookies())
	}
	token = s.loginWith(t, "another horse battery")
	b.device = own // of the first password, which is no longer the current one
	wantStatus(t, b.changePassword(t, token, "another horse battery", "yet another battery"), 204)
	user, err := s.store.UserByName(t.Context(), "marisol")
	authtest.Must(t, err)
	if known := b.known(t); known.PasswordVersion == user.PasswordVersion {
		t.Errorf("a browser of an earlier password became known: %+v", known)
	}
}
