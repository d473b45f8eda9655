package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
)

// JWK is a public key in the format of RFC 7517 (members: RFC 7518 6.2.1 and 6.3.1). It has no
// members for a private key.
type JWK struct {
	KeyType   string `json:"kty" enum:"EC,RSA"`
	Use       string `json:"use" enum:"sig"`
	Algorithm string `json:"alg" enum:"ES256,RS256"`
	ID        string `json:"kid" doc:"The key's thumbprint (RFC 7638)"`
	Curve     string `json:"crv,omitempty" enum:"P-256"`
	X         string `json:"x,omitempty"`
	Y         string `json:"y,omitempty"`
	N         string `json:"n,omitempty"`
	E         string `json:"e,omitempty"`
}

func newECJWK(key *ecdsa.PublicKey) (JWK, error) {
	point, err := key.Bytes() // 0x04, then x, then y
	if err != nil || key.Curve != elliptic.P256() {
		return JWK{}, errors.New("the signing key is not on the curve P-256")
	}
	j := JWK{KeyType: "EC", Use: "sig", Algorithm: ES256, Curve: "P-256"}
	j.X, j.Y = encode(point[1:33]), encode(point[33:])
	j.ID = j.thumbprint()
	return j, nil
}

func newRSAJWK(key *rsa.PublicKey) JWK {
	j := JWK{KeyType: "RSA", Use: "sig", Algorithm: RS256}
	j.N, j.E = encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes())
	j.ID = j.thumbprint()
	return j
}

// thumbprint returns the SHA-256 hash of the members that define the key, in the order of their
// names and without white space (RFC 7638 3).
func (j JWK) thumbprint() string {
	members := fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, j.E, j.N)
	if j.KeyType == "EC" {
		members = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, j.Curve, j.X, j.Y)
	}
	hash := sha256.Sum256([]byte(members))
	return encode(hash[:])
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
