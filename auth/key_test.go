package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

// rsaKey returns one RSA key for all tests, because generating one takes a while.
var rsaKey = sync.OnceValues(func() (Key, error) { return NewKey(RS256) })

// newPair generates a key for ES256, or returns the one for RS256.
func newPair(t *testing.T, algorithm string) Key {
	t.Helper()
	key, err := NewKey(algorithm)
	if algorithm == RS256 {
		key, err = rsaKey()
	}
	authtest.Must(t, err)
	return key
}

func TestNewKeysHaveTheTypeAndSizeOfTheirAlgorithm(t *testing.T) {
	t.Parallel()
	if private := newPair(t, ES256).private.(*ecdsa.PrivateKey); private.Curve != elliptic.P256() {
		t.Errorf("ES256 has the curve %s", private.Curve.Params().Name)
	}
	if private := newPair(t, RS256).private.(*rsa.PrivateKey); private.N.BitLen() != 3072 || private.E != 65537 {
		t.Errorf("RS256 has %d bits and the exponent %d", private.N.BitLen(), private.E)
	}
	if one, two := newPair(t, ES256), newPair(t, ES256); one.ID == two.ID {
		t.Error("two keys are equal")
	}
	for _, algorithm := range []string{"", "HS256", "es256", "ES384", "PS256", "EdDSA", "none"} {
		if key, err := NewKey(algorithm); err == nil || key.ID != "" {
			t.Errorf("a key was generated for %q", algorithm)
		}
	}
}

func TestOtherTypesOfKeyAreRefused(t *testing.T) {
	t.Parallel()
	wrongCurve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	authtest.Must(t, err)
	for name, private := range map[string]any{"P-384": wrongCurve, "nothing": nil, "a secret": []byte(secretText)} {
		if key, err := newPairKey(private); err == nil || key.ID != "" {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestKeyIDIsStable(t *testing.T) {
	t.Parallel()
	// HKDF-SHA256 with an empty salt and the label "latchkey key id", 12 bytes, computed in Python.
	for text, want := range map[string]string{secretText: "sPC1ob5-tBoX3YTb", otherSecretText: "E_K28c0buQ2qlNzq"} {
		if got := Secret(text).Key().ID; got != want {
			t.Errorf("%s has the key id %s, want %s", text, got, want)
		}
	}
}

func TestEachSecretHasItsOwnKeyID(t *testing.T) {
	t.Parallel()
	secret := Secret(secretText)
	seen := map[string]bool{secret.Key().ID: true}
	for i := range len(secret) * 8 { // change one bit
		other := bytes.Clone(secret)
		other[i/8] ^= 1 << (i % 8)
		seen[Secret(other).Key().ID] = true
	}
	if want := 1 + len(secret)*8; len(seen) != want {
		t.Errorf("%d key ids for %d secrets", len(seen), want)
	}
}

func TestKeyIsFoundOnlyByItsIDAndItsAlgorithm(t *testing.T) {
	t.Parallel()
	first := Key{ID: "first", method: jwt.SigningMethodHS256, public: []byte("1")}
	second := Key{ID: "second", method: jwt.SigningMethodES256, public: []byte("2")}
	keys := KeySet{first, second}
	tests := []struct {
		name, algorithm, id string
		want                string // the key's id; "" finds none
	}{
		{"both of the first", "HS256", "first", "first"},
		{"both of the second", "ES256", "second", "second"},
		{"the algorithm of another key", "ES256", "first", ""},
		{"the algorithm of another key, the other way", "HS256", "second", ""},
		{"an algorithm of no key", "RS256", "first", ""},
		{"none", "none", "first", ""},
		{"no algorithm", "", "first", ""},
		{"the algorithm in lower case", "hs256", "first", ""},
		{"no key id", "HS256", "", ""},
		{"an unknown key id", "HS256", "third", ""},
		{"the key id in upper case", "HS256", "FIRST", ""},
		{"a part of the key id", "HS256", "firs", ""},
		{"the key id and NUL", "HS256", "first\x00", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, found := keys.find(test.algorithm, test.id)
			if found != (test.want != "") || got.ID != test.want {
				t.Errorf("found %v %q, want %q", found, got.ID, test.want)
			}
			if !found && (got.method != nil || got.public != nil) {
				t.Error("no key was found, but one was returned")
			}
		})
	}
	if _, found := (KeySet)(nil).find("HS256", "first"); found {
		t.Error("an empty set contains a key")
	}
	if got := append(keys, first).algorithms(); !reflect.DeepEqual(got, []string{"HS256", "ES256"}) {
		t.Errorf("the algorithms are %v", got)
	}
}

func TestSecretKeysKeepTheirOrder(t *testing.T) {
	t.Parallel()
	keys := SecretKeys([]Secret{Secret(secretText), Secret(otherSecretText)})
	if len(keys) != 2 || keys[0].ID != Secret(secretText).Key().ID || keys[1].ID != Secret(otherSecretText).Key().ID {
		t.Errorf("got %v", keys)
	}
}

func TestNoVerbPrintsAPrivateKey(t *testing.T) {
	t.Parallel()
	key := newPair(t, ES256)
	scalar, err := key.private.(*ecdsa.PrivateKey).Bytes()
	authtest.Must(t, err)
	private := new(big.Int).SetBytes(scalar) // as Go prints it
	text, err := json.Marshal(key)
	authtest.Must(t, err)
	printed := []string{string(text)}
	for _, value := range []any{key, &key, KeySet{key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
	}
	for _, text := range printed {
		for _, spelling := range []string{private.String(), fmt.Sprintf("%x", private), fmt.Sprintf("%X", private)} {
			if strings.Contains(text, spelling[:10]) {
				t.Errorf("the private key is in %.200q", text)
			}
		}
	}
}
