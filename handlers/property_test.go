package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
)

// world is what must hold, in a few words: a session has a row of refresh
// tokens, of which the newest works, and the one before it for the time of
// grace; anything older ends it; a logout and a password change elsewhere end
// it; a secret that was dropped makes its tokens nothing at all.
type world struct {
	*server
	rng      *rand.Rand
	secrets  []string // newest first
	password string
	sessions []*modelSession
	steps    []string // what was done, to read when it fails
}

type modelSession struct {
	alive     bool
	tokens    []modelToken // oldest first
	access    modelToken
	rotatedAt time.Time
	lastUsed  time.Time
	created   time.Time
}

type modelToken struct {
	text   string
	secret string // that made it
	until  time.Time
}

func (w *world) knows(token modelToken) bool {
	return strings.Contains(strings.Join(w.secrets, ","), token.secret)
}

// replica makes a new Handler on the same store with the secrets of now, as a
// restart or another replica does.
func (w *world) replica(t *testing.T) {
	t.Helper()
	secrets, err := auth.ParseSecrets(strings.Join(w.secrets, ","))
	must(t, err)
	o := w.Options
	o.RefreshTokens = auth.NewRefreshTokens(secrets)
	o.Issuer, err = auth.NewIssuer(auth.IssuerOptions{
		Keys: auth.SecretKeys(secrets), Issuer: o.PublicURL, Audience: "latchkey", TTL: 15 * time.Minute, Now: w.now,
	})
	must(t, err)
	w.Handler, err = New(o)
	must(t, err)
}

// do sends a request straight to the handler of now.
func (w *world) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.Handler.ServeHTTP(recorder, request)
	return recorder
}

