package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// Prover makes proofs of possession with a key of its own, as a browser does (RFC 9449 4.2).
type Prover struct {
	Key *ecdsa.PrivateKey
	t   testing.TB
}

// NewProver returns a Prover with a new key.
func NewProver(t testing.TB) Prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Must(t, err)
	return Prover{key, t}
}

// JWK returns the public key as it is in the header of a proof.
func (p Prover) JWK() map[string]any {
	p.t.Helper()
	point, err := p.Key.PublicKey.Bytes() // 0x04, then x, then y
	Must(p.t, err)
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
}

// Prove returns a proof for a request. An empty nonce or token is left out.
func (p Prover) Prove(method, url, nonce, token string) string {
	p.t.Helper()
	claims := map[string]any{}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return p.Forge(method, url, nil, claims)
}

// Forge returns a proof of which some header members and claims are replaced. A member that is nil
// is left out. The signature is right.
func (p Prover) Forge(method, url string, header, claims map[string]any) string {
	p.t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"htm": method, "htu": url, "iat": 1_795_000_000, "jti": rand.Text(),
	})
	token.Header = map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": p.JWK()}
	replace(token.Header, header)
	replace(token.Claims.(jwt.MapClaims), claims)
	text, err := token.SignedString(p.Key)
	Must(p.t, err)
	return text
}

func replace(all, members map[string]any) {
	maps.Copy(all, members)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
}
