package handlers

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

	"latchkey/auth/authtest"
)

// proofKey is the key of a browser, which makes proofs of possession (RFC 9449).
type proofKey struct {
	private *ecdsa.PrivateKey
	jwk     map[string]any // its public key
}

func newProofKey(t *testing.T) *proofKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	authtest.Must(t, err)
	return &proofKey{private, publicJWK(t, private, "P-256")}
}

// publicJWK returns the public key of a private one, as a proof contains it.
func publicJWK(t *testing.T, private *ecdsa.PrivateKey, curve string) map[string]any {
	t.Helper()
	point, err := private.PublicKey.Bytes() // 4, x, y
	authtest.Must(t, err)
	size := (len(point) - 1) / 2
	return map[string]any{"kty": "EC", "crv": curve, "x": base64url(point[1 : 1+size]), "y": base64url(point[1+size:])}
}

// sign returns a proof with these claims; changes are to the members of the usual header.
func (k *proofKey) sign(t *testing.T, changes map[string]any, claims map[string]any) string {
	t.Helper()
	header := map[string]any{"jwk": k.jwk}
	maps.Copy(header, changes)
	return signProof(t, jwt.SigningMethodES256, k.private, header, claims)
}

// signProof returns a proof that any algorithm and key made; header is the rest of the header.
func signProof(t *testing.T, method jwt.SigningMethod, key any, header, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	token.Header = merge(map[string]any{"typ": "dpop+jwt", "alg": method.Alg()}, header)
	text, err := token.SignedString(key)
	authtest.Must(t, err)
	return text
}

// proofClaims returns the claims of a right proof. Without a nonce or an access token, it lacks the
// claim.
func proofClaims(method, url, nonce, token string) map[string]any {
	claims := map[string]any{"htm": method, "htu": url, "jti": rand.Text(), "iat": time.Now().Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	if token != "" {
		hash := sha256.Sum256([]byte(token))
		claims["ath"] = base64url(hash[:])
	}
	return claims
}

// merge returns the members of base, replaced by those of changes. A nil value removes a member.
func merge(base, changes map[string]any) map[string]any {
	merged := maps.Clone(base)
	maps.Copy(merged, changes)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	return merged
}

func base64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }
