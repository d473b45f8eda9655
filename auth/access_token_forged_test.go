package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

// raw returns JSON that is written as it is.
func raw(text string) json.RawMessage { return json.RawMessage(text) }

// replacement is a valid token of which some members are replaced.
type replacement struct {
	name    string
	members map[string]any
	cause   error // nil if the token is still valid
}

// checkHeaders checks tokens whose signatures are valid: only the check of the header can refuse
// them.
func checkHeaders(t *testing.T, replacements []replacement) {
	t.Helper()
	issuer, _ := newTestIssuer(t)
	for _, test := range append(replacements, replacement{name: "unchanged"}) {
		t.Run(test.name, func(t *testing.T) {
			checkParse(t, issuer, forge(t, issuer, test.members, nil), test.cause)
		})
	}
}

// checkClaims checks tokens whose signatures and headers are valid: only the check of the claims
// can refuse them.
func checkClaims(t *testing.T, replacements []replacement) {
	t.Helper()
	issuer, _ := newTestIssuer(t)
	for _, test := range append(replacements, replacement{name: "unchanged"}) {
		t.Run(test.name, func(t *testing.T) {
			checkParse(t, issuer, forge(t, issuer, nil, test.members), test.cause)
		})
	}
}

func checkParse(t *testing.T, issuer *Issuer, text string, cause error) {
	t.Helper()
	if cause != nil {
		refuse(t, issuer, text, cause)
	} else if _, err := issuer.Parse(text); err != nil {
		t.Error(err)
	}
}

// in returns a time as a claim: seconds after the clock of newTestIssuer.
func in(seconds int64) int64 { return testStart + seconds }

// TestErrorsOfParseDoNotRepeatTheToken: they are logged, so anyone could write to the log.
func TestErrorsOfParseDoNotRepeatTheToken(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	long := strings.Repeat("canary", 2000)
	digits := strings.Repeat("987", 5000)
	for name, text := range map[string]string{
		"exp of 15 kB":        forge(t, issuer, nil, map[string]any{"exp": raw(digits)}),
		"nbf as text":         forge(t, issuer, nil, map[string]any{"nbf": long}),
		"iss":                 forge(t, issuer, nil, map[string]any{"iss": long}),
		"aud as a list":       forge(t, issuer, nil, map[string]any{"aud": []string{long}}),
		"sub of another type": forge(t, issuer, nil, map[string]any{"sub": map[string]any{long: 1}}),
		"an unknown claim":    forge(t, issuer, nil, map[string]any{"exp": nil, long: long}),
		"alg":                 forge(t, issuer, map[string]any{"alg": long}, nil),
		"alg of another type": forge(t, issuer, map[string]any{"alg": []string{long}}, nil),
		"typ":                 forge(t, issuer, map[string]any{"typ": long}, nil),
		"kid":                 forge(t, issuer, map[string]any{"kid": long}, nil),
		"crit":                forge(t, issuer, map[string]any{"crit": []string{long}}, nil),
		"not base64":          long + "!." + long + "." + long,
		"not JSON":            base64.RawURLEncoding.EncodeToString([]byte(long)) + "." + long + "." + long,
	} {
		_, err := issuer.Parse(text)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if message := err.Error(); len(message) > 100 || strings.Contains(message, "canary") || strings.Contains(message, "987") {
			t.Errorf("%s: the error is %.300s", name, message)
		}
	}
}

