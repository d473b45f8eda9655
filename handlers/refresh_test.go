package handlers

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// wantSessionEnded checks a refused refresh.
func wantSessionEnded(t *testing.T, r response) {
	t.Helper()
	wantType(t, r, 401, "session-ended")
	if got := r.Header.Get("WWW-Authenticate"); got != challengeBearer {
		t.Errorf("WWW-Authenticate is %q", got)
	}
	if len(r.Cookies()) > 0 {
		t.Error("a failed refresh changed the cookie")
	}
}

func TestRefreshCookieIsOutOfReachOfScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.postJSON(t, "/login", credentials("marisol"))
	cookie := cookieNamed(r, "latchkey")
	if !cookie.HttpOnly || cookie.Secure || cookie.Path != "/" ||
		cookie.Domain != "" || cookie.SameSite != http.SameSiteStrictMode || cookie.MaxAge != 30*24*60*60 {
		t.Errorf("the cookie is %+v", cookie)
	}
	if strings.Contains(r.body, cookie.Value) {
		t.Error("the response shows the refresh token to scripts")
	}
}

func TestRefreshRenewsTokenAndCookie(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	for range 5 {
		before := b.cookie
		s.clock.Advance(14 * time.Minute)
		r := b.refresh(t)
		wantStatus(t, r, 200)
		if r.field("token_type") != "bearer" || r.field("expires_in") != float64(900) || b.cookie == before {
			t.Errorf("the response is %s, the cookie the same: %v", r.body, b.cookie == before)
		}
		wantStatus(t, s.get(t, "/user", r.field("token").(string)), 200)
	}
}

func TestRefreshWithoutCookieIs204(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	for name, headers := range map[string][]string{
		"no cookie":                    nil,
		"an empty cookie":              {"Cookie", "latchkey="},
		"a cookie of another name":     {"Cookie", "__Host-latchkey=" + b.cookie},
		"a browser that asks for HTML": {"Accept", "text/html"},
	} {
		r := s.send(t, "POST", "/refresh", "", headers...)
		wantStatus(t, r, 204)
		if r.body != "" || len(r.Header.Values("Set-Cookie")) > 0 || r.Header.Get("Content-Type") != "" {
			t.Errorf("%s: body %q, headers %v", name, r.body, r.Header)
		}
	}
	wantStatus(t, b.refresh(t), 200)
}

// TestInvalidRefreshCookieCountsAsNone: other programs on the same host can set cookies, so one
// that the server did not make must neither get in the way nor help.
func TestInvalidRefreshCookieCountsAsNone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	valid := b.cookie
	parts := strings.Split(valid, ".")
	dropped := auth.NewRefreshTokenCodec([]auth.Secret{auth.Secret(strings.Repeat("x", 32))})
	for name, cookie := range map[string]string{
		"cut off":          valid[:len(valid)-1],
		"extended":         valid + "x",
		"another session":  "01a20000-0000-7000-8000-000000000000." + parts[1] + "." + parts[2],
		"huge counter":     parts[0] + ".99999999999999999999." + parts[2],
		"negative counter": parts[0] + ".-1." + parts[2],
		"a dropped secret": dropped.Format(auth.RefreshToken{SessionID: parts[0], Counter: 1}),
		"an access token":  s.login(t, "marisol"),
		"no token":         "hello",
		"two valid":        valid + "; latchkey=" + valid,
	} {
		t.Run(name, func(t *testing.T) {
			r := s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+cookie)
			wantStatus(t, r, 204)
			if len(r.Cookies()) > 0 {
				t.Error("the cookie was changed")
			}
		})
	}
	for _, cookies := range []string{"hello; latchkey=" + valid, valid + "x; latchkey=" + valid, "; latchkey=" + valid} {
		wantStatus(t, s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+cookies), 200) // a retry for the rule of the predecessor
	}
	wantStatus(t, b.refresh(t), 200) // none of the invalid ones changed anything
}

func TestRetryAfterALostResponseGetsTheSameSuccessor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	old := b.cookie
	wantStatus(t, b.refresh(t), 200)
	successor := b.cookie
	b.cookie = old // as if the response had been lost
	s.clock.Advance(time.Minute)
	wantStatus(t, b.refresh(t), 200)
	if b.cookie != successor {
		t.Error("the retry got another successor")
	}
}

func TestReplayEndsTheSessionAndIsLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	stolen := b.cookie
	wantStatus(t, b.refresh(t), 200)
	r := b.refresh(t)
	wantStatus(t, r, 200)
	wantSessionEnded(t, s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+stolen))
	wantSessionEnded(t, b.refresh(t))
	wantType(t, s.get(t, "/user", r.field("token").(string)), 401, "session-ended")
	wantReplayLogged(t, s)
	if strings.Contains(s.logged.String(), stolen) {
		t.Error("the log contains the token")
	}
}

// wantReplayLogged checks that someone is warned of a replay.
func wantReplayLogged(t *testing.T, s *server) {
	t.Helper()
	line := s.logLine("used again")
	if !strings.Contains(line, "level=WARN") || !strings.Contains(line, "address=127.0.0.") || !strings.Contains(line, "session=") {
		t.Errorf("the replay is logged as %q", line)
	}
}

