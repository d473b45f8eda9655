package handlers

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
	"latchkey/models"
)

func TestChallengeWithoutATokenNamesNoError(t *testing.T) { // RFC 6750 3.1
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for name, headers := range map[string][]string{
		"no header":               nil,
		"empty header":            {"Authorization", ""},
		"scheme only":             {"Authorization", "Bearer"},
		"scheme and space":        {"Authorization", "Bearer "},
		"another scheme":          {"Authorization", "Basic bWFyaXNvbDpwdw=="},
		"token without a scheme":  {"Authorization", token},
		"token in a cookie":       {"Cookie", "token=" + token},
		"token in another header": {"X-Access-Token", token},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.send(t, "GET", "/user", "", headers...)
			wantType(t, r, 401, "token-required")
			if got := r.Header.Get("WWW-Authenticate"); got != challengeBearer {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
	for _, query := range []string{"?access_token=" + token, "?token=" + token} {
		wantType(t, s.send(t, "GET", "/user"+query, ""), 401, "token-required")
	}
}

func TestCookieIsNoBearer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	wantType(t, b.send(t, "GET", "/user", ""), 401, "token-required")
	wantType(t, b.send(t, "GET", "/user", "", "Authorization", "Bearer "+b.cookie), 401, "invalid-token")
}

func TestBearerOrCookieRefusesOtherOrigins(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	operation(s.Handler, "POST /test-cookie", bearerOrCookie, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	b, _ := s.newBrowser(t)
	wantStatus(t, b.send(t, "POST", "/test-cookie", ""), 204)
	wantType(t, b.send(t, "POST", "/test-cookie", "", "Origin", "https://evil.example"), 403, "cross-origin")
}

// TestCookieDoesNotMakeUpForAnUnavailableDatabase: the bearer may be valid, so its session must not
// be left running because the one of the cookie was found.
func TestCookieDoesNotMakeUpForAnUnavailableDatabase(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, _ := s.newBrowser(t)
	request := httptest.NewRequest("POST", "/logout", nil)
	request.Header.Set("Cookie", "latchkey="+b.cookie)
	if _, err := s.cookiePrincipal(request, models.ErrUnavailable); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
	if _, err := s.cookiePrincipal(request, errNoToken); err != nil {
		t.Errorf("the cookie was refused: %v", err)
	}
}

func TestTwoAuthorizationHeadersAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	r := s.send(t, "GET", "/user", "", "Authorization", "Bearer "+token, "Authorization", "Bearer "+token)
	wantType(t, r, 401, "invalid-token")
}

func TestTokenExpiresAfterItsLifetimeAndTheLeeway(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	s.clock.Advance(15*time.Minute + 4*time.Second)
	wantStatus(t, s.get(t, "/user", token), 200)
	s.clock.Advance(2 * time.Second)
	wantType(t, s.get(t, "/user", token), 401, "invalid-token")
}

// forge creates tokens from a valid one, signed with the right secret.
type forge struct {
	t     *testing.T
	valid string
}

// token returns the valid token with its claims and header changed.
func (f forge) token(changeClaims func(jwt.MapClaims), header map[string]any) string {
	f.t.Helper()
	claims := jwt.MapClaims{}
	parsed, _, err := jwt.NewParser().ParseUnverified(f.valid, claims)
	authtest.Must(f.t, err)
	changeClaims(claims)
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", parsed.Header["kid"]
	for name, value := range header {
		if value == nil {
			delete(token.Header, name)
		} else {
			token.Header[name] = value
		}
	}
	if token.Header["alg"] == "none" {
		token.Method = jwt.SigningMethodNone
		text, err := token.SignedString(jwt.UnsafeAllowNoneSignatureType)
		authtest.Must(f.t, err)
		return text
	}
	text, err := token.SignedString([]byte(testSecret))
	authtest.Must(f.t, err)
	return text
}

// tokens returns tokens that must be refused, as lists of known attacks have them.
func (f forge) tokens(now time.Time) map[string]string {
	valid := f.valid
	unchanged := func(jwt.MapClaims) {}
	set := func(name string, value any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = value } }
	remove := func(name string) func(jwt.MapClaims) { return func(c jwt.MapClaims) { delete(c, name) } }
	const noSuchID = "01a20000-0000-7000-8000-000000000000"
	return map[string]string{
		"alg none":           f.token(unchanged, map[string]any{"alg": "none"}),
		"no signature":       valid[:strings.LastIndex(valid, ".")+1],
		"altered signature":  valid[:len(valid)-4] + "AAAA",
		"two parts":          valid[:strings.LastIndex(valid, ".")],
		"four parts":         valid + ".x",
		"five parts, as JWE": valid + ".x.y",
		"only dots":          strings.Repeat(".", 10000),
		"not a token":        "hello",
		"typ JWT":            f.token(unchanged, map[string]any{"typ": "JWT"}),
		"no typ":             f.token(unchanged, map[string]any{"typ": nil}),
		"crit":               f.token(unchanged, map[string]any{"crit": []string{"x"}, "x": 1}),
		"no kid":             f.token(unchanged, map[string]any{"kid": nil}),
		"path as kid":        f.token(unchanged, map[string]any{"kid": "../../dev/null"}),
		"SQL as kid":         f.token(unchanged, map[string]any{"kid": "' OR 1=1--"}),
		"no exp":             f.token(remove("exp"), nil),
		"exp in the past":    f.token(set("exp", now.Add(-time.Minute).Unix()), nil),
		"exp as text":        f.token(set("exp", "9"), nil),
		"exp out of range":   f.token(set("exp", 1e308), nil),
		"nbf in the future":  f.token(set("nbf", now.Add(time.Hour).Unix()), nil),
		"another issuer":     f.token(set("iss", "https://evil.example"), nil),
		"no issuer":          f.token(remove("iss"), nil),
		"another audience":   f.token(set("aud", "billing"), nil),
		"no audience":        f.token(remove("aud"), nil),
		"no subject":         f.token(remove("sub"), nil),
		"unknown subject":    f.token(set("sub", noSuchID), nil),
		"unknown session":    f.token(set("sid", noSuchID), nil),
		"no session":         f.token(remove("sid"), nil),
	}
}

// TestForgedTokensAreRefused is about the whole path of a request. Package auth tests that each
// check refuses for its own reason.
func TestForgedTokensAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	valid := s.login(t, "marisol")
	f := forge{t, valid}
	wantStatus(t, s.get(t, "/user", f.token(func(jwt.MapClaims) {}, nil)), 200) // the forge itself works
	for name, token := range f.tokens(s.clock.Now()) {
		t.Run(name, func(t *testing.T) {
			r := s.get(t, "/user", token)
			kind := "invalid-token"
			if name == "unknown session" {
				kind = "session-ended"
			}
			wantType(t, r, 401, kind)
			if got := r.Header.Get("WWW-Authenticate"); got != challengeInvalidToken {
				t.Errorf("WWW-Authenticate is %q", got)
			}
		})
	}
}
