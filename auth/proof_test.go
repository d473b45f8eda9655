package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

const (
	proofURL  = "https://login.example.org/users/42"
	someToken = "an.access.token"
)

// proofRequest is a request with an access token, for which a proof needs a nonce.
func proofRequest() ProofRequest {
	return ProofRequest{Method: "PATCH", Origin: "https://login.example.org", Path: "/users/42", AccessToken: someToken, NeedsNonce: true}
}

func newVerifier(secret string) (*ProofVerifier, *authtest.Clock) {
	clock := authtest.NewClock(time.Date(2026, 11, 22, 12, 0, 30, 0, time.UTC))
	return NewProofVerifier(testSecrets(secret), clock.Now), clock
}

func TestProofGivesTheThumbprintOfItsKey(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	jwk := prover.JWK()
	want := JWK{KeyType: "EC", Curve: "P-256", X: jwk["x"].(string), Y: jwk["y"].(string)}.thumbprint()
	got, err := v.Verify(prover.Prove("PATCH", proofURL, v.Nonce(), someToken), proofRequest())
	if err != nil || got != want {
		t.Errorf("thumbprint %q, %v; want %q", got, err, want)
	}
}

// An example that others have computed (RFC 9449 4.1 and 6.1).
func TestProofOfTheStandardIsAccepted(t *testing.T) {
	t.Parallel()
	const proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR" +
		"nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE" +
		"9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOS" +
		"sX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	v, _ := newVerifier("a")
	got, err := v.Verify(proof, ProofRequest{Method: "POST", Origin: "https://server.example.com", Path: "/token"})
	if want := "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"; err != nil || got != want {
		t.Errorf("thumbprint %q, %v; want %q", got, err, want)
	}
}

func TestProofWithAWrongClaimIsInvalid(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	other, _ := newVerifier("b")
	prover := authtest.NewProver(t)
	for name, wrong := range map[string]map[string]any{
		"without htm":                 {"htm": nil},
		"htm of another method":       {"htm": "POST"},
		"htm in lower case":           {"htm": "patch"},
		"htm a list":                  {"htm": []string{"PATCH"}},
		"without htu":                 {"htu": nil},
		"htu of another host":         {"htu": "https://evil.example/users/42"},
		"htu of a subdomain":          {"htu": "https://a.login.example.org/users/42"},
		"htu of another scheme":       {"htu": "http://login.example.org/users/42"},
		"htu of another port":         {"htu": "https://login.example.org:8443/users/42"},
		"htu of another path":         {"htu": "https://login.example.org/users/43"},
		"htu of a longer path":        {"htu": "https://login.example.org/users/42/x"},
		"htu with dots":               {"htu": "https://login.example.org/users/1/../42"},
		"htu with an encoded slash":   {"htu": "https://login.example.org/users%2F42"},
		"htu with a user":             {"htu": "https://login.example.org@login.example.org/users/42"},
		"htu without a host":          {"htu": "/users/42"},
		"htu with another protocol":   {"htu": "ftp://login.example.org/users/42"},
		"htu not a URL":               {"htu": "https://%zz"},
		"htu a number":                {"htu": 7},
		"without jti":                 {"jti": nil},
		"jti empty":                   {"jti": ""},
		"jti a number":                {"jti": 7},
		"jti too long":                {"jti": strings.Repeat("x", 257)},
		"without iat":                 {"iat": nil},
		"iat a string":                {"iat": "1795000000"},
		"iat negative":                {"iat": -1},
		"iat beyond the year 9999":    {"iat": 1e308},
		"without ath":                 {"ath": nil},
		"ath of another token":        {"ath": hashAccessToken("another.access.token")},
		"ath the token itself":        {"ath": someToken},
		"ath with padding":            {"ath": hashAccessToken(someToken) + "="},
		"ath a list":                  {"ath": []string{hashAccessToken(someToken)}},
		"nonce invented":              {"nonce": "29912345.invented"},
		"nonce without a MAC":         {"nonce": strings.Split(v.Nonce(), ".")[0]},
		"nonce of another server":     {"nonce": other.Nonce()},
		"nonce of another minute":     {"nonce": "1" + v.Nonce()},
		"nonce empty":                 {"nonce": ""},
		"nonce a number":              {"nonce": 7},
		"nonce a refresh token":       {"nonce": refreshTokens("a").Format(RefreshToken{"s", 1})},
		"claims in upper case":        {"htm": nil, "HTM": "PATCH"},
		"claims of another type (id)": {"htm": map[string]any{"PATCH": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{"nonce": v.Nonce(), "ath": hashAccessToken(someToken)}
			maps.Copy(claims, wrong)
			wantInvalidProof(t, v, prover.Sign(nil, authtest.Merge(authtest.ProofClaims("PATCH", proofURL, "", ""), claims)))
		})
	}
}

