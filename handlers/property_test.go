package handlers

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// world is a server beside a model of what must hold for it: the newest refresh token of a session
// is accepted, and so is its predecessor, of an unbound session during the grace; an older one ends
// the session. Without a proof, no token of a bound session changes anything. A logout ends the
// session, and a password change ends all of them. Tokens of a dropped secret are not valid.
type world struct {
	*server
	rng      *rand.Rand
	secrets  []string // newest first
	password string
	sessions []*modelSession
	steps    []string // what was done so far, to read after a failure
}

type modelSession struct {
	alive     bool
	key       *authtest.Prover // nil if the session is unbound
	tokens    []modelToken     // oldest first
	access    modelToken
	rotatedAt time.Time
	lastUsed  time.Time
	created   time.Time
}

type modelToken struct {
	text    string
	secret  string // that signed it
	expires time.Time
}

// accepts reports whether the secret that signed a token is still in use.
func (w *world) accepts(token modelToken) bool {
	return strings.Contains(strings.Join(w.secrets, ","), token.secret)
}

// startReplica replaces the Handler with a new one on the same database with the current secrets,
// as a restart or another server does.
func (w *world) startReplica(t *testing.T) {
	t.Helper()
	w.setSecrets(t, strings.Join(w.secrets, ","))
	w.restart(t)
}

// proof returns the header with a proof for a request, or no header without a key.
func (w *world) proof(t *testing.T, key *authtest.Prover, method, path, token string) []string {
	if key == nil {
		return nil
	}
	return []string{"DPoP", key.Sign(nil, authtest.ProofClaims(method, "https://example.com"+path, w.proofs.Nonce(), token))}
}

// do sends a request to the Handler without a network.
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

// record adds a step to what is shown after a failure.
func (w *world) record(format string, args ...any) {
	w.steps = append(w.steps, fmt.Sprintf(format, args...))
}

func (w *world) fatal(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Fatalf("%s\nafter\n  %s", fmt.Sprintf(format, args...), strings.Join(w.steps[max(0, len(w.steps)-30):], "\n  "))
}

func accessOf(recorder *httptest.ResponseRecorder) string {
	r := response{body: recorder.Body.String()}
	text, _ := r.field("token").(string)
	return text
}

func cookieOf(recorder *httptest.ResponseRecorder) string {
	return cookieNamed(response{Response: recorder.Result()}, "latchkey").Value
}

func (w *world) login(t *testing.T) {
	var key *authtest.Prover
	if w.rng.IntN(2) == 0 {
		key = authtest.NewProver(t)
	}
	r := w.do("POST", "/login", fmt.Sprintf(`{"name":"marisol","password":%q}`, w.password), w.proof(t, key, "POST", "/login", "")...)
	if r.Code != 200 {
		w.fatal(t, "login: %d %s", r.Code, r.Body)
	}
	now := w.clock.Now()
	session := &modelSession{alive: true, key: key, rotatedAt: now, lastUsed: now, created: now}
	session.tokens = []modelToken{{text: cookieOf(r), secret: w.secrets[0]}}
	session.access = modelToken{accessOf(r), w.secrets[0], now.Add(15 * time.Minute)}
	w.sessions = append(w.sessions, session)
	w.record("login: session %d, bound %v", len(w.sessions)-1, key != nil)
}

// expired reports whether a session has ended by the passing of time.
func (w *world) expired(s *modelSession) bool {
	return !w.clock.Now().Before(s.lastUsed.Add(30*24*time.Hour)) || !w.clock.Now().Before(s.created.Add(90*24*time.Hour))
}

