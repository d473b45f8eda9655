package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"latchkey/auth"
)

// browser is a client that keeps the cookie, as browsers do.
type browser struct {
	*server
	cookie string
}

func (b *browser) send(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	if b.cookie != "" {
		headers = append(headers, "Cookie", "latchkey="+b.cookie)
	}
	a := b.server.send(t, method, path, body, headers...)
	for _, cookie := range a.Cookies() {
		b.cookie = cookie.Value
	}
	return a
}

// newBrowser is one in which Marisol has logged in, with her access token.
func (s *server) newBrowser(t *testing.T) (*browser, string) {
	t.Helper()
	b := &browser{server: s}
	a := b.send(t, "POST", "/login", `{"name":"marisol","password":"`+testPassword+`"}`, "Content-Type", "application/json")
	wantStatus(t, a, 200)
	return b, a.field("token").(string)
}

func (b *browser) refresh(t *testing.T) answer {
	t.Helper()
	return b.send(t, "POST", "/refresh", "")
}

func wantType(t *testing.T, a answer, kind string) {
	t.Helper()
	wantProblem(t, a, 401)
	if a.field("type") != kind {
		t.Errorf("the type is %v, want %s", a.field("type"), kind)
	}
	if len(a.Cookies()) > 0 {
		t.Error("a failed refresh touched the cookie")
	}
}

func TestTheCookieIsOutOfReachOfScriptsAndOtherSites(t *testing.T) {
	s := newServer(t)
	a := s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`)
	cookie := a.Cookies()[0]
	if len(a.Cookies()) != 1 || cookie.Name != "latchkey" || !cookie.HttpOnly || cookie.Secure || cookie.Path != "/" || cookie.Domain != "" ||
		cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 30*24*60*60 {
		t.Errorf("the cookie is %+v", cookie)
	}
	if strings.Contains(a.body, cookie.Value) {
		t.Error("the answer shows the refresh token to scripts")
	}
	s.PublicURL = "https://login.example.org"
	a = s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`)
	if cookie := a.Cookies()[0]; cookie.Name != "__Host-latchkey" || !cookie.Secure || cookie.Path != "/" || cookie.Domain != "" {
		t.Errorf("under https the cookie is %+v", cookie)
	}
}

func TestRefreshRenewsTokenAndCookie(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	for range 5 {
		before := b.cookie
		s.advance(14 * time.Minute)
		a := b.refresh(t)
		wantStatus(t, a, 200)
		if a.field("token_type") != "bearer" || a.field("expires_in") != float64(900) || b.cookie == before {
			t.Errorf("the answer is %s, the cookie the same: %v", a.body, b.cookie == before)
		}
		wantStatus(t, s.get(t, "/user", a.field("token").(string)), 200)
	}
}

func TestTwoKindsOfNoRefresh(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	good := b.cookie
	parts := strings.Split(good, ".")
	wantType(t, s.send(t, "POST", "/refresh", ""), "/problems/no-cookie")
	wantType(t, s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="), "/problems/no-cookie")
	wantType(t, s.send(t, "POST", "/refresh", "", "Cookie", "__Host-latchkey="+good), "/problems/no-cookie")
	dropped := auth.NewRefreshTokens([]auth.Secret{auth.Secret(strings.Repeat("x", 32))})
	for name, cookie := range map[string]string{
		"cut":               good[:len(good)-1],
		"extended":          good + "x",
		"another session":   "01a20000-0000-7000-8000-000000000000." + parts[1] + "." + parts[2],
		"huge counter":      parts[0] + ".99999999999999999999." + parts[2],
		"negative counter":  parts[0] + ".-1." + parts[2],
		"a dropped secret":  dropped.Format(auth.RefreshToken{SessionID: parts[0], Counter: 1}),
		"an access token":   s.login(t),
		"not a token":       "hello",
		"twice":             good + "; latchkey=" + good,
		"twice, one is bad": "hello; latchkey=" + good,
	} {
		t.Run(name, func(t *testing.T) {
			wantType(t, s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+cookie), "/problems/session-ended")
		})
	}
	wantStatus(t, b.refresh(t), 200) // none of it changed anything
}

func TestALostAnswerIsGivenAgain(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	old := b.cookie
	wantStatus(t, b.refresh(t), 200)
	successor := b.cookie
	b.cookie = old // the answer got lost
	s.advance(time.Minute)
	wantStatus(t, b.refresh(t), 200)
	if b.cookie != successor {
		t.Error("the retry got another successor")
	}
}

func TestAReplayEndsTheSessionAndIsLogged(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	stolen := b.cookie
	wantStatus(t, b.refresh(t), 200)
	a := b.refresh(t)
	wantStatus(t, a, 200)
	token := a.field("token").(string)
	wantType(t, s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+stolen), "/problems/session-ended")
	wantType(t, b.refresh(t), "/problems/session-ended")
	wantProblem(t, s.get(t, "/user", token), 401)
	if !strings.Contains(s.log.String(), "used again") || strings.Contains(s.log.String(), stolen) {
		t.Error("the log does not tell of the replay, or holds the token")
	}
}

