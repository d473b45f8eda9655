package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/x509"
	"errors"
	"fmt"
)

// ErrWrongSecret means that no secret in use opens a sealed key: the key was sealed with another
// secret, or it was altered.
var ErrWrongSecret = errors.New("none of the secrets can decrypt the signing key")

// Seal returns the private key in the form in which it is stored: PKCS #8, encrypted with
// AES-256-GCM under a key derived from the secret. The seal is bound to the key's id and algorithm,
// so that one stored key cannot replace another.
func (k Key) Seal(secret Secret) ([]byte, error) {
	plain, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("encoding a signing key: %w", err)
	}
	return secret.sealer().Seal(nil, nil, plain, sealedFor(k.ID, k.method.Alg())), nil
}

// OpenKey returns a key that Seal sealed, and the index of the secret that opened it. The secrets
// are tried in order. It fails with ErrWrongSecret.
func OpenKey(id, algorithm string, sealed []byte, secrets []Secret) (key Key, index int, err error) {
	for index, secret := range secrets {
		plain, err := secret.sealer().Open(nil, nil, sealed, sealedFor(id, algorithm))
		if err != nil {
			continue
		}
		private, err := x509.ParsePKCS8PrivateKey(plain)
		if err != nil {
			return Key{}, index, fmt.Errorf("decoding a signing key: %w", err)
		}
		key, err := newPairKey(private)
		return key, index, err
	}
	return Key{}, 0, ErrWrongSecret
}

// sealer returns AES-256-GCM with a random nonce for each message. Neither constructor can fail for
// a key of 32 bytes.
func (s Secret) sealer() cipher.AEAD {
	block, _ := aes.NewCipher(s.derive("latchkey signing key seal", 32))
	sealer, _ := cipher.NewGCMWithRandomNonce(block)
	return sealer
}

// sealedFor returns the additional data of a seal. Neither part can contain a space.
func sealedFor(id, algorithm string) []byte { return []byte(algorithm + " " + id) }