// refresh presents the token of session i that is back places from the newest, sometimes as a thief
// who has no key. If the response is lost, the client keeps the access token that it had.
func (w *world) refresh(t *testing.T, i, back int, lost bool) {
	s := w.sessions[i]
	theft := s.key != nil && w.rng.IntN(4) == 0
	key := s.key
	if theft {
		key = []*authtest.Prover{nil, authtest.NewProver(t)}[w.rng.IntN(2)]
	}
	place := max(0, len(s.tokens)-1-back)
	back = len(s.tokens) - 1 - place
	token := s.tokens[place]
	headers := append(w.proof(t, key, "POST", "/refresh", ""), "Cookie", "latchkey="+token.text)
	r := w.do("POST", "/refresh", "", headers...)
	w.record("refresh: session %d, %d from the newest, lost %v, theft %v: %d", i, back, lost, theft, r.Code)
	inGrace := back == 1 && (s.key != nil || !w.clock.Now().After(s.rotatedAt.Add(time.Minute)))
	valid := s.alive && !w.expired(s) && w.accepts(token) && !theft
	want := http.StatusUnauthorized
	switch {
	case !w.accepts(token):
		want = http.StatusNoContent // it counts as no cookie
	case valid && (back == 0 || inGrace):
		want = http.StatusOK
	}
	if r.Code != want {
		w.fatal(t, "status %d, want %d: %s", r.Code, want, r.Body)
	}
	now := w.clock.Now()
	switch {
	case want == http.StatusOK && back == 0:
		s.tokens = append(s.tokens, modelToken{text: cookieOf(r), secret: w.secrets[0]})
		s.rotatedAt, s.lastUsed = now, now
	case want == http.StatusOK: // the same successor, signed with the newest secret
		if newest := s.tokens[len(s.tokens)-1]; newest.secret == w.secrets[0] && cookieOf(r) != newest.text {
			w.fatal(t, "the predecessor got another successor")
		}
		s.tokens[len(s.tokens)-1] = modelToken{text: cookieOf(r), secret: w.secrets[0]}
	case valid: // a replay
		s.alive = false
	}
	if want == http.StatusOK && !lost {
		s.access = modelToken{accessOf(r), w.secrets[0], now.Add(15 * time.Minute)}
	}
}

// check compares what every access token gets with the model.
func (w *world) check(t *testing.T) {
	for i, s := range w.sessions {
		want := http.StatusUnauthorized
		if s.alive && !w.expired(s) && w.accepts(s.access) && w.clock.Now().Before(s.access.expires.Add(5*time.Second)) {
			want = http.StatusOK
		}
		if r := w.do("GET", "/user", "", "Authorization", "Bearer "+s.access.text); r.Code != want {
			w.fatal(t, "session %d: status %d, want %d: %s", i, r.Code, want, r.Body)
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
		w.clock.Advance(d)
		w.record("%v pass", d)
	case n < 92:
		s := w.sessions[i]
		token := s.tokens[len(s.tokens)-1]
		r := w.do("POST", "/logout", "", "Cookie", "latchkey="+token.text)
		w.record("logout: session %d: %d", i, r.Code)
		if want := s.alive && !w.expired(s) && w.accepts(token); (r.Code == http.StatusNoContent) != want {
			w.fatal(t, "logout: %d", r.Code)
		} else if want {
			s.alive = false
		}
	case n < 94:
		w.changePassword(t, i)
	case n < 96:
		w.secrets = append([]string{fmt.Sprintf("%016x a secret of this run", w.rng.Uint64())}, w.secrets...)
		w.startReplica(t)
		w.record("a new secret is added")
	case n < 98 && len(w.secrets) > 1:
		w.secrets = w.secrets[:len(w.secrets)-1]
		w.startReplica(t)
		w.record("the oldest secret is dropped")
	default:
		w.startReplica(t)
		w.record("restart")
	}
}

func (w *world) changePassword(t *testing.T, i int) {
	s := w.sessions[i]
	next := fmt.Sprintf("correct horse %d", w.rng.Uint32())
	headers := append(w.proof(t, s.key, "POST", "/users/me/password", s.access.text), "Authorization", "Bearer "+s.access.text)
	r := w.do("POST", "/users/me/password", fmt.Sprintf(`{"current_password":%q,"new_password":%q}`, w.password, next), headers...)
	w.record("password change in session %d: %d", i, r.Code)
	if r.Code != http.StatusNoContent {
		return // check finds out whether it should have succeeded
	}
	w.password = next
	for _, other := range w.sessions {
		other.alive = false
	}
	w.login(t)
}

// TestSessionsBehaveLikeTheModel runs random events. A failure shows the seed and the steps that
// led to it.
func TestSessionsBehaveLikeTheModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			w := &world{server: newServer(t), rng: rand.New(rand.NewPCG(seed, 1)), secrets: []string{testSecret}, password: testPassword}
			w.login(t)
			for range 200 {
				w.step(t)
				w.check(t)
				if len(w.sessions) > 8 { // keep the checks short
					w.sessions = w.sessions[1:]
				}
			}
		})
	}
}
