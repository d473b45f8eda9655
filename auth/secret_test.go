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

	"latchkey/auth/authtest"
)

const (
	secretText      = "0123456789abcdef0123456789abcdef"
	otherSecretText = "0123456789abcdef0123456789abcdeg"
)

func TestParseSecrets(t *testing.T) {
	t.Parallel()
	at := func(n int) string { return strings.Repeat("sixteen letters.", n/16+1)[:n] }
	tests := []struct {
		name string
		text string
		want []Secret
		err  error
	}{
		{"empty", "", nil, ErrNoSecret},
		{"1 byte", at(1), nil, ErrShortSecret},
		{"31 bytes", at(31), nil, ErrShortSecret},
		{"32 bytes", at(32), []Secret{Secret(at(32))}, nil},
		{"33 bytes", at(33), []Secret{Secret(at(33))}, nil},
		{"10 kB", at(10_000), []Secret{Secret(at(10_000))}, nil},
		{"23 characters of 46 bytes", "äöüÄÖÜßéèêáàâóòôúùûíìîñ", []Secret{Secret("äöüÄÖÜßéèêáàâóòôúùûíìîñ")}, nil},
		{"one character repeated", strings.Repeat("a", 32), nil, ErrWeakSecret},
		{"a short word repeated", strings.Repeat("secret", 20), nil, ErrWeakSecret},
		{"7 different bytes", strings.Repeat("abcdefg", 5), nil, ErrWeakSecret},
		{"8 different bytes", strings.Repeat("abcdefgh", 4), []Secret{Secret(strings.Repeat("abcdefgh", 4))}, nil},
		{"the older one is weak", at(32) + "," + strings.Repeat("a", 32), nil, ErrWeakSecret},
		{"two in order", secretText + "," + otherSecretText, []Secret{Secret(secretText), Secret(otherSecretText)}, nil},
		{"three", at(32) + "," + at(33) + "," + at(34), []Secret{Secret(at(32)), Secret(at(33)), Secret(at(34))}, nil},
		{"space before a secret", at(32) + ", " + at(32), nil, ErrSpacedSecret},
		{"line break after a secret", at(32) + "\n", nil, ErrSpacedSecret},
		{"space inside a secret", at(16) + " " + at(16), []Secret{Secret(at(16) + " " + at(16))}, nil},
		{"only a comma", ",", nil, ErrShortSecret},
		{"an empty part first", "," + at(32), nil, ErrShortSecret},
		{"an empty part last", at(32) + ",", nil, ErrShortSecret},
		{"an empty part between", at(32) + ",," + at(32), nil, ErrShortSecret},
		{"the older one is short", at(32) + "," + at(31), nil, ErrShortSecret},
		{"two halves of a secret", at(16) + "," + at(16), nil, ErrShortSecret},
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

func TestErrorsOfParseSecretsDoNotQuoteTheSecret(t *testing.T) {
	t.Parallel()
	_, err := ParseSecrets("almost-a-secret")
	if err == nil || strings.Contains(err.Error(), "almost") {
		t.Errorf("got %v", err)
	}
}

func TestEachLabelDerivesItsOwnKey(t *testing.T) {
	t.Parallel()
	secret := Secret(secretText)
	a, b := secret.derive("one purpose", 32), secret.derive("another purpose", 32)
	if len(a) != 32 || len(b) != 32 || bytes.Equal(a, b) {
		t.Errorf("derived %x and %x", a, b)
	}
	if bytes.Contains(secret, a) || bytes.Contains(secret, secret.derive("latchkey key id", 12)[:3]) {
		t.Error("a derived key contains a part of the secret")
	}
}

func TestDeriveNeverReturnsTooFewBytes(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Secret(secretText).derive("far too long", 255*32+1)
}

// Two things are left out because no type can prevent them: %p of a value that is no pointer, which
// go vet reports, and unexported fields.
func TestNoVerbPrintsASecret(t *testing.T) {
	t.Parallel()
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
		authtest.Must(t, err)
		printed = append(printed, string(text))
	}

	for _, text := range printed {
		for name, spelling := range spellings(secret[:8]) { // not even a part may be printed
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

// spellings returns the ways in which fmt and encoders write bytes.
func spellings(raw Secret) map[string]string {
	return map[string]string{
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
}
