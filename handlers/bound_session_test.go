package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth/authtest"
)

// provenOperations lists what a bound session needs a proof for, besides the access token. An
// operation that is to join or to leave them must be changed here too.
func provenOperations() []string {
	return []string{
		"DELETE /sessions", "DELETE /sessions/{id}", "DELETE /users/{id}", "DELETE /users/{id}/sessions", "GET /sessions", "GET /users",
		"GET /users/{id}/sessions", "PATCH /users/me", "PATCH /users/{id}", "POST /users", "POST /users/me/deletion", "POST /users/me/password",
		"POST /users/{id}/password-link",
	}
}

// operationsThat returns the operations for which a function reports true.
func (s *server) operationsThat(test func(*huma.Operation) bool) (names []string) {
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		if test(op) {
			names = append(names, op.Method+" "+op.Path)
		}
	}
	slices.Sort(names)
	return names
}

func TestOperationsThatNeedAProof(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.operationsThat(func(op *huma.Operation) bool { return slices.ContainsFunc(op.Security, needsProof) })
	if want := provenOperations(); !slices.Equal(got, want) {
		t.Errorf("a proof is needed for\n%v\nwant\n%v", got, want)
	}
	got = s.operationsThat(func(op *huma.Operation) bool { return isPublic(op) && acceptsProof(op) })
	if want := []string{"POST /login", "POST /refresh", "POST /token"}; !slices.Equal(got, want) {
		t.Errorf("public operations that read a proof are %v, want %v", got, want)
	}
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		if slices.ContainsFunc(op.Security, needsRole) && !slices.ContainsFunc(op.Security, needsProof) {
			t.Errorf("%s %s needs a role but no proof", op.Method, op.Path)
		}
	}
}

func TestBearerOfABoundSessionNeedsAProofThere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, op := range documentedOperations(s.api.OpenAPI()) {
		if isPublic(op) || op.Path == "/logout" {
			continue
		}
		path := strings.ReplaceAll(op.Path, "{id}", "1")
		send := func(token string) response {
			return s.send(t, op.Method, path, "{}", "Authorization", "Bearer "+token, "Content-Type", "application/json")
		}
		_, bound := s.newBoundBrowser(t)
		_, unbound := s.newBrowser(t)
		needed := slices.Contains(provenOperations(), op.Method+" "+op.Path)
		if r := send(bound); (r.field("type") == "/problems/invalid-proof") != needed {
			t.Errorf("%s %s with the bearer of a bound session: status %d: %s", op.Method, op.Path, r.StatusCode, r.body)
		}
		if r := send(unbound); r.StatusCode == 401 {
			t.Errorf("%s %s with the bearer of an unbound session: %s", op.Method, op.Path, r.body)
		}
	}
}

// TestOperationThatAlwaysNeedsAProofRefusesUnboundSessions: there is none yet, but its document
// would promise it.
func TestOperationThatAlwaysNeedsAProofRefusesUnboundSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	always := func(op *huma.Operation) { op.Security = []map[string][]string{{bearerScheme: {}, proofScheme: {}}} }
	operation(s.Handler, "GET /test-proof", always, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	bound, ofBound := s.newBoundBrowser(t)
	wantStatus(t, bound.send(t, "GET", "/test-proof", "", "Authorization", "Bearer "+ofBound), 204)
	wantType(t, s.get(t, "/test-proof", ofBound), 401, "invalid-proof")
	wantType(t, s.get(t, "/test-proof", s.login(t, "marisol")), 403, "insufficient-scope")
}