// replaced returns a browser, the refresh token that it logged in with and has renewed twice since,
// and its access token.
func (s *server) replaced(t *testing.T) (b *browser, old, token string) {
	t.Helper()
	b, token = s.newBrowser(t)
	old = b.cookie
	wantStatus(t, b.refresh(t), 200)
	wantStatus(t, b.refresh(t), 200)
	return b, old, token
}

// TestReplayIsTheSameEverywhere: anyone who uses a copy at another operation ends the session too,
// and someone is warned.
func TestReplayIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for path, send := range map[string]func(s *server, t *testing.T, cookie string) response{
		"/refresh": func(s *server, t *testing.T, cookie string) response {
			return s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+cookie)
		},
		"/login": func(s *server, t *testing.T, cookie string) response {
			return s.postJSON(t, "/login", credentials("marisol"), "Cookie", "latchkey="+cookie)
		},
		"/logout": func(s *server, t *testing.T, cookie string) response {
			return s.send(t, "POST", "/logout", "", "Cookie", "latchkey="+cookie)
		},
		"/revoke": func(s *server, t *testing.T, cookie string) response {
			return s.postForm(t, "/revoke", "token="+cookie)
		},
		"/token": func(s *server, t *testing.T, cookie string) response {
			return s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+cookie)
		},
	} {
		s := newServer(t)
		b, old, token := s.replaced(t)
		if path != "/refresh" && path != "/token" { // which would renew the session
			other, _ := s.newBrowser(t)
			send(s, t, other.cookie)
			if line := s.logLine("used again"); line != "" {
				t.Errorf("%s with the newest token is logged as %s", path, line)
			}
		}
		send(s, t, old)
		wantReplayLogged(t, s)
		wantEnded(t, s, "the session of a token replayed at "+path, token, true)
		wantSessionEnded(t, b.refresh(t))
	}
}

func TestFailedLoginIgnoresAReplay(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, old, token := s.replaced(t)
	r := s.postJSON(t, "/login", `{"name":"marisol","password":"wrong horse battery"}`, "Cookie", "latchkey="+old)
	wantType(t, r, 401, "invalid-credentials")
	wantEnded(t, s, "the session", token, false)
	if line := s.logLine("used again"); line != "" {
		t.Errorf("it is logged as %s", line)
	}
}

func TestEveryRenewalIsLoggedWithUserSessionAndAddress(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	wantStatus(t, b.refresh(t), 200)
	token, err := s.options.RefreshTokens.Parse(b.cookie)
	authtest.Must(t, err)
	line := s.logLine("session renewed")
	user, err := s.store.UserByName(t.Context(), "marisol")
	authtest.Must(t, err)
	for _, field := range []string{"session=" + token.SessionID, "user=" + user.ID, "address=127.0.0.1"} {
		if !strings.Contains(line, field) {
			t.Errorf("the renewal is logged as %q, without %s", line, field)
		}
	}
}

func TestParallelRefreshesGetTheSameSuccessor(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	var group sync.WaitGroup
	cookies := make(chan string, 100)
	for range cap(cookies) {
		group.Go(func() {
			r := s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+b.cookie)
			if r.StatusCode != 200 || len(r.Cookies()) != 1 {
				t.Errorf("status %d: %s", r.StatusCode, r.body)
				return
			}
			cookies <- r.Cookies()[0].Value
		})
	}
	group.Wait()
	close(cookies)
	successors := map[string]bool{}
	for cookie := range cookies {
		successors[cookie] = true
	}
	if len(successors) != 1 {
		t.Errorf("there are %d successors", len(successors))
	}
}

func TestCrossOriginRefreshAndLogoutAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	before := b.cookie
	for _, path := range []string{"/refresh", "/logout"} {
		for name, headers := range map[string][]string{
			"another site":           {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			"a form of another site": {"Origin", "https://evil.example", "Content-Type", "application/x-www-form-urlencoded"},
			"a sandboxed frame":      {"Origin", "null"},
			"an allowed origin":      {"Origin", "https://app.example"},
			"a form, in a browser too old to say where from": {"Content-Type", "application/x-www-form-urlencoded"},
			"a form with files, in such a browser":           {"Content-Type", "Multipart/Form-Data; boundary=x"},
			"a form of plain text, in such a browser":        {"Content-Type", "text/plain ;charset=utf-8"},
			"a form with a malformed type":                   {"Content-Type", "text/plain; x"},
		} {
			wantType(t, b.send(t, "POST", path, "x=1", headers...), 403, "cross-origin")
			if b.cookie != before {
				t.Fatalf("%s from %s changed the cookie", path, name)
			}
		}
	}
	wantStatus(t, b.send(t, "POST", "/refresh", "x=1", "Origin", s.URL, "Content-Type", "text/plain"), 200)
	wantStatus(t, b.send(t, "POST", "/refresh", "x=1", "Sec-Fetch-Site", "same-origin", "Content-Type", "text/plain"), 200)
	wantStatus(t, b.send(t, "POST", "/refresh", `{"counter":7}`, "Content-Type", "application/json"), 200) // a body means nothing
}
