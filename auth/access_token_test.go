package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

const (
	testIssuer   = "https://login.example.com"
	testAudience = "latchkey"
	testTTL      = 15 * time.Minute
	testStart    = 1_900_000_000 // Unix time that the clock shows at first
)

var testPrincipal = Principal{UserID: "u-7f3a", SessionID: "s-91bc", Username: "alice", Roles: []string{"admin", "staff"}}

// newTestIssuer returns an issuer with these keys, or with the key of secretText if there are none,
// and its clock, which shows a whole second.
func newTestIssuer(t *testing.T, keys ...Key) (*Issuer, *authtest.Clock) {
	t.Helper()
	if len(keys) == 0 {
		keys = KeySet{Secret(secretText).Key()}
	}
	clock := authtest.NewClock(time.Unix(testStart, 0))
	issuer, err := NewIssuer(IssuerOptions{Keys: keys, Issuer: testIssuer, Audience: testAudience, TTL: testTTL, Now: clock.Now})
	authtest.Must(t, err)
	return issuer, clock
}

func newES256Key(t *testing.T, id string) Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	authtest.Must(t, err)
	return Key{ID: id, method: jwt.SigningMethodES256, private: private, public: &private.PublicKey}
}

func mustIssue(t *testing.T, issuer *Issuer, p Principal) string {
	t.Helper()
	text, err := issuer.Issue(p)
	if err != nil {
		t.Fatalf("issue: %v", err)
	}
	return text
}

// refuse checks that Parse fails with ErrInvalidToken, and also with cause if that is not nil.
func refuse(t *testing.T, issuer *Issuer, text string, cause error) {
	t.Helper()
	claims, err := issuer.Parse(text)
	if err == nil || claims != nil {
		t.Errorf("accepted %.300q: %+v, %v", text, claims, err)
		return
	}
	if !errors.Is(err, ErrInvalidToken) {
		t.Errorf("%v is not ErrInvalidToken", err)
	}
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("refused with %q, want %q", err, cause)
	}
}

// segment decodes one segment of a token.
func segment(t *testing.T, text string, i int) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(text, ".")[i])
	authtest.Must(t, err)
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	var members map[string]any
	authtest.Must(t, decoder.Decode(&members))
	return members
}

func TestParseReturnsWhatWasIssued(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]Key{"HS256": Secret(secretText).Key(), "ES256": newES256Key(t, "a-key")} {
		t.Run(name, func(t *testing.T) {
			issuer, clock := newTestIssuer(t, key)
			claims, err := issuer.Parse(mustIssue(t, issuer, testPrincipal))
			authtest.Must(t, err)
			want := &Claims{
				RegisteredClaims: jwt.RegisteredClaims{
					Issuer:    testIssuer,
					Subject:   "u-7f3a",
					Audience:  jwt.ClaimStrings{testAudience},
					IssuedAt:  jwt.NewNumericDate(clock.Now()),
					ExpiresAt: jwt.NewNumericDate(clock.Now().Add(testTTL)),
					ID:        claims.ID,
				},
				ClientID: "latchkey", SessionID: "s-91bc", Name: "alice", Roles: []string{"admin", "staff"},
			}
			if !reflect.DeepEqual(claims, want) {
				t.Errorf("got  %+v\nwant %+v", claims, want)
			}
		})
	}
}

func TestTokenContainsTheseMembersAndNoOthers(t *testing.T) {
	t.Parallel()
	issuer, clock := newTestIssuer(t)
	clock.Advance(987654321 * time.Nanosecond)
	text := mustIssue(t, issuer, testPrincipal)

	wantHeader := map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": Secret(secretText).Key().ID}
	if got := segment(t, text, 0); !reflect.DeepEqual(got, wantHeader) {
		t.Errorf("header %v, want %v", got, wantHeader)
	}
	claims := segment(t, text, 1)
	id, _ := claims["jti"].(string)
	if len(id) < 22 { // 128 bits
		t.Errorf("jti is %v", claims["jti"])
	}
	wantClaims := map[string]any{
		"iss": testIssuer, "aud": testAudience, "sub": "u-7f3a", "client_id": "latchkey", "sid": "s-91bc",
		"name": "alice", "roles": []any{"admin", "staff"}, "jti": id,
		"iat": json.Number("1900000000"), // whole seconds
		"exp": json.Number("1900000900"),
	}
	if !reflect.DeepEqual(claims, wantClaims) {
		t.Errorf("claims %v\nwant   %v", claims, wantClaims)
	}
}

func TestTokenOfAUserWithoutRolesHasAnEmptyList(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	for name, roles := range map[string][]string{"nil": nil, "empty": {}} {
		text := mustIssue(t, issuer, Principal{UserID: "u", SessionID: "s", Roles: roles})
		if got := segment(t, text, 1)["roles"]; !reflect.DeepEqual(got, []any{}) {
			t.Errorf("%s: the roles are %v", name, got)
		}
	}
}

func TestEachTokenHasItsOwnID(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	seen := map[any]bool{}
	for range 1000 {
		seen[segment(t, mustIssue(t, issuer, testPrincipal), 1)["jti"]] = true
	}
	if len(seen) != 1000 {
		t.Errorf("1000 tokens have %d ids", len(seen))
	}
}

func TestIssueReturnsNoTokenIfItCannotSign(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t, Key{ID: "a-key", method: jwt.SigningMethodES256, private: []byte("not an ECDSA key")})
	if text, err := issuer.Issue(testPrincipal); err == nil || text != "" {
		t.Errorf("got %q, %v", text, err)
	}
}