func TestRefusalsComeInOrder(t *testing.T) { // the token, the proof, the role
	t.Parallel()
	s := newServer(t)
	s.addUser(t, "jonas")
	b := &browser{server: s, key: authtest.NewProver(t)}
	r := b.send(t, "POST", "/login", credentials("jonas"), "Content-Type", "application/json")
	wantStatus(t, r, 200)
	token := r.field("token").(string)
	wantType(t, s.send(t, "GET", "/users", "", "Authorization", "Bearer x", "DPoP", "x"), 401, "invalid-token")
	wantType(t, s.send(t, "GET", "/users", "", "DPoP", "x"), 401, "token-required")
	wantType(t, s.get(t, "/users", token), 401, "invalid-proof")
	wantType(t, b.send(t, "GET", "/users", "", "Authorization", "Bearer "+token), 403, "insufficient-scope")
	wantStatus(t, b.send(t, "GET", "/sessions", "", "Authorization", "Bearer "+token), 200)
}

func TestProofNamesTheMethodAndPathAsSent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, token := s.newBoundBrowser(t)
	for request, status := range map[string]int{
		"GET /sessions": 200, "HEAD /sessions": 200, "GET /sessions/": 200, "GET /sessions?x=1": 200, "GET /users?q=mari&limit=1": 200,
		"DELETE /sessions/a%2Fb": 404, "DELETE /sessions/%7Ea": 404,
	} {
		method, path, _ := strings.Cut(request, " ")
		wantStatus(t, b.send(t, method, path, "", "Authorization", "Bearer "+token), status)
		withoutQuery, _, _ := strings.Cut(path, "?") // as RFC 9449 4.2 asks; the others keep it
		proof := b.proof(t, method, withoutQuery, token)
		wantStatus(t, s.send(t, method, path, "", "Authorization", "Bearer "+token, "DPoP", proof), status)
	}
	proof := b.proof(t, "GET", "/sessions", token)
	wantStatus(t, s.send(t, "HEAD", "/sessions", "", "Authorization", "Bearer "+token, "DPoP", proof), 401)
}

// TestThiefOfABoundSessionRenewsNothing: the thief has the cookie and the predecessor of every
// renewal, but not the key.
func TestThiefOfABoundSessionRenewsNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	owner, _ := s.newBoundBrowser(t)
	thief := authtest.NewProver(t)
	copied := []string{owner.cookie}
	for range 12 {
		s.clock.Advance(14 * time.Minute)
		owner.nonce = s.proofs.Nonce()
		wantStatus(t, owner.refresh(t), 200)
		copied = append(copied, owner.cookie)
		before := s.dump(t)
		for _, cookie := range copied {
			claims := authtest.ProofClaims("POST", s.URL+"/refresh", s.proofs.Nonce(), "")
			for _, headers := range [][]string{{}, {"DPoP", thief.Sign(nil, claims)}} {
				wantType(t, s.send(t, "POST", "/refresh", "", append(headers, "Cookie", "latchkey="+cookie)...), 401, "invalid-proof")
			}
			wantStatus(t, s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+cookie), 400)
		}
		if s.dump(t) != before {
			t.Fatal("the thief changed something")
		}
	}
	t.Logf("0 renewals with %d copied cookies, tried again after each of 12 renewals", len(copied))
	wantStatus(t, owner.refresh(t), 200)
	if line := s.logLine("used again"); line != "" {
		t.Errorf("the owner was disturbed: %s", line)
	}
}

// TestThiefOfAnUnboundSessionIsNoticed: the first use of a replaced token from another address ends
// the session, even while the grace lasts.
func TestThiefOfAnUnboundSessionIsNoticed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/refresh", "/token"} {
		s := newServer(t, behindProxy)
		owner, _ := s.newBrowser(t)
		copied := owner.cookie
		wantStatus(t, owner.refresh(t), 200)
		retry := &browser{server: s, cookie: copied} // the owner's, whose response was lost
		wantStatus(t, retry.refresh(t), 200)
		if path == "/refresh" {
			wantSessionEnded(t, s.send(t, "POST", path, "", append(from("192.0.2.1"), "Cookie", "latchkey="+copied)...))
		} else {
			wantStatus(t, s.postForm(t, path, "grant_type=refresh_token&refresh_token="+copied, from("192.0.2.1")...), 400)
		}
		marisol, err := s.store.UserByName(t.Context(), "marisol")
		authtest.Must(t, err)
		line := s.logLine("used again")
		if !strings.Contains(line, "level=WARN") || !strings.Contains(line, "address=192.0.2.1") || !strings.Contains(line, "user="+marisol.ID) {
			t.Errorf("the theft is logged as %q", line)
		}
		wantSessionEnded(t, owner.refresh(t))
	}
}

