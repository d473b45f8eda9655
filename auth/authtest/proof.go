package authtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Prover makes proofs of possession with a key of its own, as a browser does (RFC 9449 4.2).
type Prover struct {
	Key *ecdsa.PrivateKey
	t   testing.TB
}

// NewProver returns a Prover with a new key.
func NewProver(t testing.TB) *Prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Must(t, err)
	return &Prover{key, t}
}

// JWK returns the public key as a proof contains it.
func (p *Prover) JWK() map[string]any {
	p.t.Helper()
	return PublicJWK(p.t, p.Key)
}

// Prove returns a proof for a request. An empty nonce or token is left out.
func (p *Prover) Prove(method, url, nonce, token string) string {
	p.t.Helper()
	return p.Sign(nil, ProofClaims(method, url, nonce, token))
}

// Sign returns a proof with these claims. Header replaces members of the usual header; one that is
// nil is left out.
func (p *Prover) Sign(header, claims map[string]any) string {
	p.t.Helper()
	withKey := map[string]any{"jwk": p.JWK()}
	maps.Copy(withKey, header) // a nil member stays, so that SignProof leaves it out
	return SignProof(p.t, jwt.SigningMethodES256, p.Key, withKey, claims)
}

// ProofClaims returns the claims of a right proof. An empty nonce or token is left out.
func ProofClaims(method, url, nonce, token string) map[string]any {
	claims := map[string]any{"htm": method, "htu": url, "jti": rand.Text(), "iat": time.Now().Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		claims["ath"] = base64.RawURLEncoding.EncodeToString(hash[:])
	}
	return claims
}

// SignProof returns a proof that any algorithm and key made. Header replaces members of the usual
// header, which has no key.
func SignProof(t testing.TB, method jwt.SigningMethod, key any, header, claims map[string]any) string { //nolint:revive // five arguments: one for each part of a proof
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	token.Header = Merge(map[string]any{"typ": "dpop+jwt", "alg": method.Alg()}, header)
	text, err := token.SignedString(key)
	Must(t, err)
	return text
}

// PublicJWK returns the public key of a private one, as a proof contains it.
func PublicJWK(t testing.TB, private *ecdsa.PrivateKey) map[string]any {
	t.Helper()
	point, err := private.PublicKey.Bytes() // 0x04, then x, then y
	Must(t, err)
	size := (len(point) - 1) / 2
	encode := base64.RawURLEncoding.EncodeToString
	return map[string]any{
		"kty": "EC", "crv": private.Curve.Params().Name, "x": encode(point[1 : 1+size]), "y": encode(point[1+size:]),
	}
}

// Merge returns the members of base, replaced by those of changes. One that is nil is left out.
func Merge(base, changes map[string]any) map[string]any {
	merged := maps.Clone(base)
	maps.Copy(merged, changes)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	return merged
}
