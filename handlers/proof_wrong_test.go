package handlers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// wrongProofs are the headers of requests whose proof is wrong, each in one way.
type wrongProofs map[string][]string

// newWrongProofs returns proofs for a request that any server must refuse.
func newWrongProofs(t *testing.T, s *server, target proofTarget, key *authtest.Prover) wrongProofs {
	t.Helper()
	right := authtest.ProofClaims(target.method, s.URL+target.path, s.proofs.Nonce(), target.token)
	w := wrongProofs{}
	w.addClaims(t, s, key, right)
	w.addHeaders(t, key, right)
	w.addAlgorithms(t, key, right)
	w.addTexts(t, s, key, right)
	return w
}

// addClaims adds proofs with wrong claims.
func (w wrongProofs) addClaims(t *testing.T, s *server, key *authtest.Prover, right map[string]any) {
	t.Helper()
	elsewhere := auth.NewProofVerifier([]auth.Secret{auth.Secret(strings.Repeat("x", 32))}, s.clock.Now)
	own := s.proofs.Nonce()
	path := strings.TrimPrefix(right["htu"].(string), s.URL)
	for name, changes := range map[string]map[string]any{
		"no htm":                        {"htm": nil},
		"htm as a number":               {"htm": 1},
		"htm as a list":                 {"htm": []any{right["htm"]}},
		"another method":                {"htm": "PUT"},
		"method in lower case":          {"htm": strings.ToLower(right["htm"].(string))},
		"no htu":                        {"htu": nil},
		"htu as a number":               {"htu": 1},
		"empty htu":                     {"htu": ""},
		"htu that is only a path":       {"htu": path},
		"another host":                  {"htu": "http://evil.example" + path},
		"another port":                  {"htu": "http://127.0.0.1:1" + path},
		"the host as a user name":       {"htu": strings.Replace(s.URL, "http://", "http://evil.example@", 1) + path},
		"the host in front of another":  {"htu": s.URL + ".evil.example" + path},
		"another path":                  {"htu": s.URL + "/user"},
		"a longer path":                 {"htu": s.URL + path + "/x"},
		"path in upper case":            {"htu": s.URL + strings.ToUpper(path)},
		"another scheme than http(s)":   {"htu": strings.Replace(s.URL, "http", "ftp", 1) + path},
		"no jti":                        {"jti": nil},
		"empty jti":                     {"jti": ""},
		"jti as a number":               {"jti": 1},
		"long jti":                      {"jti": strings.Repeat("x", 257)},
		"no iat":                        {"iat": nil},
		"iat as text":                   {"iat": "1795375138"},
		"iat as null in a list":         {"iat": []any{nil}},
		"negative iat":                  {"iat": -1},
		"iat out of range":              {"iat": 1e300},
		"invented nonce":                {"nonce": "29923000.invented"},
		"nonce of another server":       {"nonce": elsewhere.Nonce()},
		"altered nonce":                 {"nonce": "9" + own},
		"cut nonce":                     {"nonce": own[:len(own)-1]},
		"empty nonce":                   {"nonce": ""},
		"nonce as a number":             {"nonce": 29923000},
		"nonce as a list":               {"nonce": []any{own}},
		"refresh token as nonce":        {"nonce": s.options.RefreshTokens.Format(auth.RefreshToken{SessionID: "1", Counter: 1})},
		"ath of another token":          {"ath": authtest.ProofClaims("", "", "", "another token")["ath"]},
		"ath as a number":               {"ath": 1},
		"empty ath":                     {"ath": ""},
		"ath with a character too many": {"ath": authtest.ProofClaims("", "", "", "x")["ath"].(string) + "="},
	} {
		w[name] = []string{"DPoP", key.Sign(nil, authtest.Merge(right, changes))}
	}
	if right["ath"] != nil {
		w["no ath"] = []string{"DPoP", key.Sign(nil, authtest.Merge(right, map[string]any{"ath": nil}))}
	}
}