func TestNewIssuerNeedsEveryOption(t *testing.T) {
	t.Parallel()
	complete := IssuerOptions{Keys: KeySet{Secret(secretText).Key()}, Issuer: testIssuer, Audience: testAudience, TTL: time.Second, Now: time.Now}
	tests := []struct {
		name string
		edit func(*IssuerOptions)
		ok   bool
	}{
		{"complete", func(*IssuerOptions) {}, true},
		{"no keys", func(o *IssuerOptions) { o.Keys = nil }, false},
		{"an empty key set", func(o *IssuerOptions) { o.Keys = KeySet{} }, false},
		{"no issuer", func(o *IssuerOptions) { o.Issuer = "" }, false},
		{"no audience", func(o *IssuerOptions) { o.Audience = "" }, false},
		{"no TTL", func(o *IssuerOptions) { o.TTL = 0 }, false},
		{"a negative TTL", func(o *IssuerOptions) { o.TTL = -time.Hour }, false},
		{"a TTL below a second", func(o *IssuerOptions) { o.TTL = time.Second - 1 }, false},
		{"no clock", func(o *IssuerOptions) { o.Now = nil }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := complete
			test.edit(&options)
			issuer, err := NewIssuer(options)
			if (err == nil) != test.ok || (issuer != nil) != test.ok {
				t.Errorf("got %v, %v", issuer != nil, err)
			}
			if test.ok && issuer.TTL() != time.Second {
				t.Errorf("TTL is %v", issuer.TTL())
			}
		})
	}
}

// The clocks of two servers may differ by 5 s.
func TestParseAcceptsUntilFiveSecondsAfterExpiry(t *testing.T) {
	t.Parallel()
	issuer, clock := newTestIssuer(t)
	text := mustIssue(t, issuer, testPrincipal)
	issued, expiry := clock.Now(), clock.Now().Add(testTTL)
	for _, test := range []struct {
		name string
		now  time.Time
		ok   bool
	}{
		{"an hour before it was issued", issued.Add(-time.Hour), true}, // iat is not a limit
		{"when issued", issued, true},
		{"a second before expiry", expiry.Add(-time.Second), true},
		{"at expiry", expiry, true},
		{"4 s after", expiry.Add(4 * time.Second), true},
		{"a nanosecond before 5 s after", expiry.Add(5*time.Second - 1), true},
		{"5 s after", expiry.Add(5 * time.Second), false},
		{"6 s after", expiry.Add(6 * time.Second), false},
		{"a year after", expiry.AddDate(1, 0, 0), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock.Advance(test.now.Sub(clock.Now()))
			if !test.ok {
				refuse(t, issuer, text, jwt.ErrTokenExpired)
			} else if _, err := issuer.Parse(text); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestParseAcceptsTokensOfEveryKeyInTheSet(t *testing.T) {
	t.Parallel()
	old, current := Secret(otherSecretText), Secret(secretText)
	before, _ := newTestIssuer(t, old.Key())
	during, _ := newTestIssuer(t, SecretKeys([]Secret{current, old})...)
	after, _ := newTestIssuer(t, current.Key())
	both, _ := newTestIssuer(t, newES256Key(t, "a-key"), current.Key())

	oldToken, newToken := mustIssue(t, before, testPrincipal), mustIssue(t, during, testPrincipal)
	if got := segment(t, newToken, 0)["kid"]; got != current.Key().ID {
		t.Errorf("signed with %v, want the first key", got)
	}
	for name, accepted := range map[string]struct {
		issuer *Issuer
		text   string
	}{
		"an older secret":            {during, oldToken},
		"the first secret":           {during, newToken},
		"the only secret":            {after, newToken},
		"a secret beside a key pair": {both, newToken},
		"a key pair beside a secret": {both, mustIssue(t, both, testPrincipal)},
	} {
		if _, err := accepted.issuer.Parse(accepted.text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	refuse(t, after, oldToken, jwt.ErrTokenUnverifiable)  // the secret was dropped
	refuse(t, before, newToken, jwt.ErrTokenUnverifiable) // the secret is unknown
}

// absent is the value that removes a member.
type absent struct{}

// forge returns a token with a valid signature and with the members of a valid token, some of which
// are replaced.
func forge(t testing.TB, issuer *Issuer, header, claims map[string]any) string {
	t.Helper()
	key := issuer.Keys()[0]
	now := issuer.options.Now()
	text := segmentOf(t, map[string]any{"alg": key.method.Alg(), "typ": "at+jwt", "kid": key.ID}, header) + "." +
		segmentOf(t, map[string]any{
			"iss": testIssuer, "aud": testAudience, "sub": "u", "sid": "s", "exp": now.Add(testTTL).Unix(),
		}, claims)
	return sign(t, key, text)
}

func sign(t testing.TB, key Key, text string) string {
	t.Helper()
	signature, err := key.method.Sign(text, key.private)
	authtest.Must(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func segmentOf(t testing.TB, members, replaced map[string]any) string {
	t.Helper()
	maps.Copy(members, replaced)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == any(absent{}) })
	raw, err := json.Marshal(members)
	authtest.Must(t, err)
	return base64.RawURLEncoding.EncodeToString(raw)
}

// sortedNames returns the names of a table in a fixed order.
func sortedNames[V any](table map[string]V) []string { return slices.Sorted(maps.Keys(table)) }