func TestParallelRefreshesAllSucceedWithOneSuccessor(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	var group sync.WaitGroup
	cookies := make(chan string, 100)
	for range cap(cookies) {
		group.Go(func() {
			a := s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+b.cookie)
			if a.StatusCode != 200 || len(a.Cookies()) != 1 {
				t.Errorf("status %d: %s", a.StatusCode, a.body)
				return
			}
			cookies <- a.Cookies()[0].Value
		})
	}
	group.Wait()
	close(cookies)
	different := map[string]bool{}
	for cookie := range cookies {
		different[cookie] = true
	}
	if len(different) != 1 {
		t.Errorf("there are %d successors", len(different))
	}
}

func TestRefreshAndLogoutFromElsewhereAreRefused(t *testing.T) {
	s := newServer(t)
	b, _ := s.newBrowser(t)
	before := b.cookie
	for _, path := range []string{"/refresh", "/logout"} {
		for name, headers := range map[string][]string{
			"another site":                {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			"a form of another site":      {"Origin", "https://evil.example", "Content-Type", "application/x-www-form-urlencoded"},
			"a sandboxed frame":           {"Origin", "null"},
			"an origin allowed otherwise": {"Origin", "https://app.example"},
		} {
			wantProblem(t, b.send(t, "POST", path, "x=1", headers...), 403)
			if b.cookie != before {
				t.Fatalf("%s from %s changed the cookie", path, name)
			}
		}
	}
	wantStatus(t, b.send(t, "POST", "/refresh", `{"counter":7}`, "Content-Type", "application/json"), 200) // a body means nothing
}

func TestLogoutByCookieOrBearerOrBoth(t *testing.T) {
	for name, row := range map[string]struct {
		cookie, bearer string // good, dead or none
		status         int
	}{
		"both":                           {"good", "good", 204},
		"cookie alone":                   {"good", "none", 204},
		"bearer alone":                   {"none", "good", 204},
		"dead bearer, living cookie":     {"good", "dead", 204},
		"living bearer, dead cookie":     {"dead", "good", 204},
		"neither":                        {"none", "none", 401},
		"dead bearer":                    {"none", "dead", 401},
		"dead cookie":                    {"dead", "none", 401},
		"dead bearer beside dead cookie": {"dead", "dead", 401},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			b, ofBrowser := s.newBrowser(t)
			other := s.login(t) // another session than the cookie's
			dead := s.login(t)
			wantStatus(t, s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+dead), 204)
			var headers []string
			switch row.bearer {
			case "good":
				headers = append(headers, "Authorization", "Bearer "+other)
			case "dead":
				headers = append(headers, "Authorization", "Bearer "+dead)
			}
			switch row.cookie {
			case "good":
				headers = append(headers, "Cookie", "latchkey="+b.cookie)
			case "dead":
				headers = append(headers, "Cookie", "latchkey="+b.cookie+"x")
			}
			a := s.send(t, "POST", "/logout", "", headers...)
			wantStatus(t, a, row.status)
			challenge := "Bearer"
			if row.bearer == "dead" {
				challenge = `Bearer error="invalid_token"`
			}
			if got := a.Header.Get("WWW-Authenticate"); row.status == 401 && got != challenge {
				t.Errorf("WWW-Authenticate is %q", got)
			}
			cleared := len(a.Cookies()) == 1 && a.Cookies()[0].MaxAge < 0
			if cleared != (row.status == 204) {
				t.Errorf("the cookie is cleared: %v", cleared)
			}
			wantOver(t, s, "the cookie's session", ofBrowser, row.cookie == "good")
			wantOver(t, s, "the bearer's session", other, row.bearer == "good")
		})
	}
}

func wantOver(t *testing.T, s *server, what, token string, want bool) {
	t.Helper()
	if over := s.get(t, "/user", token).StatusCode == 401; over != want {
		t.Errorf("%s is over: %v", what, over)
	}
}

func TestALogoutWhileTheDatabaseIsAwayIsNoLogout(t *testing.T) {
	s := newServer(t)
	b, token := s.newBrowser(t)
	must(t, s.Store.Close())
	for _, headers := range [][]string{nil, {"Authorization", "Bearer " + token}} {
		a := b.send(t, "POST", "/logout", "", headers...)
		wantProblem(t, a, 503)
		if len(a.Cookies()) > 0 {
			t.Error("the cookie was cleared")
		}
	}
	wantProblem(t, b.refresh(t), 503)
}

func TestALoginEndsTheBrowsersSessionBefore(t *testing.T) {
	s := newServer(t)
	b, before := s.newBrowser(t)
	elsewhere := s.login(t)
	a := b.send(t, "POST", "/login", `{"name":"marisol","password":"wrong horse battery"}`, "Content-Type", "application/json")
	wantProblem(t, a, 401)
	wantOver(t, s, "after a failed login the session", before, false)
	a = b.send(t, "POST", "/login", `{"name":"marisol","password":"`+testPassword+`"}`, "Content-Type", "application/json")
	wantStatus(t, a, 200)
	wantOver(t, s, "the session before", before, true)
	wantOver(t, s, "a session elsewhere", elsewhere, false)
	wantStatus(t, b.refresh(t), 200)
}