func (w *world) say(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

func (w *world) fatal(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\nafter\n  %s", fmt.Sprintf(format, args...), strings.Join(w.steps[max(0, len(w.steps)-30):], "\n  "))
}

func accessOf(recorder *httptest.ResponseRecorder) string {
	a := answer{body: recorder.Body.String()}
	text, _ := a.field("token").(string)
	return text
}

func cookieOf(recorder *httptest.ResponseRecorder) string {
	for _, cookie := range recorder.Result().Cookies() {
		return cookie.Value
	}
	return ""
}

func (w *world) login(t *testing.T) {
	a := w.do("POST", "/login", fmt.Sprintf(`{"name":"marisol","password":%q}`, w.password))
	if a.Code != 200 {
		w.fatal(t, "login: %d %s", a.Code, a.Body)
	}
	now := w.now()
	session := &modelSession{alive: true, rotatedAt: now, lastUsed: now, created: now}
	session.tokens = []modelToken{{text: cookieOf(a), secret: w.secrets[0]}}
	session.access = modelToken{accessOf(a), w.secrets[0], now.Add(15 * time.Minute)}
	w.sessions = append(w.sessions, session)
	w.say("login: session %d", len(w.sessions)-1)
}

// expired tells whether time alone has ended a session.
func (w *world) expired(s *modelSession) bool {
	return !w.now().Before(s.lastUsed.Add(30*24*time.Hour)) || !w.now().Before(s.created.Add(90*24*time.Hour))
}

// refresh presents the token of session i that is back places from the newest.
// When the answer gets lost, the client is left with the token it had.
func (w *world) refresh(t *testing.T, i, back int, lost bool) {
	s := w.sessions[i]
	place := max(0, len(s.tokens)-1-back)
	back = len(s.tokens) - 1 - place
	token := s.tokens[place]
	a := w.do("POST", "/refresh", "", "Cookie", "latchkey="+token.text)
	w.say("refresh: session %d, %d from the newest, lost %v: %d", i, back, lost, a.Code)
	inGrace := back == 1 && !w.now().After(s.rotatedAt.Add(time.Minute))
	good := s.alive && !w.expired(s) && w.knows(token)
	want := http.StatusUnauthorized
	if good && (back == 0 || inGrace) {
		want = http.StatusOK
	}
	if a.Code != want {
		w.fatal(t, "status %d, want %d: %s", a.Code, want, a.Body)
	}
	now := w.now()
	switch {
	case want == http.StatusOK && back == 0:
		s.tokens = append(s.tokens, modelToken{text: cookieOf(a), secret: w.secrets[0]})
		s.rotatedAt, s.lastUsed = now, now
	case want == http.StatusOK: // the same successor, in the hand of the newest secret
		if newest := s.tokens[len(s.tokens)-1]; newest.secret == w.secrets[0] && cookieOf(a) != newest.text {
			w.fatal(t, "the predecessor got another successor")
		}
		s.tokens[len(s.tokens)-1] = modelToken{text: cookieOf(a), secret: w.secrets[0]}
	case good: // a replay
		s.alive = false
	}
	if want == http.StatusOK && !lost {
		s.access = modelToken{accessOf(a), w.secrets[0], now.Add(15 * time.Minute)}
	}
}

// check compares all that can be seen with what must hold.
func (w *world) check(t *testing.T) {
	for i, s := range w.sessions {
		want := http.StatusUnauthorized
		if s.alive && !w.expired(s) && w.knows(s.access) && w.now().Before(s.access.until.Add(5*time.Second)) {
			want = http.StatusOK
		}
		if a := w.do("GET", "/user", "", "Authorization", "Bearer "+s.access.text); a.Code != want {
			w.fatal(t, "session %d: status %d, want %d: %s", i, a.Code, want, a.Body)
		}
	}
}

func (w *world) step(t *testing.T) {
	i := w.rng.IntN(len(w.sessions))
	switch n := w.rng.IntN(100); {
	case n < 5:
		w.login(t)
	case n < 45:
		w.refresh(t, i, 0, w.rng.IntN(3) == 0)
	case n < 65:
		w.refresh(t, i, 1, w.rng.IntN(3) == 0)
	case n < 68:
		w.refresh(t, i, 2+w.rng.IntN(3), false)
	case n < 90:
		d := time.Duration(w.rng.IntN(70)) * time.Second
		if w.rng.IntN(20) == 0 {
			d = time.Duration(w.rng.IntN(32)) * 24 * time.Hour
		}
		w.advance(d)
		w.say("%v pass", d)
	case n < 92:
		s := w.sessions[i]
		token := s.tokens[len(s.tokens)-1]
		a := w.do("POST", "/logout", "", "Cookie", "latchkey="+token.text)
		w.say("logout: session %d: %d", i, a.Code)
		if want := s.alive && !w.expired(s) && w.knows(token); (a.Code == http.StatusNoContent) != want {
			w.fatal(t, "logout: %d", a.Code)
		} else if want {
			s.alive = false
		}
	case n < 94:
		w.changePassword(t, i)
	case n < 96:
		w.secrets = append([]string{strings.Repeat(fmt.Sprintf("%08x", w.rng.Uint32()), 5)}, w.secrets...)
		w.replica(t)
		w.say("a new secret comes first")
	case n < 98 && len(w.secrets) > 1:
		w.secrets = w.secrets[:len(w.secrets)-1]
		w.replica(t)
		w.say("the oldest secret is dropped")
	default:
		w.replica(t)
		w.say("restart")
	}
}

func (w *world) changePassword(t *testing.T, i int) {
	s := w.sessions[i]
	next := fmt.Sprintf("correct horse %d", w.rng.Uint32())
	a := w.do("POST", "/users/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, w.password, next), "Authorization", "Bearer "+s.access.text)
	w.say("password change in session %d: %d", i, a.Code)
	if a.Code != http.StatusNoContent {
		return // check says whether the session should have been good for it
	}
	w.password = next
	for _, other := range w.sessions {
		if other != s {
			other.alive = false
		}
	}
}

// TestSessionsHoldInEveryOrderOfEvents runs random events against the model.
// A failure names its seed and what led to it.
func TestSessionsHoldInEveryOrderOfEvents(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := &world{server: newServer(t), rng: rand.New(rand.NewPCG(seed, 1)), secrets: []string{testSecret}, password: testPassword}
			w.login(t)
			for range 200 {
				w.step(t)
				w.check(t)
				if len(w.sessions) > 8 { // the older ones have told what they could
					w.sessions = w.sessions[1:]
				}
			}
		})
	}
}
