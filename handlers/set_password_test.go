package handlers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const newPassword = "another horse battery"

// addWithoutPassword creates a user as an administrator and returns the user's id.
func (s *server) addWithoutPassword(t *testing.T, admin, name string) string {
	t.Helper()
	r := s.postJSON(t, "/users", `{"username":"`+name+`"}`, "Authorization", "Bearer "+admin)
	wantStatus(t, r, 201)
	return r.field("id").(string)
}

// issueLink makes a set-password link as an administrator and returns its token.
func (s *server) issueLink(t *testing.T, admin, id string) string {
	t.Helper()
	r := s.send(t, "POST", "/users/"+id+"/password-link", "", "Authorization", "Bearer "+admin)
	wantStatus(t, r, 201)
	_, token, _ := strings.Cut(r.field("url").(string), "#")
	return token
}

func (s *server) setPassword(t *testing.T, token, password string) response {
	t.Helper()
	body, err := json.Marshal(map[string]string{"token": token, "new_password": password})
	authtest.Must(t, err)
	return s.postJSON(t, "/set-password", string(body))
}

func TestUserWithoutAPasswordLogsInAfterUsingTheLink(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.login(t, "marisol")
	id := s.addWithoutPassword(t, admin, "jonas")
	for _, password := range []string{"", testPassword} {
		body := fmt.Sprintf(`{"name":"jonas","password":%q}`, password)
		wantType(t, s.postJSON(t, "/login", body), 401, "invalid-credentials")
	}
	token := s.issueLink(t, admin, id)
	wantStatus(t, s.setPassword(t, token, testPassword), 204)
	s.login(t, "jonas")
	for _, secret := range []string{token, testPassword} {
		if strings.Contains(s.logged.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
}

func TestLinkNamesItsOriginAndExpiry(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := s.get(t, "/user", s.login(t, "marisol")).field("id").(string)
	link := func(headers ...string) response {
		headers = append(headers, "Authorization", "Bearer "+s.login(t, "marisol"))
		return s.send(t, "POST", "/users/"+id+"/password-link", "", headers...)
	}
	wantOrigin := func(r response, origin string) {
		t.Helper()
		if url, _ := r.field("url").(string); !strings.HasPrefix(url, origin+"/set-password#"+id+".") {
			t.Errorf("the link is %s, want the origin %s", url, origin)
		}
	}
	r := link("Host", "login.example")
	wantOrigin(r, "http://login.example")
	if want := s.clock.Now().Truncate(time.Second).Add(24 * time.Hour).Format(time.RFC3339); r.field("expires_at") != want {
		t.Errorf("it expires at %v, want %s", r.field("expires_at"), want)
	}
	wantOrigin(link("Host", "login.example:8443", "X-Forwarded-Proto", "https"), "http://login.example:8443") // from no proxy
	s.restart(t, behindProxy)
	wantOrigin(link("Host", "login.example", "X-Forwarded-Proto", "https"), "https://login.example")
	s.restart(t, func(o *Options) { o.PublicURLSet = true })
	wantOrigin(link("Host", "elsewhere.example"), s.options.PublicURL)
}

// TestLinkThatDoesNotWorkAlwaysGetsTheSameResponse also shows that it costs no hash: the server has
// no room for one.
func TestLinkThatDoesNotWorkAlwaysGetsTheSameResponse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	admin := s.login(t, "marisol")
	id, gone := s.addUser(t, "jonas"), s.addUser(t, "petra")
	used, deleted := s.issueLink(t, admin, id), s.issueLink(t, admin, gone)
	wantStatus(t, s.setPassword(t, used, newPassword), 204)
	wantStatus(t, s.remove(t, admin, gone), 204)
	superseded, newest := s.issueLink(t, admin, id), s.issueLink(t, admin, id)
	content, err := s.links.Parse(newest)
	authtest.Must(t, err)
	old := content
	old.ExpiresAt = s.clock.Now().Add(-time.Second)
	elsewhere := auth.NewSetPasswordLinkCodec([]auth.Secret{auth.Secret("some other secret that is long enough")})
	tokens := map[string]string{
		"used": used, "of a deleted user": deleted, "superseded": superseded, "expired": s.links.Format(old),
		"of another secret": elsewhere.Format(content), "altered": "x" + newest, "empty": "", "markup": "<b>" + canary,
		"16 kB": strings.Repeat("x", 15<<10), "NUL": "a.1.1\u0001", "a refresh token": b.cookie, "a known browser": b.device,
		"an access token": admin,
	}
	s.options.Store = s.openStore(t, cheapCost(), 0)
	s.restart(t)
	var want string
	for name, token := range tokens {
		for _, password := range []string{newPassword, "short"} {
			r := s.setPassword(t, token, password)
			wantType(t, r, 422, "link-expired")
			wantFieldError(t, r, "body.token")
			got := strings.ReplaceAll(r.body, r.Header.Get("X-Request-Id"), "")
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s: the response is %s, and another one was %s", name, got, want)
			}
		}
	}
	wantType(t, s.setPassword(t, newest, newPassword), 503, "busy") // only a good link waits for a hash
}