func TestOnlyAProofForAnotherAddressIsCalledThat(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	for claim, want := range map[string]bool{"htu": true, "htm": false, "jti": false, "ath": false} {
		claims := authtest.ProofClaims("PATCH", proofURL, v.Nonce(), someToken)
		claims[claim] = "https://evil.example/users/42"
		if claim == "jti" {
			claims[claim] = ""
		}
		_, err := v.Verify(prover.Sign(nil, claims), proofRequest())
		if !errors.Is(err, ErrInvalidProof) || errors.Is(err, ErrProofAddress) != want {
			t.Errorf("wrong %s: %v", claim, err)
		}
	}
}

func TestProofWithAWrongHeaderIsInvalid(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	altered := func(changes map[string]any) map[string]any {
		jwk := prover.JWK()
		maps.Copy(jwk, changes)
		return map[string]any{"jwk": jwk}
	}
	point := prover.JWK()
	whole := slices.Concat(coordinate(point["x"]), coordinate(point["y"]))
	for name, header := range map[string]map[string]any{
		"without typ":                   {"typ": nil},
		"typ JWT":                       {"typ": "JWT"},
		"typ of an access token":        {"typ": "at+jwt"},
		"typ in upper case":             {"typ": "DPoP+jwt"},
		"with crit":                     {"crit": []string{"exp"}},
		"with b64":                      {"b64": true},
		"without jwk":                   {"jwk": nil},
		"jwk a string":                  {"jwk": "key"},
		"jwk empty":                     {"jwk": map[string]any{}},
		"another key":                   {"jwk": authtest.NewProver(t).JWK()},
		"kty RSA":                       altered(map[string]any{"kty": "RSA"}),
		"crv P-384":                     altered(map[string]any{"crv": "P-384"}),
		"with the private member d":     altered(map[string]any{"d": "AAAA"}),
		"with the symmetric member k":   altered(map[string]any{"k": "AAAA"}),
		"with an unknown member":        altered(map[string]any{"jku": "https://evil.example"}),
		"y off the curve":               altered(map[string]any{"y": point["x"]}),
		"x too short":                   altered(map[string]any{"x": "AAAA"}),
		"x with padding":                altered(map[string]any{"x": point["x"].(string) + "="}),
		"x with a longer form":          altered(map[string]any{"x": "AA" + point["x"].(string)}),
		"x missing":                     altered(map[string]any{"x": nil}),
		"x a number":                    altered(map[string]any{"x": 7}),
		"the point at infinity":         altered(map[string]any{"x": encode(make([]byte, 32)), "y": encode(make([]byte, 32))}),
		"x and y of 31 and 33 bytes":    altered(map[string]any{"x": encode(whole[:31]), "y": encode(whole[31:])}),
		"x with a line break":           altered(map[string]any{"x": point["x"].(string) + "\n"}),
		"a symmetric key":               {"jwk": map[string]any{"kty": "oct", "k": "AAAA"}},
		"alg of another curve":          {"alg": "ES384"},
		"alg none":                      {"alg": "none"},
		"alg HS256":                     {"alg": "HS256"},
		"alg missing":                   {"alg": nil},
		"alg a list":                    {"alg": []string{"ES256"}},
		"a chain of certificates alone": {"jwk": nil, "x5c": []string{"AAAA"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claims := map[string]any{"nonce": v.Nonce(), "ath": hashAccessToken(someToken)}
			wantInvalidProof(t, v, prover.Sign(header, authtest.Merge(authtest.ProofClaims("PATCH", proofURL, "", ""), claims)))
		})
	}
}

// These are signed correctly, by the key or secret that their header names.
func TestProofWithAnotherAlgorithmIsInvalid(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	authtest.Must(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	authtest.Must(t, err)
	for name, with := range map[string]struct {
		method jwt.SigningMethod
		key    any
		jwk    map[string]any
	}{
		"none":  {jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, authtest.NewProver(t).JWK()},
		"HS256": {jwt.SigningMethodHS256, []byte("secret"), map[string]any{"kty": "oct", "k": encode([]byte("secret"))}},
		"RS256": {jwt.SigningMethodRS256, rsaKey, map[string]any{"kty": "RSA", "n": encode(rsaKey.N.Bytes()), "e": "AQAB"}},
		"ES384": {jwt.SigningMethodES384, p384, map[string]any{"kty": "EC", "crv": "P-384", "x": encode(p384.X.Bytes()), "y": encode(p384.Y.Bytes())}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			token := jwt.NewWithClaims(with.method, jwt.MapClaims{
				"htm": "PATCH", "htu": proofURL, "iat": 1_795_000_000, "jti": "x", "nonce": v.Nonce(), "ath": hashAccessToken(someToken),
			})
			token.Header["typ"], token.Header["jwk"] = proofType, with.jwk
			text, err := token.SignedString(with.key)
			authtest.Must(t, err)
			wantInvalidProof(t, v, text)
		})
	}
}

