package handlers

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// proofTarget is a request that reads a proof.
type proofTarget struct {
	method, path, body string
	headers            []string
	token              string // the access token in the headers
	isForm             bool   // errors are those of OAuth 2.0
	mayLackProof       bool   // the request succeeds without a proof, and with a proof of any key
	mayLackNonce       bool
}

// proofTargets returns requests of a browser with a bound session. None of them ends the session.
func proofTargets(b *browser, token string) map[string]proofTarget {
	asJSON := []string{"Content-Type", "application/json"}
	asForm := []string{"Content-Type", "application/x-www-form-urlencoded"}
	return map[string]proofTarget{
		"login": {
			method: "POST", path: "/login", body: credentials("marisol"), headers: asJSON, mayLackProof: true, mayLackNonce: true,
		},
		"refresh": {method: "POST", path: "/refresh", headers: []string{"Cookie", "latchkey=" + b.cookie}},
		"guarded": {method: "DELETE", path: "/sessions", token: token, headers: []string{"Authorization", "Bearer " + token}},
		"role":    {method: "GET", path: "/users", token: token, headers: []string{"Authorization", "Bearer " + token}},
		"password grant": {
			method: "POST", path: "/token", body: credentialsForm(), headers: asForm, isForm: true, mayLackProof: true, mayLackNonce: true,
		},
		"refresh token grant": {
			method: "POST", path: "/token", body: "grant_type=refresh_token&refresh_token=" + b.cookie, headers: asForm,
			isForm: true, mayLackNonce: true,
		},
	}
}

func (s *server) sendTo(t *testing.T, target proofTarget, headers ...string) response {
	t.Helper()
	return s.send(t, target.method, target.path, target.body, append(slices.Clone(target.headers), headers...)...)
}

// rightProof returns a proof for a target. Without a nonce, it lacks the claim.
func (s *server) rightProof(t *testing.T, target proofTarget, key *authtest.Prover, nonce string) string {
	t.Helper()
	return key.Sign(nil, authtest.ProofClaims(target.method, s.URL+target.path, nonce, target.token))
}

func TestAnyWrongProofGetsTheSameResponseAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"login", "refresh", "guarded", "role", "password grant", "refresh token grant"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newThrottledServer(t)
			b, token := s.newBoundBrowser(t)
			s.login(t, "marisol") // a session that DELETE /sessions would end
			target := proofTargets(b, token)[name]
			wrong := newWrongProofs(t, s, target, b.key)
			if !target.mayLackProof {
				right := s.rightProof(t, target, b.key, s.proofs.Nonce())
				wrong["no proof"] = nil
				wrong["in another header"] = []string{"X-DPoP", right}
				wrong["in the header of the response"] = []string{"DPoP-Nonce", right}
				wrong["made with another key"] = []string{"DPoP", s.rightProof(t, target, authtest.NewProver(t), s.proofs.Nonce())}
			}
			before := s.dump(t)
			var first *response
			for name, headers := range wrong {
				t.Run(name, func(t *testing.T) {
					r := s.sendTo(t, target, headers...)
					wantInvalidProof(t, target, r)
					if first == nil {
						first = &r
					}
					compareResponses(t, name, *first, r)
					if after := s.dump(t); after != before {
						t.Errorf("the database was\n%s\nand is\n%s", before, after)
					}
					if line := s.logLine(r.Header.Get("X-Request-Id")); !strings.Contains(line, "cause=") {
						t.Errorf("it is logged as %s", line)
					}
				})
			}
			if len(wrong) < 90 {
				t.Errorf("only %d proofs were tried", len(wrong))
			}
			wantSuccess(t, s.sendTo(t, target, "DPoP", s.rightProof(t, target, b.key, s.proofs.Nonce())))
		})
	}
}

// wantInvalidProof checks the response to a wrong proof.
func wantInvalidProof(t *testing.T, target proofTarget, r response) {
	t.Helper()
	if target.isForm {
		wantStatus(t, r, 400)
		if r.field("error") != "invalid_dpop_proof" || r.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("the response is %s", r.body)
		}
		return
	}
	wantType(t, r, 401, "invalid-proof")
	if got := r.Header.Get("WWW-Authenticate"); got != challengeProof {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func wantSuccess(t *testing.T, r response) {
	t.Helper()
	if r.StatusCode != http.StatusOK && r.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s: status %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, r.body)
	}
}

