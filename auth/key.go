package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/golang-jwt/jwt/v5"
)

// The algorithms that can sign access tokens (RFC 7518 3.1). HS256 uses the secret itself, ES256 a
// P-256 key pair and RS256 an RSA key pair.
const (
	HS256 = "HS256"
	ES256 = "ES256"
	RS256 = "RS256"
)

// Key signs and verifies with exactly one algorithm (RFC 8725 3.1).
type Key struct {
	ID      string // kid; reveals nothing about the private key or the secret
	JWK     *JWK   // the public key; nil for HS256
	method  jwt.SigningMethod
	private any
	public  any
}

// Format prints only the key's id, for every verb.
func (k Key) Format(out fmt.State, _ rune) { io.WriteString(out, k.ID) }

// Key returns the HS256 key of the secret.
func (s Secret) Key() Key {
	id := encode(s.derive("latchkey key id", 12))
	return Key{ID: id, method: jwt.SigningMethodHS256, private: []byte(s), public: []byte(s)}
}

// NewKey generates a key pair for ES256 (P-256) or RS256 (3072 bits). Both have a security strength
// of 128 bits (NIST SP 800-57 part 1, table 2). It fails for any other algorithm.
func NewKey(algorithm string) (Key, error) {
	var private any
	var err error
	switch algorithm {
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, 3072)
	default:
		err = errors.New("the algorithm has no key pairs")
	}
	if err != nil {
		return Key{}, fmt.Errorf("generating a signing key: %w", err)
	}
	return newPairKey(private)
}

// newPairKey returns the Key of a key pair. The type of the pair decides the algorithm, and its
// public part the key id.
func newPairKey(private any) (Key, error) {
	switch pair := private.(type) {
	case *ecdsa.PrivateKey:
		jwk, err := newECJWK(&pair.PublicKey)
		if err != nil {
			return Key{}, err
		}
		return Key{jwk.ID, &jwk, jwt.SigningMethodES256, pair, &pair.PublicKey}, nil
	case *rsa.PrivateKey:
		jwk := newRSAJWK(&pair.PublicKey)
		return Key{jwk.ID, &jwk, jwt.SigningMethodRS256, pair, &pair.PublicKey}, nil
	}
	return Key{}, errors.New("the signing key is neither an EC nor an RSA key")
}

// KeySet holds the keys in use: the first one signs, all of them verify. An Issuer refuses an empty
// one.
type KeySet []Key

// SecretKeys returns the HS256 keys of the secrets, in the same order.
func SecretKeys(secrets []Secret) KeySet {
	keys := make(KeySet, len(secrets))
	for i, secret := range secrets {
		keys[i] = secret.Key()
	}
	return keys
}

// find returns the key with this id, provided that the algorithm is that key's own. A token must
// not be able to choose how it is verified (RFC 8725 3.1, 3.10).
func (s KeySet) find(algorithm, id string) (Key, bool) {
	i := slices.IndexFunc(s, func(k Key) bool { return k.ID == id })
	if i < 0 || s[i].method.Alg() != algorithm {
		return Key{}, false
	}
	return s[i], true
}

// algorithms returns the distinct algorithms of the keys.
func (s KeySet) algorithms() []string {
	var names []string
	for _, key := range s {
		if !slices.Contains(names, key.method.Alg()) {
			names = append(names, key.method.Alg())
		}
	}
	return names
}