func TestParseChecksTheAlgorithm(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	checkHeaders(t, []replacement{
		{"alg none", header{"alg": "none"}, jwt.ErrTokenSignatureInvalid},
		{"alg None", header{"alg": "None"}, jwt.ErrTokenUnverifiable},
		{"alg nOnE", header{"alg": "nOnE"}, jwt.ErrTokenUnverifiable},
		{"alg in lower case", header{"alg": "hs256"}, jwt.ErrTokenUnverifiable},
		{"alg HS384", header{"alg": "HS384"}, jwt.ErrTokenSignatureInvalid},
		{"alg HS512", header{"alg": "HS512"}, jwt.ErrTokenSignatureInvalid},
		{"alg RS256", header{"alg": "RS256"}, jwt.ErrTokenSignatureInvalid},
		{"alg ES256", header{"alg": "ES256"}, jwt.ErrTokenSignatureInvalid},
		{"alg PS256", header{"alg": "PS256"}, jwt.ErrTokenSignatureInvalid},
		{"alg unknown", header{"alg": "HS257"}, jwt.ErrTokenUnverifiable},
		{"alg empty", header{"alg": ""}, jwt.ErrTokenUnverifiable},
		{"alg missing", header{"alg": absent{}}, jwt.ErrTokenUnverifiable},
		{"alg null", header{"alg": nil}, jwt.ErrTokenUnverifiable},
		{"alg a number", header{"alg": 256}, jwt.ErrTokenUnverifiable},
		{"alg a list", header{"alg": []string{"HS256"}}, jwt.ErrTokenUnverifiable},
		{"alg with a space", header{"alg": "HS256 "}, jwt.ErrTokenUnverifiable},
	})
}

func TestParseChecksTheKeyID(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	mine, other := Secret(secretText).Key().ID, Secret(otherSecretText).Key().ID
	checkHeaders(t, []replacement{
		{"kid of another secret", header{"kid": other}, jwt.ErrTokenUnverifiable},
		{"kid missing", header{"kid": absent{}}, jwt.ErrTokenUnverifiable},
		{"kid empty", header{"kid": ""}, jwt.ErrTokenUnverifiable},
		{"kid null", header{"kid": nil}, jwt.ErrTokenUnverifiable},
		{"kid a number", header{"kid": 1}, jwt.ErrTokenUnverifiable},
		{"kid a list", header{"kid": []string{mine}}, jwt.ErrTokenUnverifiable},
		{"kid an object", header{"kid": map[string]any{"kid": mine}}, jwt.ErrTokenUnverifiable},
		{"kid a path", header{"kid": "../../../../dev/null"}, jwt.ErrTokenUnverifiable},
		{"kid a URL", header{"kid": "https://evil.example/key"}, jwt.ErrTokenUnverifiable},
		{"kid SQL", header{"kid": "x' or 1=1--"}, jwt.ErrTokenUnverifiable},
		{"kid with NUL", header{"kid": mine + "\x00"}, jwt.ErrTokenUnverifiable},
		{"kid with a space", header{"kid": " " + mine}, jwt.ErrTokenUnverifiable},
		{"kid in upper case", header{"kid": strings.ToUpper(mine)}, jwt.ErrTokenUnverifiable},
		{"kid of 10 kB", header{"kid": strings.Repeat("k", 10_000)}, jwt.ErrTokenUnverifiable},
	})
}

func TestParseChecksTheType(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	checkHeaders(t, []replacement{
		{"typ missing", header{"typ": absent{}}, jwt.ErrTokenUnverifiable},
		{"typ empty", header{"typ": ""}, jwt.ErrTokenUnverifiable},
		{"typ null", header{"typ": nil}, jwt.ErrTokenUnverifiable},
		{"typ JWT", header{"typ": "JWT"}, jwt.ErrTokenUnverifiable},
		{"typ of a refresh token", header{"typ": "rt+jwt"}, jwt.ErrTokenUnverifiable},
		{"typ of a logout token", header{"typ": "logout+jwt"}, jwt.ErrTokenUnverifiable},
		{"typ in upper case", header{"typ": "AT+JWT"}, jwt.ErrTokenUnverifiable},
		{"typ a number", header{"typ": 1}, jwt.ErrTokenUnverifiable},
		{"typ a list", header{"typ": []string{"at+jwt"}}, jwt.ErrTokenUnverifiable},
	})
}

