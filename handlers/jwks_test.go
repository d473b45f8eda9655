package handlers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const jwksPath = "/.well-known/jwks.json"

// publishedKeys reads the key set as another service does.
func (s *server) publishedKeys(t *testing.T) []map[string]string {
	t.Helper()
	r := s.send(t, "GET", jwksPath, "")
	wantStatus(t, r, 200)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff",
	} {
		if got := r.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	authtest.Must(t, json.Unmarshal([]byte(r.body), &set))
	return set.Keys
}

func TestKeySetOfHS256IsEmpty(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, path := range []string{jwksPath, jwksPath + "/"} {
		if r := s.send(t, "GET", path, ""); r.StatusCode != 200 || r.body != `{"keys":[]}`+"\n" {
			t.Errorf("%s: %d %q", path, r.StatusCode, r.body)
		}
	}
}

func TestPublishedKeysVerifyTokens(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{auth.ES256, auth.RS256} {
		t.Run(algorithm, func(t *testing.T) {
			s := newServer(t)
			authtest.Must(t, s.issuer.SetKeys(auth.KeySet{newKey(t, algorithm), newKey(t, auth.ES256)}))
			text := s.login(t, "marisol")
			keys := s.publishedKeys(t)
			if len(keys) != 2 {
				t.Fatalf("the keys are %v", keys)
			}
			token, err := jwt.Parse(text, func(token *jwt.Token) (any, error) {
				i := slices.IndexFunc(keys, func(key map[string]string) bool {
					return key["kid"] == token.Header["kid"] && key["alg"] == token.Header["alg"] && key["use"] == "sig"
				})
				return publicKey(t, keys[i]), nil
			}, jwt.WithIssuer(s.publicURL), jwt.WithAudience("latchkey"), jwt.WithExpirationRequired())
			authtest.Must(t, err)
			if token.Header["alg"] != algorithm || token.Header["kid"] != keys[0]["kid"] {
				t.Errorf("the header is %v", token.Header)
			}
			wantStatus(t, s.get(t, "/user", text), 200)
		})
	}
}

func TestRemovedKeyNeitherSignsNorVerifies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	old, current := newKey(t, auth.ES256), newKey(t, auth.ES256)
	authtest.Must(t, s.issuer.SetKeys(auth.KeySet{old, current}))
	text := s.login(t, "marisol")
	authtest.Must(t, s.issuer.SetKeys(auth.KeySet{current}))
	wantType(t, s.get(t, "/user", text), 401, "invalid-token")
	if keys := s.publishedKeys(t); len(keys) != 1 || keys[0]["kid"] != current.ID {
		t.Errorf("the keys are %v", keys)
	}
}

func newKey(t *testing.T, algorithm string) auth.Key {
	t.Helper()
	key, err := auth.NewKey(algorithm)
	authtest.Must(t, err)
	return key
}

// publicKey reads a JWK (RFC 7518 6.2.1 and 6.3.1).
func publicKey(t *testing.T, jwk map[string]string) any {
	t.Helper()
	decode := func(name string) []byte {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(jwk[name])
		authtest.Must(t, err)
		return raw
	}
	if jwk["kty"] == "RSA" {
		return &rsa.PublicKey{N: new(big.Int).SetBytes(decode("n")), E: int(new(big.Int).SetBytes(decode("e")).Int64())}
	}
	point := slices.Concat([]byte{4}, decode("x"), decode("y"))
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	authtest.Must(t, err)
	return public
}
