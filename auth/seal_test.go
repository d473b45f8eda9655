package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"testing"

	"latchkey/auth/authtest"
)

func TestSealedKeyOpensWithItsSecretAnywhereInTheList(t *testing.T) {
	t.Parallel()
	first, second := Secret(secretText), Secret(otherSecretText)
	for _, algorithm := range []string{ES256, RS256} {
		key := newPair(t, algorithm)
		for _, test := range []struct {
			name   string
			sealed Secret
			with   []Secret
			index  int
		}{
			{"the only secret", first, []Secret{first}, 0},
			{"the first secret", first, []Secret{first, second}, 0},
			{"the second secret", second, []Secret{first, second}, 1},
		} {
			t.Run(algorithm+" "+test.name, func(t *testing.T) {
				sealed := mustSeal(t, key, test.sealed)
				opened, index, err := OpenKey(key.ID, algorithm, sealed, test.with)
				if err != nil || index != test.index || !sameKey(opened, key) {
					t.Errorf("opened %v with %d: %v", opened, index, err)
				}
			})
		}
	}
}

// sameKey reports whether two keys sign alike. The keys of crypto/ecdsa keep more than what defines
// them, so they cannot be compared field by field.
func sameKey(a, b Key) bool {
	private, hasEqual := a.private.(interface {
		Equal(x crypto.PrivateKey) bool
	})
	return a.ID == b.ID && a.method == b.method && hasEqual && private.Equal(b.private)
}

func mustSeal(t *testing.T, key Key, secret Secret) []byte {
	t.Helper()
	sealed, err := key.Seal(secret)
	authtest.Must(t, err)
	return sealed
}

func TestSealedKeyOpensWithNothingElse(t *testing.T) {
	t.Parallel()
	secret := Secret(secretText)
	key, other := newPair(t, ES256), newPair(t, ES256)
	sealed := mustSeal(t, key, secret)
	for name, test := range map[string]struct {
		id, algorithm string
		sealed        []byte
		with          []Secret
	}{
		"another secret":                    {key.ID, ES256, sealed, []Secret{Secret(otherSecretText)}},
		"no secret":                         {key.ID, ES256, sealed, nil},
		"another key's id":                  {other.ID, ES256, sealed, []Secret{secret}},
		"another algorithm":                 {key.ID, RS256, sealed, []Secret{secret}},
		"a part of the id in the algorithm": {key.ID[1:], ES256 + " " + key.ID[:1], sealed, []Secret{secret}},
		"empty":                             {key.ID, ES256, nil, []Secret{secret}},
		"shorter than a nonce":              {key.ID, ES256, sealed[:11], []Secret{secret}},
		"one byte missing":                  {key.ID, ES256, sealed[:len(sealed)-1], []Secret{secret}},
		"one byte added":                    {key.ID, ES256, append(bytes.Clone(sealed), 0), []Secret{secret}},
		"the seal of another key":           {key.ID, ES256, mustSeal(t, other, secret), []Secret{secret}},
		"an unsealed key":                   {key.ID, ES256, mustPKCS8(t, key), []Secret{secret}},
		"the derived key as the secret":     {key.ID, ES256, sealed, []Secret{secret.derive("latchkey signing key seal", 32)}},
	} {
		if opened, _, err := OpenKey(test.id, test.algorithm, test.sealed, test.with); err != ErrWrongSecret || opened.private != nil {
			t.Errorf("%s: opened %v, %v", name, opened, err)
		}
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if opened, _, err := OpenKey(key.ID, ES256, altered, []Secret{secret}); err != ErrWrongSecret || opened.private != nil {
			t.Errorf("byte %d altered: opened %v, %v", i, opened, err)
		}
	}
}

func mustPKCS8(t *testing.T, key Key) []byte {
	t.Helper()
	plain, err := x509.MarshalPKCS8PrivateKey(key.private)
	authtest.Must(t, err)
	return plain
}

func TestEachSealIsDifferentAndRevealsNothing(t *testing.T) {
	t.Parallel()
	secret, key := Secret(secretText), newPair(t, ES256)
	one, two := mustSeal(t, key, secret), mustSeal(t, key, secret)
	if bytes.Equal(one[:12], two[:12]) || bytes.Equal(one, two) {
		t.Error("two seals are equal")
	}
	scalar, err := key.private.(*ecdsa.PrivateKey).Bytes()
	authtest.Must(t, err)
	if bytes.Contains(one, scalar[:8]) || bytes.Contains(one, []byte(secretText[:8])) {
		t.Error("the seal contains a part of the key or the secret")
	}
	if sealed, err := secret.Key().Seal(secret); err == nil || sealed != nil {
		t.Error("a secret was sealed as a key pair")
	}
}

// The seal was created with Python's cryptography: HKDF-SHA256 with an empty salt, then
// AES-256-GCM, with the nonce first.
func TestSealOfAnotherImplementationOpens(t *testing.T) {
	t.Parallel()
	sealed, err := base64.StdEncoding.DecodeString("UeX1gE+nWnL4LCV4WqBk8APppaj5PaZPIgKQCmDTJlTqUmLbWnutRnaFCQnTfohbi1he8OITgMijsJ/65w0o4Mf658+9gEc4PnerFVhVc7h+3NDt+Q1n8llfgunrBD0nLxEtKPofuH3OEQAgb+Y6Gdk4Pc9psgkRopeDYvg1ReBHLJFPb2ZajPbTHPAGJi7dlBPAwhvn5/CZsK8hQscOiaLVSRBkSg==")
	authtest.Must(t, err)
	key, _, err := OpenKey(zeroID, ES256, sealed, []Secret{Secret(secretText)})
	if err != nil || key.ID != zeroID {
		t.Errorf("opened %v: %v", key, err)
	}
}

func TestDamagedPrivateKeyIsNotBlamedOnTheSecret(t *testing.T) {
	t.Parallel()
	secret := Secret(secretText)
	sealed := secret.sealer().Seal(nil, nil, []byte("not PKCS #8"), sealedFor("id", ES256))
	if _, _, err := OpenKey("id", ES256, sealed, []Secret{secret}); err == nil || errors.Is(err, ErrWrongSecret) {
		t.Errorf("error is %v", err)
	}
}