func TestParseRefusesCriticalExtensions(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	checkHeaders(t, []replacement{
		{"crit that names an extension", header{"crit": []string{"exp"}}, jwt.ErrTokenUnverifiable},
		{"crit empty", header{"crit": []string{}}, jwt.ErrTokenUnverifiable},
		{"crit null", header{"crit": nil}, jwt.ErrTokenUnverifiable},
		{"crit and b64", header{"crit": []string{"b64"}, "b64": false}, jwt.ErrTokenUnverifiable},
		{"b64 alone", header{"b64": false}, jwt.ErrTokenUnverifiable},
		{"b64 true", header{"b64": true}, jwt.ErrTokenUnverifiable},
	})
}

// No member that names or contains a key is used.
func TestParseIgnoresKeysInTheHeader(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	checkHeaders(t, []replacement{
		{"jwk", header{"jwk": map[string]any{"kty": "oct", "k": "AAAA"}}, nil},
		{"jku", header{"jku": "http://127.0.0.1:1/jwks.json"}, nil},
		{"x5u", header{"x5u": "http://127.0.0.1:1/cert.pem"}, nil},
		{"x5c", header{"x5c": []string{"AAAA"}}, nil},
	})
}

func TestParseChecksTheExpiry(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	checkClaims(t, []replacement{
		{"exp in 1 s", claims{"exp": in(1)}, nil},
		{"exp now", claims{"exp": in(0)}, nil},
		{"exp 4 s ago", claims{"exp": in(-4)}, nil},
		{"exp 5 s ago", claims{"exp": in(-5)}, jwt.ErrTokenExpired},
		{"exp 6 s ago", claims{"exp": in(-6)}, jwt.ErrTokenExpired},
		{"exp missing", claims{"exp": absent{}}, jwt.ErrTokenRequiredClaimMissing},
		{"exp null", claims{"exp": nil}, jwt.ErrTokenRequiredClaimMissing},
		{"exp 0", claims{"exp": 0}, jwt.ErrTokenExpired},
		{"exp negative", claims{"exp": -1}, jwt.ErrTokenExpired},
		{"exp a date", claims{"exp": "2099-01-01"}, jwt.ErrTokenMalformed},
		{"exp a list", claims{"exp": []int64{in(1)}}, jwt.ErrTokenMalformed},
		{"exp true", claims{"exp": true}, jwt.ErrTokenMalformed},
		{"exp empty", claims{"exp": ""}, jwt.ErrTokenMalformed},
		{"exp 1e308", claims{"exp": raw("1e308")}, ErrInvalidToken},
		{"exp -1e308", claims{"exp": raw("-1e308")}, ErrInvalidToken},
		{"exp 1e309", claims{"exp": raw("1e309")}, jwt.ErrTokenMalformed},
		{"exp 9e18", claims{"exp": raw("9e18")}, ErrInvalidToken},
		{"exp 9223372036854775807", claims{"exp": raw("9223372036854775807")}, ErrInvalidToken},
		{"exp in the year 11000", claims{"exp": 285_000_000_000}, ErrInvalidToken},
		{"exp in milliseconds", claims{"exp": in(1) * 1000}, ErrInvalidToken},
		{"exp in the year 9998", claims{"exp": 253_350_000_000}, nil},
	})
}

func TestParseChecksTheOtherTimes(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	checkClaims(t, []replacement{
		{"nbf now", claims{"nbf": in(0)}, nil},
		{"nbf in 5 s", claims{"nbf": in(5)}, nil},
		{"nbf in 6 s", claims{"nbf": in(6)}, jwt.ErrTokenNotValidYet},
		{"nbf in an hour", claims{"nbf": in(3600)}, jwt.ErrTokenNotValidYet},
		{"nbf null", claims{"nbf": nil}, nil},
		{"nbf a word", claims{"nbf": "now"}, jwt.ErrTokenMalformed},
		{"nbf 1e308", claims{"nbf": raw("1e308")}, ErrInvalidToken},
		{"nbf 9e18", claims{"nbf": raw("9e18")}, ErrInvalidToken},
		{"nbf -1", claims{"nbf": -1}, ErrInvalidToken},
		{"iat in an hour", claims{"iat": in(3600)}, nil}, // not a limit
		{"iat a word", claims{"iat": "now"}, jwt.ErrTokenMalformed},
		{"iat 1e308", claims{"iat": raw("1e308")}, ErrInvalidToken},
	})
}

