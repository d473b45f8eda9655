package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

const (
	secretText      = "0123456789abcdef0123456789abcdef"
	otherSecretText = "0123456789abcdef0123456789abcdeg"
)

func TestParseSecrets(t *testing.T) {
	at := func(n int) string { return strings.Repeat("s", n) }
	tests := []struct {
		name string
		text string
		want []Secret
		err  error
	}{
		{"nothing", "", nil, ErrNoSecret},
		{"1 byte", at(1), nil, ErrShortSecret},
		{"31 bytes", at(31), nil, ErrShortSecret},
		{"32 bytes", at(32), []Secret{Secret(at(32))}, nil},
		{"33 bytes", at(33), []Secret{Secret(at(33))}, nil},
		{"10 kB", at(10_000), []Secret{Secret(at(10_000))}, nil},
		{"31 characters of 62 bytes", strings.Repeat("é", 31), []Secret{Secret(strings.Repeat("é", 31))}, nil},
		{"two, in their order", secretText + "," + otherSecretText, []Secret{Secret(secretText), Secret(otherSecretText)}, nil},
		{"three", at(32) + "," + at(33) + "," + at(34), []Secret{Secret(at(32)), Secret(at(33)), Secret(at(34))}, nil},
		{"space before a secret", at(32) + ", " + at(32), nil, ErrSpacedSecret},
		{"line end after a secret", at(32) + "\n", nil, ErrSpacedSecret},
		{"space within a secret", at(16) + " " + at(16), []Secret{Secret(at(16) + " " + at(16))}, nil},
		{"a comma alone", ",", nil, ErrShortSecret},
		{"an empty part first", "," + at(32), nil, ErrShortSecret},
		{"an empty part last", at(32) + ",", nil, ErrShortSecret},
		{"an empty part between", at(32) + ",," + at(32), nil, ErrShortSecret},
		{"the older one is short", at(32) + "," + at(31), nil, ErrShortSecret},
		{"two halves are no secret", at(16) + "," + at(16), nil, ErrShortSecret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseSecrets(test.text)
			if !errors.Is(err, test.err) || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %d secrets and %v, want %d and %v", len(got), err, len(test.want), test.err)
			}
		})
	}
}

func TestKeyIDIsStable(t *testing.T) {
	// HKDF-SHA256 with an empty salt, "latchkey key id", 12 bytes; made with Python.
	for text, want := range map[string]string{secretText: "sPC1ob5-tBoX3YTb", otherSecretText: "E_K28c0buQ2qlNzq"} {
		if got := Secret(text).Key().ID; got != want {
			t.Errorf("%s has the key id %s, want %s", text, got, want)
		}
	}
}

func TestKeyIDDiffersForEachSecret(t *testing.T) {
	secret := Secret(secretText)
	seen := map[string]bool{secret.Key().ID: true}
	for i := range len(secret) * 8 { // one bit off is another key
		other := bytes.Clone(secret)
		other[i/8] ^= 1 << (i % 8)
		seen[Secret(other).Key().ID] = true
	}
	if want := 1 + len(secret)*8; len(seen) != want {
		t.Errorf("%d key ids for %d secrets", len(seen), want)
	}
}

func TestDerivedKeysDifferForEachLabel(t *testing.T) {
	secret := Secret(secretText)
	a, b := secret.derive("one purpose", 32), secret.derive("another purpose", 32)
	if len(a) != 32 || len(b) != 32 || bytes.Equal(a, b) {
		t.Errorf("derived %x and %x", a, b)
	}
	if bytes.Contains(secret, a) || bytes.Contains(secret, secret.derive("latchkey key id", 12)[:3]) {
		t.Error("a derived key shows a part of the secret")
	}
}

func TestDerivePanicsRatherThanReturnLess(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Secret(secretText).derive("far too long", 255*32+1)
}

// Whoever prints a secret by accident prints no secret. What fmt does not let a
// type change is left out: %p of what is no pointer (go vet reports it), and
// fields that begin with a lower-case letter.
func TestSecretsAndKeysNeverPrintTheirBytes(t *testing.T) {
	secret := Secret(secretText)
	key := secret.Key()
	type holder struct {
		Secret  Secret
		Pointer *Secret
		Secrets []Secret
		ByName  map[string]Secret
		Key     Key
		Keys    KeySet
		Any     any
	}
	held := holder{secret, &secret, []Secret{secret}, map[string]Secret{"a": secret}, key, KeySet{key}, secret}

	var printed []string
	for _, value := range []any{secret, &secret, []Secret{secret}, held, &held, []any{held}, key, &key, KeySet{key},
		IssuerOptions{Keys: KeySet{key}}, fmt.Errorf("with %v", secret)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%t", "%e", "%10v"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
		printed = append(printed, fmt.Sprint(value), fmt.Sprintln(value))
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("text", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "value", value)
		printed = append(printed, log.String())
	}
	for _, value := range []any{secret, held, key} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, string(text))
	}

	raw := secret[:8] // a part is too much already
	spellings := map[string]string{
		"text":        string(raw),
		"hex":         hex.EncodeToString(raw),
		"HEX":         strings.ToUpper(hex.EncodeToString(raw)),
		"spaced hex":  fmt.Sprintf("% x", []byte(raw)),
		"decimals":    strings.Trim(fmt.Sprint([]byte(raw)), "[]"),
		"Go syntax":   "0x30, 0x31, 0x32",
		"octals":      "60 61 62",
		"bits":        "110000 110001",
		"characters":  "0 1 2 3",
		"code points": "U+0030 U+0031",
		"base64":      base64.StdEncoding.EncodeToString(raw)[:10],
	}
	for _, text := range printed {
		for name, spelling := range spellings {
			if strings.Contains(text, spelling) {
				t.Errorf("the secret as %s in %.200q", name, text)
			}
		}
	}
	if got := fmt.Sprint(secret); got != "(secret)" {
		t.Errorf("a secret prints as %q", got)
	}
	if got := fmt.Sprint(key); got != key.ID {
		t.Errorf("a key prints as %q, want its id", got)
	}
}

func TestParseSecretsErrorsDoNotQuoteTheSecret(t *testing.T) {
	_, err := ParseSecrets("almost-a-secret")
	if err == nil || strings.Contains(err.Error(), "almost") {
		t.Errorf("got %v", err)
	}
}

func TestFindNeedsBothKeyIDAndAlgorithm(t *testing.T) {
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
		{"the key id cut", "HS256", "firs", ""},
		{"the key id with more", "HS256", "first\x00", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, found := keys.find(test.algorithm, test.id)
			if found != (test.want != "") || got.ID != test.want {
				t.Errorf("found %v %q, want %q", found, got.ID, test.want)
			}
			if !found && (got.method != nil || got.public != nil) {
				t.Error("no key was found, yet one was returned")
			}
		})
	}
	if _, found := (KeySet)(nil).find("HS256", "first"); found {
		t.Error("an empty set holds a key")
	}
	if got := append(keys, first).algorithms(); !reflect.DeepEqual(got, []string{"HS256", "ES256"}) {
		t.Errorf("the set's algorithms are %v", got)
	}
}

func TestSecretKeysKeepTheirOrder(t *testing.T) {
	keys := SecretKeys([]Secret{Secret(secretText), Secret(otherSecretText)})
	if len(keys) != 2 || keys[0].ID != Secret(secretText).Key().ID || keys[1].ID != Secret(otherSecretText).Key().ID {
		t.Errorf("got %v", keys)
	}
}