func TestBoundSessionSurvivesALostResponseAndADayOfSleep(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBoundBrowser(t)
	old := b.cookie
	wantStatus(t, b.refresh(t), 200)
	successor := b.cookie
	b.cookie = old // as if the response had been lost
	s.clock.Advance(24 * time.Hour)
	wantType(t, b.refresh(t), 401, "use-dpop-nonce")
	wantStatus(t, b.refresh(t), 200)
	if b.cookie != successor {
		t.Error("the retry got another successor")
	}
	wantStatus(t, b.refresh(t), 200) // uses the successor
	newest := b.cookie
	b.cookie = old
	wantSessionEnded(t, b.refresh(t))
	wantReplayLogged(t, s)
	b.cookie = newest
	wantSessionEnded(t, b.refresh(t))
}

func TestCookieOfABoundSessionCanStillEndIt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{"/logout", "/revoke"} {
		b, token := s.newBoundBrowser(t)
		if path == "/logout" {
			wantStatus(t, s.send(t, "POST", path, "", "Cookie", "latchkey="+b.cookie), 204)
		} else {
			wantStatus(t, s.postForm(t, path, "token="+b.cookie), 200)
		}
		wantEnded(t, s, "the session after "+path, token, true)
	}
}

func TestTokenBindsItsRefreshToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	key := authtest.NewProver(t)
	exchange := func(key *authtest.Prover, form string) response {
		proof := key.Sign(nil, authtest.ProofClaims("POST", s.URL+"/token", "", ""))
		return s.postForm(t, "/token", form, "DPoP", proof)
	}
	first := exchange(key, credentialsForm())
	wantStatus(t, first, 200)
	renewal := "grant_type=refresh_token&refresh_token=" + first.field("refresh_token").(string)
	wantStatus(t, s.postForm(t, "/token", renewal), 400)
	wantStatus(t, exchange(authtest.NewProver(t), renewal), 400)
	second := exchange(key, renewal)
	wantStatus(t, second, 200)
	if second.field("token_type") != "bearer" {
		t.Errorf("token_type is %v", second.field("token_type"))
	}
	wantStatus(t, s.get(t, "/user", second.field("access_token").(string)), 200)
}

// TestLoginWithAnotherKeyReplacesTheSession: nothing of the earlier session is needed, so a browser
// whose key is lost can always log in again.
func TestLoginWithAnotherKeyReplacesTheSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, earlier := s.newBoundBrowser(t)
	b.key = authtest.NewProver(t)
	wantType(t, b.refresh(t), 401, "invalid-proof")
	wantEnded(t, s, "the earlier session", earlier, false)
	b.logIn(t)
	wantEnded(t, s, "the earlier session", earlier, true)
	wantStatus(t, b.refresh(t), 200)
	b.key = nil
	b.logIn(t) // without a key, the session is unbound
	wantStatus(t, b.refresh(t), 200)
}

func TestBrowserWithAWrongClockUsesProofs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBoundBrowser(t)
	for _, wrong := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		claims := authtest.ProofClaims("POST", s.URL+"/refresh", s.proofs.Nonce(), "")
		claims["iat"] = time.Now().Add(wrong).Unix()
		r := s.send(t, "POST", "/refresh", "", "Cookie", "latchkey="+b.cookie, "DPoP", b.key.Sign(nil, claims))
		wantStatus(t, r, http.StatusOK)
		b.cookie = cookieNamed(r, "latchkey").Value
	}
}