func TestParseChecksTheIssuer(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	checkClaims(t, []replacement{
		{"iss missing", claims{"iss": absent{}}, jwt.ErrTokenRequiredClaimMissing},
		{"iss empty", claims{"iss": ""}, jwt.ErrTokenRequiredClaimMissing},
		{"iss null", claims{"iss": nil}, jwt.ErrTokenRequiredClaimMissing},
		{"iss another", claims{"iss": "https://evil.example"}, jwt.ErrTokenInvalidIssuer},
		{"iss with a slash", claims{"iss": testIssuer + "/"}, jwt.ErrTokenInvalidIssuer},
		{"iss in upper case", claims{"iss": strings.ToUpper(testIssuer)}, jwt.ErrTokenInvalidIssuer},
		{"a part of iss", claims{"iss": testIssuer[:len(testIssuer)-1]}, jwt.ErrTokenInvalidIssuer},
		{"iss a list", claims{"iss": []string{testIssuer}}, jwt.ErrTokenMalformed},
	})
}

func TestParseChecksTheAudience(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	checkClaims(t, []replacement{
		{"aud missing", claims{"aud": absent{}}, jwt.ErrTokenRequiredClaimMissing},
		{"aud empty", claims{"aud": ""}, jwt.ErrTokenRequiredClaimMissing},
		{"aud null", claims{"aud": nil}, jwt.ErrTokenRequiredClaimMissing},
		{"aud an empty list", claims{"aud": []string{}}, jwt.ErrTokenRequiredClaimMissing},
		{"aud another", claims{"aud": "other"}, jwt.ErrTokenInvalidAudience},
		{"aud and more", claims{"aud": testAudience + "2"}, jwt.ErrTokenInvalidAudience},
		{"aud in upper case", claims{"aud": strings.ToUpper(testAudience)}, jwt.ErrTokenInvalidAudience},
		{"aud a list with ours", claims{"aud": []string{"other", testAudience}}, nil},
		{"aud a list of only ours", claims{"aud": []string{testAudience}}, nil},
		{"aud a list without ours", claims{"aud": []string{"other", "another"}}, jwt.ErrTokenInvalidAudience},
		{"aud a list with a number", claims{"aud": []any{testAudience, 1}}, jwt.ErrTokenMalformed},
		{"aud a number", claims{"aud": 1}, jwt.ErrTokenMalformed},
		{"aud an object", claims{"aud": map[string]any{testAudience: testAudience}}, jwt.ErrTokenMalformed},
	})
}

func TestParseChecksTheOtherClaims(t *testing.T) {
	t.Parallel()
	type claims = map[string]any
	checkClaims(t, []replacement{
		{"sub missing", claims{"sub": absent{}}, ErrInvalidToken},
		{"sub empty", claims{"sub": ""}, ErrInvalidToken},
		{"sub null", claims{"sub": nil}, ErrInvalidToken},
		{"sub a number", claims{"sub": 1}, jwt.ErrTokenMalformed},
		{"sub a list", claims{"sub": []string{"u"}}, jwt.ErrTokenMalformed},
		{"sid missing", claims{"sid": absent{}}, ErrInvalidToken},
		{"sid empty", claims{"sid": ""}, ErrInvalidToken},
		{"sid null", claims{"sid": nil}, ErrInvalidToken},
		{"sid a number", claims{"sid": 1}, jwt.ErrTokenMalformed},
		{"roles a word", claims{"roles": "admin"}, jwt.ErrTokenMalformed},
		{"roles with a number", claims{"roles": []any{"admin", 1}}, jwt.ErrTokenMalformed},
		{"an unknown claim", claims{"scope": "everything"}, nil},
	})
}

