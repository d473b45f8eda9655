package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// MinSecretLength is the least length of a secret in bytes: the size of the
// HMAC's hash (RFC 7518 3.2).
const MinSecretLength = 32

// Errors of ParseSecrets.
var (
	ErrNoSecret     = errors.New("there is no secret")
	ErrShortSecret  = fmt.Errorf("a secret has fewer than %d bytes", MinSecretLength)
	ErrSpacedSecret = errors.New("a secret has white space before or after it, which would be part of it")
)

// Secret is what only this service and those it trusts know. Its raw bytes
// are the HS256 key, so that any library can verify with the same secret;
// every other key is derived from it under a label of its own.
type Secret []byte

// ParseSecrets reads secrets separated by commas, newest first. It fails with
// ErrNoSecret, ErrShortSecret or
// ErrSpacedSecret.
func ParseSecrets(text string) ([]Secret, error) {
	if text == "" {
		return nil, ErrNoSecret
	}
	var secrets []Secret
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) != part {
			return nil, ErrSpacedSecret
		}
		if len(part) < MinSecretLength {
			return nil, ErrShortSecret
		}
		secrets = append(secrets, Secret(part))
	}
	return secrets, nil
}

// Format keeps a secret out of logs and messages, whatever the verb.
func (Secret) Format(out fmt.State, _ rune) { io.WriteString(out, "(secret)") }

// MarshalText keeps a secret out of JSON, and of slog, which does not ask
// Format for bytes.
func (Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// derive returns length bytes of key material for the one purpose that label
// names (RFC 5869).
func (s Secret) derive(label string, length int) []byte {
	key, err := hkdf.Key(sha256.New, s, nil, label, length)
	if err != nil { // only for lengths far above any used here
		panic(fmt.Sprintf("deriving %q: %v", label, err))
	}
	return key
}

// Key signs or verifies with exactly one algorithm (RFC 8725 3.1).
type Key struct {
	ID      string // kid: names the key and says nothing about it
	JWK     *JWK   // what may be published of it; nil for a secret
	method  jwt.SigningMethod
	private any
	public  any
}

// Format prints the key's id alone.
func (k Key) Format(out fmt.State, _ rune) { io.WriteString(out, k.ID) }

// Key returns the HS256 key of the secret.
func (s Secret) Key() Key {
	id := base64.RawURLEncoding.EncodeToString(s.derive("latchkey key id", 12))
	return Key{ID: id, method: jwt.SigningMethodHS256, private: []byte(s), public: []byte(s)}
}

// KeySet is the keys in use, never empty: the first signs, all verify.
type KeySet []Key

// SecretKeys returns the HS256 keys of secrets, in their order.
func SecretKeys(secrets []Secret) KeySet {
	keys := make(KeySet, len(secrets))
	for i, secret := range secrets {
		keys[i] = secret.Key()
	}
	return keys
}

// find returns the key that a token's header names. Algorithm and key id must
// both be that key's own: a token cannot choose how it is verified
// (RFC 8725 3.1, 3.10).
func (s KeySet) find(algorithm, id string) (Key, bool) {
	i := slices.IndexFunc(s, func(k Key) bool { return k.ID == id })
	if i < 0 || s[i].method.Alg() != algorithm {
		return Key{}, false
	}
	return s[i], true
}

// algorithms lists the algorithms of the set's keys.
func (s KeySet) algorithms() []string {
	var names []string
	for _, key := range s {
		if !slices.Contains(names, key.method.Alg()) {
			names = append(names, key.method.Alg())
		}
	}
	return names
}