// dump returns what the database contains of users, sessions and budgets.
func (s *server) dump(t *testing.T) string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.file+"?_busy_timeout=5000")
	authtest.Must(t, err)
	defer db.Close()
	var text strings.Builder
	for _, table := range []string{"users", "sessions", "budgets"} {
		dumpTable(t, db, table, &text)
	}
	return text.String()
}

func dumpTable(t *testing.T, db *sql.DB, table string, text *strings.Builder) {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table)
	authtest.Must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	authtest.Must(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		authtest.Must(t, rows.Scan(values...))
		for i := range values {
			fmt.Fprintf(text, "%s.%s=%v ", table, columns[i], *values[i].(*any))
		}
		text.WriteByte('\n')
	}
	authtest.Must(t, rows.Err())
}

// TestStaleNonceIsReplaced: the client learns that the proof was right, and the nonce for the next.
func TestStaleNonceIsReplaced(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"login", "refresh", "guarded", "role", "password grant", "refresh token grant"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			b, token := s.newBoundBrowser(t)
			target := proofTargets(b, token)[name]
			old := s.proofs.Nonce()
			s.clock.Advance(12 * time.Minute)
			before := s.dump(t)
			for _, nonce := range []string{old, ""} {
				if nonce == "" && target.mayLackNonce {
					continue
				}
				r := s.sendTo(t, target, "DPoP", s.rightProof(t, target, b.key, nonce))
				wantStaleNonce(t, target, r)
				if s.dump(t) != before {
					t.Errorf("the database changed")
				}
				b.nonce = r.Header.Get("DPoP-Nonce")
			}
			wantSuccess(t, s.sendTo(t, target, "DPoP", s.rightProof(t, target, b.key, b.nonce)))
		})
	}
}

func wantStaleNonce(t *testing.T, target proofTarget, r response) {
	t.Helper()
	if target.isForm {
		wantStatus(t, r, 400)
		if r.field("error") != "use_dpop_nonce" || r.Header.Get("WWW-Authenticate") != "" {
			t.Errorf("the response is %s", r.body)
		}
		return
	}
	wantType(t, r, 401, "use-dpop-nonce")
	if got := r.Header.Get("WWW-Authenticate"); got != challengeNonce {
		t.Errorf("WWW-Authenticate is %q", got)
	}
}

func TestLoginAndPasswordGrantTakeAProofWithoutANonce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	targets := proofTargets(&browser{}, "")
	for _, name := range []string{"login", "password grant"} {
		r := s.sendTo(t, targets[name], "DPoP", s.rightProof(t, targets[name], authtest.NewProver(t), ""))
		wantStatus(t, r, 200)
		if r.field("token_type") != "bearer" || r.Header.Get("DPoP-Nonce") == "" {
			t.Errorf("%s: %s, nonce %q", name, r.body, r.Header.Get("DPoP-Nonce"))
		}
	}
}

func TestClientsThatUseProofsReceiveANonce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, token := s.newBoundBrowser(t)
	for _, request := range []string{"GET /login", "GET /user", "POST /refresh", "POST /logout", "GET /healthz", "GET /nothing", "PUT /login"} {
		method, path, _ := strings.Cut(request, " ")
		if got := s.send(t, method, path, "", "DPoP", "wrong").Header.Get("DPoP-Nonce"); got == "" {
			t.Errorf("%s with a proof: no nonce", request)
		}
		if got := s.send(t, method, path, "").Header.Get("DPoP-Nonce"); got != "" {
			t.Errorf("%s without a proof: nonce %q", request, got)
		}
	}
	for _, path := range []string{"/user", "/users/me", "/items", "/sessions", "/users"} {
		r := s.get(t, path, token)
		if got := r.Header.Get("DPoP-Nonce"); got == "" {
			t.Errorf("GET %s with the bearer of a bound session: no nonce", path)
		}
	}
	if got := s.get(t, "/user", s.login(t, "marisol")).Header.Get("DPoP-Nonce"); got != "" {
		t.Errorf("the bearer of an unbound session receives the nonce %q", got)
	}
	wantStatus(t, b.refresh(t), 200)
}

func TestProofOfAnUnboundSessionChangesNothingUnlessItIsWrong(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, token := s.newBrowser(t)
	for name, target := range proofTargets(b, token) {
		if target.mayLackProof || name == "refresh token grant" { // refresh has used the token
			continue
		}
		wantInvalidProof(t, target, s.sendTo(t, target, "DPoP", "wrong"))
		wantSuccess(t, s.sendTo(t, target, "DPoP", s.rightProof(t, target, authtest.NewProver(t), s.proofs.Nonce())))
		wantSuccess(t, s.sendTo(t, target))
	}
}