func TestTheRefreshGrantIsTheSameWay(t *testing.T) {
	s := newServer(t)
	first := s.postForm(t, "/token", credentials())
	wantStatus(t, first, 200)
	old := first.field("refresh_token").(string)
	second := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	wantStatus(t, second, 200)
	again := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	if again.field("refresh_token") != second.field("refresh_token") {
		t.Error("the retry got another successor")
	}
	s.advance(time.Minute + time.Second)
	replay := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	wantStatus(t, replay, 400)
	if replay.field("error") != "invalid_grant" || replay.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("the answer is %s", replay.body)
	}
	dead := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+second.field("refresh_token").(string))
	wantStatus(t, dead, 400)
	for body, code := range map[string]string{
		"grant_type=refresh_token":                                      "invalid_request",
		"grant_type=refresh_token&refresh_token=":                       "invalid_request",
		"grant_type=refresh_token&refresh_token=hello":                  "invalid_grant",
		"grant_type=refresh_token&refresh_token=" + s.login(t):          "invalid_grant",
		"grant_type=refresh_token&refresh_token=a&refresh_token=a":      "invalid_request",
		"grant_type=refresh_token&refresh_token=a.1.b&" + credentials(): "invalid_grant",
	} {
		a := s.postForm(t, "/token", body)
		wantStatus(t, a, 400)
		if a.field("error") != code {
			t.Errorf("%s: %s", body, a.body)
		}
	}
	s.PasswordGrant = false // has no say in the other one
	fresh := &browser{server: s}
	fresh.send(t, "POST", "/login", `{"name":"marisol","password":"`+testPassword+`"}`, "Content-Type", "application/json")
	wantStatus(t, s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+fresh.cookie), 200)
}

// TestTheUsualOAuth2ClientRefreshesUnchanged lets Go's own client find its
// token expired.
func TestTheUsualOAuth2ClientRefreshesUnchanged(t *testing.T) {
	s := newServer(t)
	config := oauth2.Config{ClientID: "anything", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/token"}}
	token, err := config.PasswordCredentialsToken(t.Context(), "marisol", testPassword)
	must(t, err)
	for range 3 {
		before := token.RefreshToken
		token.Expiry = time.Now().Add(-time.Minute)
		source := config.TokenSource(t.Context(), token)
		token, err = source.Token()
		must(t, err)
		if token.RefreshToken == before || token.RefreshToken == "" {
			t.Error("the refresh token did not change")
		}
		wantStatus(t, s.get(t, "/user", token.AccessToken), 200)
	}
}

func TestRevokeEndsTheSessionOfEitherToken(t *testing.T) {
	s := newServer(t)
	for _, kind := range []string{"access_token", "refresh_token"} {
		a := s.postForm(t, "/token", credentials())
		access, refresh := a.field("access_token").(string), a.field("refresh_token").(string)
		revoked := s.postForm(t, "/revoke", "token_type_hint=nonsense&token="+a.field(kind).(string))
		wantStatus(t, revoked, 200)
		wantProblem(t, s.get(t, "/user", access), 401)
		wantStatus(t, s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+refresh), 400)
		wantStatus(t, s.postForm(t, "/revoke", "token="+a.field(kind).(string)), 200) // once more is no error
	}
	token := s.login(t)
	for body, status := range map[string]int{"token=hello": 200, "token=": 400, "": 400, "token=a&token=b": 400} {
		wantStatus(t, s.postForm(t, "/revoke", body), status)
	}
	wantStatus(t, s.send(t, "POST", "/revoke", `{"token":"`+token+`"}`, "Content-Type", "application/json"), 415)
	wantStatus(t, s.get(t, "/user", token), 200)
}

func TestMetadataSaysWhereTheEndpointsAre(t *testing.T) {
	s := newServer(t)
	a := s.send(t, "GET", "/.well-known/oauth-authorization-server", "")
	wantStatus(t, a, 200)
	if a.field("issuer") != s.PublicURL || a.field("token_endpoint") != s.PublicURL+"/token" || a.field("revocation_endpoint") != s.PublicURL+"/revoke" {
		t.Errorf("the metadata is %s", a.body)
	}
	if !strings.Contains(a.body, `"grant_types_supported":["password","refresh_token"]`) || !strings.Contains(a.body, `"response_types_supported":[]`) {
		t.Errorf("the metadata is %s", a.body)
	}
	s.PasswordGrant = false
	if a := s.send(t, "GET", "/.well-known/oauth-authorization-server", ""); !strings.Contains(a.body, `"grant_types_supported":["refresh_token"]`) {
		t.Errorf("the metadata is %s", a.body)
	}
}
