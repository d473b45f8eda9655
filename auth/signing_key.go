package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms that tokens can be signed with (RFC 7518 3.1): the secret
// itself, a P-256 key pair, an RSA key pair.
const (
	HS256 = "HS256"
	ES256 = "ES256"
	RS256 = "RS256"
)

// ErrWrongSecret: a key was sealed with another secret, or altered since.
var ErrWrongSecret = errors.New("no secret opens the signing key")

// NewKey makes a key pair for ES256 or RS256, one as strong as the other (NIST
// SP 800-57 part 1, table 2).
func NewKey(algorithm string) (Key, error) {
	var private any // nil for another algorithm, which is no kind of key
	var err error
	switch algorithm {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, 3072)
	}
	if err != nil {
		return Key{}, fmt.Errorf("making a signing key: %w", err)
	}
	return pairKey(private)
}

// pairKey returns the key of a key pair: its kind decides the one algorithm it
// is for, and its public part its id.
func pairKey(private any) (Key, error) {
	encode := base64.RawURLEncoding.EncodeToString
	switch pair := private.(type) {
	case *ecdsa.PrivateKey:
		point, err := pair.PublicKey.Bytes() // 4, x, y
		if err != nil || pair.Curve != elliptic.P256() {
			return Key{}, errors.New("a signing key is not on P-256")
		}
		j := JWK{KeyType: "EC", Algorithm: ES256, Curve: "P-256", X: encode(point[1:33]), Y: encode(point[33:])}.identified()
		return Key{j.ID, &j, jwt.SigningMethodES256, pair, &pair.PublicKey}, nil
	case *rsa.PrivateKey:
		j := JWK{KeyType: "RSA", Algorithm: RS256, N: encode(pair.N.Bytes()), E: encode(big.NewInt(int64(pair.E)).Bytes())}.identified()
		return Key{j.ID, &j, jwt.SigningMethodRS256, pair, &pair.PublicKey}, nil
	}
	return Key{}, errors.New("a signing key is of an unknown kind")
}

// Seal returns the private part as it is kept: PKCS #8, encrypted with a key
// that is derived from secret, and bound to the key's id and algorithm, so
// that it cannot stand in the place of another.
func (k Key) Seal(secret Secret) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("encoding a signing key: %w", err)
	}
	return secret.sealer().Seal(nil, nil, plain, binding(k.ID, k.method.Alg())), nil
}

// OpenKey opens what Seal sealed, and tells the place of the secret that did:
// all are tried, newest first. It fails with ErrWrongSecret.
func OpenKey(id, algorithm string, sealed []byte, secrets []Secret) (key Key, place int, err error) {
	for place, secret := range secrets {
		plain, err := secret.sealer().Open(nil, nil, sealed, binding(id, algorithm))
		if err != nil {
			continue
		}
		private, _ := x509.ParsePKCS8PrivateKey(plain) // nil when it is none
		key, err := pairKey(private)
		return key, place, err
	}
	return Key{}, 0, ErrWrongSecret
}

// sealer is AES-256-GCM with a random nonce for each message. Making it fails
// for other lengths of the key alone.
func (s Secret) sealer() cipher.AEAD {
	block, _ := aes.NewCipher(s.derive("latchkey signing key seal", 32))
	sealer, _ := cipher.NewGCMWithRandomNonce(block)
	return sealer
}

// binding is what a seal holds for. Neither part has a space in it.
func binding(id, algorithm string) []byte { return []byte(algorithm + " " + id) }

// JWK is the public part of a key pair as others read it (RFC 7517; RFC 7518
// 6.2.1 and 6.3.1). It has no member for anything private.
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

// identified gives the key its id: the hash of the members that make it what
// it is, in the order of their names (RFC 7638 3).
func (j JWK) identified() JWK {
	text := fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, j.E, j.N)
	if j.KeyType == "EC" {
		text = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, j.Curve, j.X, j.Y)
	}
	hash := sha256.Sum256([]byte(text))
	j.Use, j.ID = "sig", base64.RawURLEncoding.EncodeToString(hash[:])
	return j
}
