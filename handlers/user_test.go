package handlers

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestUserAnswersWhoTheBearerIs(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	for name, authorization := range map[string]string{
		"as the page sends it": "Bearer " + token,
		"lower-case scheme":    "bearer " + token,
		"upper-case scheme":    "BEARER " + token,
		"two spaces":           "Bearer  " + token,
	} {
		a := s.send(t, "GET", "/user", "", "Authorization", authorization)
		wantStatus(t, a, 200)
		if a.field("name") != "Marisol" || !strings.Contains(a.body, `"roles":["admin","editor"]`) {
			t.Errorf("%s: %s", name, a.body)
		}
	}
}

func TestWithoutATokenTheChallengeNamesNoError(t *testing.T) { // RFC 6750 3.1
	s := newServer(t)
	token := s.login(t)
	for name, headers := range map[string][]string{
		"no header":           nil,
		"empty header":        {"Authorization", ""},
		"scheme alone":        {"Authorization", "Bearer"},
		"scheme and space":    {"Authorization", "Bearer "},
		"another scheme":      {"Authorization", "Basic bWFyaXNvbDpwdw=="},
		"token alone":         {"Authorization", token},
		"token in a cookie":   {"Cookie", "token=" + token},
		"token in own header": {"X-Access-Token", token},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.send(t, "GET", "/user", "", headers...)
			wantProblem(t, a, 401)
			if got := a.Header.Get("WWW-Authenticate"); got != "Bearer" {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
	for _, query := range []string{"?access_token=" + token, "?token=" + token} {
		wantProblem(t, s.send(t, "GET", "/user"+query, ""), 401)
	}
}

// TestForgedTokensAreRefused sends what security reviews list; that each check
// is made for its own reason is shown in package auth.
func TestForgedTokensAreRefused(t *testing.T) {
	s := newServer(t)
	good := s.login(t)
	wantStatus(t, s.get(t, "/user", good), 200)
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{}
		_, _, err := jwt.NewParser().ParseUnverified(good, c)
		must(t, err)
		change(c)
		return c
	}
	same := func(jwt.MapClaims) {}
	kid := keyID(t, good)
	sign := func(c jwt.MapClaims, header map[string]any) string {
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
		token.Header["typ"], token.Header["kid"] = "at+jwt", kid
		for name, value := range header {
			if value == nil {
				delete(token.Header, name)
			} else {
				token.Header[name] = value
			}
		}
		text, err := token.SignedString([]byte(testSecret))
		must(t, err)
		return text
	}
	wantStatus(t, s.get(t, "/user", sign(claims(same), nil)), 200) // the forge itself works

	none := jwt.NewWithClaims(jwt.SigningMethodNone, claims(same))
	none.Header["typ"], none.Header["kid"] = "at+jwt", kid
	unsigned, err := none.SignedString(jwt.UnsafeAllowNoneSignatureType)
	must(t, err)
	set := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { c[name] = value }
	}
	drop := func(name string) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) { delete(c, name) }
	}
	for name, token := range map[string]string{
		"alg none":               unsigned,
		"signature cut off":      good[:strings.LastIndex(good, ".")+1],
		"signature altered":      good[:len(good)-4] + "AAAA",
		"two parts":              good[:strings.LastIndex(good, ".")],
		"four parts":             good + ".x",
		"five parts, as JWE":     good + ".x.y",
		"only dots":              strings.Repeat(".", 10000),
		"typ JWT":                sign(claims(same), map[string]any{"typ": "JWT"}),
		"no typ":                 sign(claims(same), map[string]any{"typ": nil}),
		"crit":                   sign(claims(same), map[string]any{"crit": []string{"x"}, "x": 1}),
		"no kid":                 sign(claims(same), map[string]any{"kid": nil}),
		"kid of a path":          sign(claims(same), map[string]any{"kid": "../../dev/null"}),
		"kid of SQL":             sign(claims(same), map[string]any{"kid": "' OR 1=1--"}),
		"no exp":                 sign(claims(drop("exp")), nil),
		"exp in the past":        sign(claims(set("exp", s.now().Add(-time.Minute).Unix())), nil),
		"exp as text":            sign(claims(set("exp", "9")), nil),
		"exp beyond all numbers": sign(claims(set("exp", 1e308)), nil),
		"nbf in the future":      sign(claims(set("nbf", s.now().Add(time.Hour).Unix())), nil),
		"another issuer":         sign(claims(set("iss", "https://evil.example")), nil),
		"no issuer":              sign(claims(drop("iss")), nil),
		"another audience":       sign(claims(set("aud", "billing")), nil),
		"no audience":            sign(claims(drop("aud")), nil),
		"no subject":             sign(claims(drop("sub")), nil),
		"unknown subject":        sign(claims(set("sub", "01a20000-0000-7000-8000-000000000000")), nil),
		"unknown session":        sign(claims(set("sid", "01a20000-0000-7000-8000-000000000000")), nil),
		"no session":             sign(claims(drop("sid")), nil),
		"not a token":            "hello",
	} {
		t.Run(name, func(t *testing.T) {
			a := s.get(t, "/user", token)
			wantProblem(t, a, 401)
			if got := a.Header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
}

func keyID(t *testing.T, token string) string {
	t.Helper()
	parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
	must(t, err)
	return parsed.Header["kid"].(string)
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	a := s.send(t, "GET", "/user", "", "Authorization", "Bearer "+token, "Authorization", "Bearer "+token)
	wantProblem(t, a, 401)
}

func TestATokenEndsAfterItsTimeAndTheLeeway(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	s.advance(15*time.Minute + 4*time.Second)
	wantStatus(t, s.get(t, "/user", token), 200)
	s.advance(2 * time.Second)
	wantProblem(t, s.get(t, "/user", token), 401)
}

func TestADisabledDeletedOrChangedUserCountsOnTheNextRequest(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	s.exec(t, "DELETE FROM user_roles")
	s.exec(t, "INSERT INTO user_roles (user_id, role) SELECT id, 'reader' FROM users")
	if a := s.get(t, "/user", token); !strings.Contains(a.body, `"roles":["reader"]`) {
		t.Errorf("the roles are not those of now: %s", a.body)
	}
	s.exec(t, "UPDATE users SET disabled = 1")
	wantProblem(t, s.get(t, "/user", token), 401)
	s.exec(t, "UPDATE users SET disabled = 0")
	wantStatus(t, s.get(t, "/user", token), 200)
	s.exec(t, "DELETE FROM users")
	wantProblem(t, s.get(t, "/user", token), 401)
}

func TestADatabaseThatIsAwayIs503AndNever401(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	must(t, s.Store.Close())
	for name, a := range map[string]answer{
		"user":  s.get(t, "/user", token),
		"login": s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`),
		"out":   s.send(t, "POST", "/logout", "", "Authorization", "Bearer "+token),
		"ready": s.send(t, "GET", "/readyz", ""),
	} {
		wantProblem(t, a, 503)
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: there is no Retry-After", name)
		}
		if strings.Contains(a.body, "sql") {
			t.Errorf("%s: the answer tells of the inside: %s", name, a.body)
		}
	}
	wantStatus(t, s.send(t, "GET", "/healthz", ""), 200)
}

func TestAPanicIsA500WithoutItsStack(t *testing.T) {
	s := newServer(t)
	operation(s.Handler, "GET /test-panic", func(context.Context, *struct{}) (*struct{}, error) { panic("canary-5309") }, public)
	a := s.send(t, "GET", "/test-panic", "")
	wantProblem(t, a, http.StatusInternalServerError)
	if strings.Contains(a.body, "5309") || !strings.Contains(s.log.String(), "5309") {
		t.Errorf("the cause belongs into the log alone: %s", a.body)
	}
	wantStatus(t, s.send(t, "GET", "/healthz", ""), 200)
}