func TestParseHonoursNotBeforeToTheNanosecond(t *testing.T) {
	t.Parallel()
	issuer, clock := newTestIssuer(t)
	start := clock.Now()
	text := forge(t, issuer, nil, map[string]any{"nbf": start.Unix()})
	clock.Advance(-5 * time.Second)
	if _, err := issuer.Parse(text); err != nil {
		t.Errorf("5 s before: %v", err)
	}
	clock.Advance(-time.Nanosecond)
	refuse(t, issuer, text, jwt.ErrTokenNotValidYet)
}

func TestParseRefusesInvalidSignatures(t *testing.T) {
	t.Parallel()
	pair := newES256Key(t, "pair")
	attacker := newES256Key(t, "pair")
	secret := Secret(secretText).Key()
	issuer, _ := newTestIssuer(t, secret, pair)
	signed := func(header map[string]any, with Key) string { // with another key than the token names
		text := forge(t, issuer, header, nil)
		return sign(t, with, text[:strings.LastIndexByte(text, '.')])
	}
	mac := func(header map[string]any, newHash func() hash.Hash, key []byte) string {
		text := forge(t, issuer, header, nil)
		text = text[:strings.LastIndexByte(text, '.')]
		h := hmac.New(newHash, key)
		h.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	public, err := x509.MarshalPKIXPublicKey(pair.public)
	authtest.Must(t, err)
	type header = map[string]any
	for _, good := range []string{signed(header{}, secret), signed(header{"alg": "ES256", "kid": "pair"}, pair), mac(nil, sha256.New, []byte(secretText))} {
		if _, err := issuer.Parse(good); err != nil {
			t.Fatalf("a valid token: %v", err)
		}
	}
	forged := map[string]string{
		"another secret with our kid":     mac(nil, sha256.New, []byte(otherSecretText)),
		"an empty key":                    mac(nil, sha256.New, nil),
		"a key of zeros":                  mac(nil, sha256.New, make([]byte, 32)),
		"the secret and one more byte":    mac(nil, sha256.New, []byte(secretText+"\x01")),
		"the kid as the key":              mac(nil, sha256.New, []byte(secret.ID)),
		"the secret with SHA-512":         mac(nil, sha512.New, []byte(secretText)),
		"HS512 with our secret":           mac(header{"alg": "HS512"}, sha512.New, []byte(secretText)),
		"the public key as a secret":      mac(header{"kid": "pair"}, sha256.New, public),
		"the secret under the pair's kid": mac(header{"kid": "pair"}, sha256.New, []byte(secretText)),
		"the pair under the secret's kid": signed(header{"alg": "ES256"}, pair),
		"the pair with the secret's alg":  signed(header{"kid": "pair"}, pair),
		"another pair with our kid":       signed(header{"alg": "ES256", "kid": "pair"}, attacker),
		"another pair and its own jwk": signed(header{"alg": "ES256", "kid": "pair",
			"jwk": header{"kty": "EC", "crv": "P-256", "kid": "pair", "use": "sig"}}, attacker),
		"none without a signature":  noSignature(forge(t, issuer, header{"alg": "none"}, nil)),
		"None without a signature":  noSignature(forge(t, issuer, header{"alg": "None"}, nil)),
		"nOnE without a signature":  noSignature(forge(t, issuer, header{"alg": "nOnE"}, nil)),
		"HS256 without a signature": noSignature(forge(t, issuer, nil, nil)),
	}
	for _, name := range sortedNames(forged) {
		t.Run(name, func(t *testing.T) { refuse(t, issuer, forged[name], nil) })
	}
}

// noSignature returns the token with an empty last segment.
func noSignature(text string) string { return text[:strings.LastIndexByte(text, '.')+1] }