// addHeaders adds proofs that are signed with the right key, but whose header is wrong.
func (w wrongProofs) addHeaders(t *testing.T, key *authtest.Prover, right map[string]any) {
	t.Helper()
	jwk := func(changes map[string]any) map[string]any {
		return map[string]any{"jwk": authtest.Merge(key.JWK(), changes)}
	}
	for name, header := range map[string]map[string]any{
		"no typ":                         {"typ": nil},
		"typ JWT":                        {"typ": "JWT"},
		"typ of an access token":         {"typ": "at+jwt"},
		"typ as a number":                {"typ": 1},
		"crit":                           {"crit": []string{"x"}, "x": 1},
		"b64":                            {"b64": true},
		"no jwk":                         {"jwk": nil},
		"jwk as text":                    {"jwk": "key"},
		"jwk as a list":                  {"jwk": []any{key.JWK()}},
		"the key of someone else":        {"jwk": authtest.NewProver(t).JWK()},
		"a private member":               jwk(map[string]any{"d": base64url(make([]byte, 32))}),
		"a symmetric member":             jwk(map[string]any{"k": "c2VjcmV0"}),
		"an unknown member":              jwk(map[string]any{"x5u": "https://evil.example"}),
		"no kty":                         jwk(map[string]any{"kty": nil}),
		"kty of a symmetric key":         jwk(map[string]any{"kty": "oct"}),
		"no crv":                         jwk(map[string]any{"crv": nil}),
		"another curve":                  jwk(map[string]any{"crv": "P-384"}),
		"no x":                           jwk(map[string]any{"x": nil}),
		"short x":                        jwk(map[string]any{"x": key.JWK()["x"].(string)[:40]}),
		"a key off the curve":            jwk(map[string]any{"x": key.JWK()["y"], "y": key.JWK()["x"]}),
		"the point at infinity":          jwk(map[string]any{"x": base64url(make([]byte, 32)), "y": base64url(make([]byte, 32))}),
		"coordinate as number":           jwk(map[string]any{"x": 1}),
		"coordinate in standard base 64": jwk(map[string]any{"y": "++//" + key.JWK()["y"].(string)[4:]}),
	} {
		w[name] = []string{"DPoP", key.Sign(header, right)}
	}
}

// addAlgorithms adds proofs that another algorithm than ES256 signed, with a key that fits it.
func (w wrongProofs) addAlgorithms(t *testing.T, key *authtest.Prover, right map[string]any) {
	t.Helper()
	add := func(name string, method jwt.SigningMethod, signer any, jwk map[string]any) {
		w[name] = []string{"DPoP", authtest.SignProof(t, method, signer, map[string]any{"jwk": jwk}, right)}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	authtest.Must(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	authtest.Must(t, err)
	symmetric := []byte(strings.Repeat("k", 32))
	add("alg none", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, key.JWK())
	add("alg HS256 and a symmetric jwk", jwt.SigningMethodHS256, symmetric, map[string]any{"kty": "oct", "k": base64url(symmetric)})
	add("alg HS256 with the public key as its secret", jwt.SigningMethodHS256, []byte(key.JWK()["x"].(string)), key.JWK())
	add("alg HS256 with the secret of the server", jwt.SigningMethodHS256, []byte(testSecret), key.JWK())
	add("alg RS256", jwt.SigningMethodRS256, rsaKey,
		map[string]any{"kty": "RSA", "e": "AQAB", "n": base64url(rsaKey.N.Bytes())})
	add("alg ES384", jwt.SigningMethodES384, p384, authtest.PublicJWK(t, p384))
	text := key.Sign(map[string]any{"alg": "es256"}, right)
	w["alg in lower case"] = []string{"DPoP", text}
	w["no alg"] = []string{"DPoP", key.Sign(map[string]any{"alg": nil}, right)}
	w["alg none with a signature"] = []string{"DPoP", key.Sign(map[string]any{"alg": "none"}, right)}
}

// addTexts adds headers that are not one proof.
func (w wrongProofs) addTexts(t *testing.T, s *server, key *authtest.Prover, right map[string]any) {
	t.Helper()
	proof := key.Sign(nil, right)
	parts := strings.Split(proof, ".")
	access, err := s.issuer.Issue(auth.Principal{UserID: "1", SessionID: "1"})
	authtest.Must(t, err)
	for name, text := range map[string]string{
		"empty":                    "",
		"garbage":                  "hello",
		"only dots":                strings.Repeat(".", 1000),
		"100 kB":                   strings.Repeat("x", 100_000),
		"a proof of 100 kB":        key.Sign(nil, authtest.Merge(right, map[string]any{"x": strings.Repeat("x", 75_000)})),
		"two parts":                parts[0] + "." + parts[1],
		"no signature":             parts[0] + "." + parts[1] + ".",
		"five parts, as JWE":       proof + ".x.y",
		"altered signature":        proof[:len(proof)-4] + "AAAA",
		"altered claims":           parts[0] + "." + base64url([]byte(`{"htm":"POST"}`)) + "." + parts[2],
		"claims that are not JSON": parts[0] + "." + base64url([]byte("hello")) + "." + parts[2],
		"claims that are a list":   parts[0] + "." + base64url([]byte("[]")) + "." + parts[2],
		"padding":                  proof + "==",
		"two proofs, joined":       proof + ", " + key.Sign(nil, right),
		"the same proof twice":     proof + "," + proof,
		"with a scheme":            "DPoP " + proof,
		"in quotes":                `"` + proof + `"`,
		"an access token":          access,
	} {
		w[name] = []string{"DPoP", text}
	}
	w["two proofs on two lines"] = []string{"DPoP", proof, "DPoP", proof}
	w["a proof and an empty line"] = []string{"DPoP", proof, "DPoP", ""}
	old := s.proofs.Nonce()
	s.clock.Advance(time.Hour)
	w["an old nonce and a wrong path"] = []string{"DPoP", key.Sign(nil, authtest.Merge(right, map[string]any{"nonce": old, "htu": s.URL + "/x"}))}
	s.clock.Advance(-time.Hour)
}

func base64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