func TestTextThatIsNoProofIsInvalid(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	good := prover.Prove("PATCH", proofURL, v.Nonce(), someToken)
	parts := strings.Split(good, ".")
	long := map[string]any{"nonce": v.Nonce(), "ath": hashAccessToken(someToken), "more": strings.Repeat("x", 4000)}
	for name, text := range map[string]string{
		"empty":                      "",
		"not a JWT":                  "proof",
		"of more than 4 kB":          prover.Sign(nil, long),
		"with other spare bits":      respell(good),
		"two proofs":                 good + "," + good,
		"without a signature":        parts[0] + "." + parts[1] + ".",
		"with a cut signature":       good[:len(good)-4],
		"with another payload":       parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte("{}")) + "." + parts[2],
		"with a line break":          parts[0] + "." + parts[1] + ".\n" + parts[2],
		"with a signature of zeroes": parts[0] + "." + parts[1] + "." + encode(make([]byte, 64)),
		"with spaces":                " " + good,
		"encrypted":                  good + ".AAAA.AAAA",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantInvalidProof(t, v, text)
		})
	}
}

// respell returns the same proof with other bits after the last byte of its signature.
func respell(proof string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := len(proof) - 1
	return proof[:last] + string(alphabet[strings.IndexByte(alphabet, proof[last])+1])
}

// The key is right, but it signed another hash than ES256 does.
func TestProofSignedWithAnotherHashIsInvalid(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	claims := map[string]any{"nonce": v.Nonce(), "ath": hashAccessToken(someToken)}
	signed := prover.Sign(map[string]any{"alg": "ES384"}, authtest.Merge(authtest.ProofClaims("PATCH", proofURL, "", ""), claims))
	signed = signed[:strings.LastIndexByte(signed, '.')]
	hash := sha512.Sum384([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, prover.Key, hash[:])
	authtest.Must(t, err)
	signature := slices.Concat(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48)))
	wantInvalidProof(t, v, signed+"."+encode(signature))
}

func wantInvalidProof(t *testing.T, v *ProofVerifier, proof string) {
	t.Helper()
	thumbprint, err := v.Verify(proof, proofRequest())
	if !errors.Is(err, ErrInvalidProof) || errors.Is(err, ErrStaleNonce) || thumbprint != "" {
		t.Errorf("thumbprint %q, %v", thumbprint, err)
	}
}

func TestAddressOfAProofMayBeWrittenInEquivalentWays(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	for _, row := range []struct{ htu, origin, path string }{
		{"https://login.example.org/users/42?q=1#x", "https://login.example.org", "/users/42"},
		{"https://login.example.org:443/users/42/", "https://login.example.org", "/users/42"},
		{"HTTPS://LOGIN.example.org/users/42", "https://login.example.org", "/users/42/"},
		{"https://login.example.org", "https://login.example.org", "/"},
		{"https://login.example.org/login", "//login.example.org", "/login"},
		{"http://login.example.org/login", "//login.example.org", "/login"},
		{"http://[::1]:8000/login", "//[::1]:8000", "/login"},
		{"https://login.example.org/login", "//login.example.org:443", "/login"},
		{"http://login.example.org:8000/users/a%2Fb", "http://login.example.org:8000", "/users/a%2Fb"},
	} {
		_, err := v.Verify(prover.Prove("GET", row.htu, "", ""), ProofRequest{Method: "GET", Origin: row.origin, Path: row.path})
		if err != nil {
			t.Errorf("%s at %s%s: %v", row.htu, row.origin, row.path, err)
		}
	}
	for htu, host := range map[string]string{"https:///login": "", "ftp://login.example.org/login": "login.example.org"} {
		_, err := v.Verify(prover.Prove("GET", htu, "", ""), ProofRequest{Method: "GET", Origin: "//" + host, Path: "/login"})
		if !errors.Is(err, ErrInvalidProof) {
			t.Errorf("%s at the host %q: %v", htu, host, err)
		}
	}
}

func TestProofWithoutATokenHashNeedsARequestWithoutAToken(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	r := proofRequest()
	r.AccessToken = ""
	prover := authtest.NewProver(t)
	_, err := v.Verify(prover.Prove("PATCH", proofURL, v.Nonce(), ""), r)
	authtest.Must(t, err)
	_, err = v.Verify(prover.Prove("PATCH", proofURL, v.Nonce(), someToken), r)
	if !errors.Is(err, ErrInvalidProof) {
		t.Errorf("a proof for a token that was not sent: %v", err)
	}
}

// The clock of a browser may be wrong.
func TestTimeOfAProofIsNotJudged(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	prover := authtest.NewProver(t)
	for _, iat := range []any{0, 1, 4_000_000_000, 1_795_000_000.5} {
		claims := map[string]any{"nonce": v.Nonce(), "ath": hashAccessToken(someToken), "iat": iat, "exp": 1}
		if _, err := v.Verify(prover.Sign(nil, authtest.Merge(authtest.ProofClaims("PATCH", proofURL, "", ""), claims)), proofRequest()); err != nil {
			t.Errorf("iat %v: %v", iat, err)
		}
	}
}
