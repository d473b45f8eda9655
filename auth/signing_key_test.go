package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// rsaKey is one RSA key for all tests, since making one takes a while.
var rsaKey = sync.OnceValues(func() (Key, error) { return NewKey(RS256) })

// A P-256 key whose x begins with a zero byte, made with Python's cryptography
// and its thumbprint with hashlib.
const (
	zeroDER = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghC0AOIu//JKLEQjzc+w/Ef4edO3nAzSYf/z7hDt3kNmhRANCAAQA+Ak/UWaCybTezstU17hd0EYoYcJWkUMOmBuaNb0uhMSBACJvZF/ZXsg8OR4rPxQXg3Oxcm8oDlgFE8i8OuoH"
	zeroX   = "APgJP1Fmgsm03s7LVNe4XdBGKGHCVpFDDpgbmjW9LoQ"
	zeroID  = "HABsmvq-sZavXFEdzTg3cAjz5vnqLS-g-pFuVQulrc4"
)

// newPair makes a key for ES256, or returns the one for RS256.
func newPair(t *testing.T, algorithm string) Key {
	t.Helper()
	key, err := NewKey(algorithm)
	if algorithm == RS256 {
		key, err = rsaKey()
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestThumbprintsAreThoseOfTheStandards(t *testing.T) {
	for name, test := range map[string]struct {
		key  JWK
		want string
	}{
		"RSA, RFC 7638 3.1": {JWK{KeyType: "RSA", Algorithm: "RS256", ID: "2011-04-29", E: "AQAB",
			N: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W" +
				"-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q" +
				"NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"},
			"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		"EC, RFC 9449 6.1": {JWK{KeyType: "EC", Use: "sig", Algorithm: "ES256", Curve: "P-256",
			X: "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs", Y: "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"},
			"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
		"EC with a leading zero": {JWK{KeyType: "EC", Curve: "P-256", X: zeroX, Y: "xIEAIm9kX9leyDw5His_FBeDc7FybygOWAUTyLw66gc"}, zeroID},
	} {
		if got := test.key.identified().ID; got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// A coordinate that is smaller than the others keeps its zeros (RFC 7518
// 6.2.1.2), else the thumbprint is another one elsewhere.
func TestACoordinateWithALeadingZeroIsWrittenInFull(t *testing.T) {
	der, err := base64.StdEncoding.DecodeString(zeroDER)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pairKey(private)
	if err != nil || key.ID != zeroID || key.JWK.X != zeroX {
		t.Errorf("the key is %s with x %s: %v", key.ID, key.JWK.X, err)
	}
}

func TestNewKeysAreOfTheKindAndSizeOfTheirAlgorithm(t *testing.T) {
	if private := newPair(t, ES256).private.(*ecdsa.PrivateKey); private.Curve != elliptic.P256() {
		t.Errorf("ES256 has the curve %s", private.Curve.Params().Name)
	}
	if private := newPair(t, RS256).private.(*rsa.PrivateKey); private.N.BitLen() != 3072 || private.E != 65537 {
		t.Errorf("RS256 has %d bits and the exponent %d", private.N.BitLen(), private.E)
	}
	if one, two := newPair(t, ES256), newPair(t, ES256); one.ID == two.ID {
		t.Error("two keys are the same")
	}
	for _, algorithm := range []string{"", "HS256", "es256", "ES384", "PS256", "EdDSA", "none"} {
		if key, err := NewKey(algorithm); err == nil || key.ID != "" {
			t.Errorf("a key was made for %q", algorithm)
		}
	}
}

func TestKeysOfOtherKindsAreNoSigningKeys(t *testing.T) {
	wrongCurve, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, private := range map[string]any{"P-384": wrongCurve, "nothing": nil, "a secret": []byte(secretText)} {
		if key, err := pairKey(private); err == nil || key.ID != "" {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestJWKsHoldThePublicPartAndNothingElse(t *testing.T) {
	es256, rs256 := newPair(t, ES256), newPair(t, RS256)
	text, err := json.Marshal([]*JWK{es256.JWK, rs256.JWK})
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]string
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	rsaPublic := rs256.public.(*rsa.PublicKey)
	point, err := es256.public.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	want := []map[string]string{
		{"kty": "EC", "use": "sig", "alg": "ES256", "kid": es256.ID, "crv": "P-256",
			"x": encode(point[1:33]), "y": encode(point[33:])},
		{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": rs256.ID, "n": encode(rsaPublic.N.Bytes()), "e": "AQAB"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if secret := Secret(secretText).Key(); secret.JWK != nil {
		t.Errorf("the JWK of a secret is %v", secret.JWK)
	}
}

func TestASealedKeyOpensWithItsSecretWhereverThatStands(t *testing.T) {
	first, second := Secret(secretText), Secret(otherSecretText)
	for _, algorithm := range []string{ES256, RS256} {
		key := newPair(t, algorithm)
		for _, test := range []struct {
			name   string
			sealed Secret
			with   []Secret
			place  int
		}{
			{"the only one", first, []Secret{first}, 0},
			{"the first", first, []Secret{first, second}, 0},
			{"the second", second, []Secret{first, second}, 1},
		} {
			t.Run(algorithm+" "+test.name, func(t *testing.T) {
				sealed := mustSeal(t, key, test.sealed)
				opened, place, err := OpenKey(key.ID, algorithm, sealed, test.with)
				if err != nil || place != test.place || !reflect.DeepEqual(opened, key) {
					t.Errorf("opened %v with %d: %v", opened, place, err)
				}
			})
		}
	}
}

func mustSeal(t *testing.T, key Key, secret Secret) []byte {
	t.Helper()
	sealed, err := key.Seal(secret)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestASealedKeyOpensForNothingElse(t *testing.T) {
	secret := Secret(secretText)
	key, other := newPair(t, ES256), newPair(t, ES256)
	sealed := mustSeal(t, key, secret)
	for name, test := range map[string]struct {
		id, algorithm string
		sealed        []byte
		with          []Secret
	}{
		"another secret":                  {key.ID, ES256, sealed, []Secret{Secret(otherSecretText)}},
		"no secret":                       {key.ID, ES256, sealed, nil},
		"another key's id":                {other.ID, ES256, sealed, []Secret{secret}},
		"another algorithm":               {key.ID, RS256, sealed, []Secret{secret}},
		"a part of the id as algorithm":   {key.ID[1:], ES256 + " " + key.ID[:1], sealed, []Secret{secret}},
		"nothing sealed":                  {key.ID, ES256, nil, []Secret{secret}},
		"less than a nonce":               {key.ID, ES256, sealed[:11], []Secret{secret}},
		"the end cut off":                 {key.ID, ES256, sealed[:len(sealed)-1], []Secret{secret}},
		"a byte more":                     {key.ID, ES256, append(bytes.Clone(sealed), 0), []Secret{secret}},
		"what another key sealed":         {key.ID, ES256, mustSeal(t, other, secret), []Secret{secret}},
		"the private part that is open":   {key.ID, ES256, mustPKCS8(t, key), []Secret{secret}},
		"the seal with the secret itself": {key.ID, ES256, sealed, []Secret{secret.derive("latchkey signing key seal", 32)}},
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
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestSealsDifferEachTimeAndShowNothing(t *testing.T) {
	secret, key := Secret(secretText), newPair(t, ES256)
	one, two := mustSeal(t, key, secret), mustSeal(t, key, secret)
	if bytes.Equal(one[:12], two[:12]) || bytes.Equal(one, two) {
		t.Error("two seals are the same")
	}
	scalar, err := key.private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(one, scalar[:8]) || bytes.Contains(one, []byte(secretText[:8])) {
		t.Error("the seal shows what is in it")
	}
	if sealed, err := secret.Key().Seal(secret); err == nil || sealed != nil {
		t.Error("a secret was sealed as a key pair")
	}
}

// What the seal holds is checked with the key derivation and the cipher
// written out: HKDF-SHA256 with an empty salt, AES-256-GCM, the nonce first.
// The vector was made with Python's cryptography.
func TestASealMadeElsewhereOpens(t *testing.T) {
	sealed, err := base64.StdEncoding.DecodeString("UeX1gE+nWnL4LCV4WqBk8APppaj5PaZPIgKQCmDTJlTqUmLbWnutRnaFCQnTfohbi1he8OITgMijsJ/65w0o4Mf658+9gEc4PnerFVhVc7h+3NDt+Q1n8llfgunrBD0nLxEtKPofuH3OEQAgb+Y6Gdk4Pc9psgkRopeDYvg1ReBHLJFPb2ZajPbTHPAGJi7dlBPAwhvn5/CZsK8hQscOiaLVSRBkSg==")
	if err != nil {
		t.Fatal(err)
	}
	key, _, err := OpenKey(zeroID, ES256, sealed, []Secret{Secret(secretText)})
	if err != nil || key.ID != zeroID {
		t.Errorf("opened %v: %v", key, err)
	}
}

// Whoever holds the public part, or the secret, must not be able to sign for
// an issuer of key pairs; nor the reverse.
func TestOneKindOfKeyIsNeverTakenForAnother(t *testing.T) {
	secret := Secret(secretText).Key()
	for _, algorithm := range []string{ES256, RS256} {
		pair := newPair(t, algorithm)
		issuer, _ := newTestIssuer(t, pair)
		if _, err := issuer.Parse(mustIssue(t, issuer, testPrincipal)); err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(pair.public)
		if err != nil {
			t.Fatal(err)
		}
		published, _ := json.Marshal(pair.JWK)
		forger := func(alg string, key []byte) string {
			text := noSignature(forge(t, issuer, map[string]any{"alg": alg}, nil))
			text = text[:len(text)-1]
			mac := hmac.New(sha256.New, key)
			mac.Write([]byte(text))
			return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
		}
		for _, key := range [][]byte{der, published, []byte(pair.JWK.X), []byte(pair.JWK.N), []byte(secretText), {}} {
			refuse(t, issuer, forger(HS256, key), jwt.ErrTokenSignatureInvalid)
			refuse(t, issuer, forger(algorithm, key), jwt.ErrTokenSignatureInvalid)
		}
		ofSecret, _ := newTestIssuer(t, secret)
		refuse(t, issuer, mustIssue(t, ofSecret, testPrincipal), jwt.ErrTokenSignatureInvalid)
		refuse(t, ofSecret, mustIssue(t, issuer, testPrincipal), jwt.ErrTokenSignatureInvalid)
	}
	es256, _ := newTestIssuer(t, newPair(t, ES256))
	rs256, _ := newTestIssuer(t, newPair(t, RS256))
	refuse(t, es256, mustIssue(t, rs256, testPrincipal), jwt.ErrTokenSignatureInvalid)
	refuse(t, rs256, mustIssue(t, es256, testPrincipal), jwt.ErrTokenSignatureInvalid)
}

func TestSetKeysChangesWhatSignsAndWhatIsAccepted(t *testing.T) {
	first, second, third := newPair(t, ES256), newPair(t, ES256), newPair(t, RS256)
	issuer, _ := newTestIssuer(t, first, second)
	ofFirst := mustIssue(t, issuer, testPrincipal)
	keys := KeySet{second, third}
	if err := issuer.SetKeys(keys); err != nil {
		t.Fatal(err)
	}
	keys[0] = first // what the caller does to the slice later is nothing to the issuer
	ofSecond := mustIssue(t, issuer, testPrincipal)
	if header := segment(t, ofSecond, 0); header["kid"] != second.ID {
		t.Errorf("signed with %v", header["kid"])
	}
	refuse(t, issuer, ofFirst, jwt.ErrTokenUnverifiable)
	ofThird, _ := newTestIssuer(t, third) // the parser knows the new algorithm
	for name, text := range map[string]string{"first": ofSecond, "other": mustIssue(t, ofThird, testPrincipal)} {
		if _, err := issuer.Parse(text); err != nil {
			t.Errorf("the %s key of the set: %v", name, err)
		}
	}
	if err := issuer.SetKeys(nil); err == nil {
		t.Error("an issuer without keys")
	}
	if _, err := issuer.Parse(ofSecond); err != nil {
		t.Errorf("the refused set is in use: %v", err)
	}
}

// Both sets hold both keys, so that every token is good at every time. It is
// for the race detector.
func TestSetKeysWhileOthersIssueAndParse(t *testing.T) {
	pair, secret := newPair(t, ES256), Secret(secretText).Key()
	issuer, _ := newTestIssuer(t, pair, secret)
	var workers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		workers.Go(func() {
			for {
				text, err := issuer.Issue(testPrincipal)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := issuer.Parse(text); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 2000 {
		keys := KeySet{pair, secret}
		if i%2 == 0 {
			keys = KeySet{secret, pair}
		}
		if err := issuer.SetKeys(keys); err != nil {
			t.Error(err)
		}
	}
	close(done)
	workers.Wait()
}

func TestKeyPairsNeverPrintTheirPrivatePart(t *testing.T) {
	key := newPair(t, ES256)
	scalar, err := key.private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	private := new(big.Int).SetBytes(scalar) // as Go prints it
	text, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{string(text)}
	for _, value := range []any{key, &key, KeySet{key}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			printed = append(printed, fmt.Sprintf(verb, value))
		}
	}
	for _, text := range printed {
		for _, spelling := range []string{private.String(), fmt.Sprintf("%x", private), fmt.Sprintf("%X", private)} {
			if strings.Contains(text, spelling[:10]) {
				t.Errorf("the private part is in %.200q", text)
			}
		}
	}
}

// A verifier that has the published key and nothing else accepts the tokens.
func TestThePublishedKeyVerifies(t *testing.T) {
	for _, algorithm := range []string{ES256, RS256} {
		key := newPair(t, algorithm)
		issuer, clock := newTestIssuer(t, key)
		public := publicOf(t, *issuer.Keys()[0].JWK)
		token, err := jwt.Parse(mustIssue(t, issuer, testPrincipal), func(*jwt.Token) (any, error) { return public, nil },
			jwt.WithValidMethods([]string{algorithm}), jwt.WithTimeFunc(clock.Now))
		if err != nil || !token.Valid || token.Header["kid"] != key.ID {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

// publicOf reads a JWK as others do.
func publicOf(t *testing.T, j JWK) any {
	t.Helper()
	number := func(text string) *big.Int {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(raw)
	}
	if j.KeyType == "RSA" {
		return &rsa.PublicKey{N: number(j.N), E: int(number(j.E).Int64())}
	}
	point := append([]byte{4}, number(j.X).FillBytes(make([]byte, 32))...)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(point, number(j.Y).FillBytes(make([]byte, 32))...))
	if err != nil {
		t.Fatal(err)
	}
	return public
}

func TestADamagedPrivatePartIsAFaultAndNoWrongSecret(t *testing.T) {
	secret := Secret(secretText)
	sealed := secret.sealer().Seal(nil, nil, []byte("no PKCS #8"), binding("id", ES256))
	if _, _, err := OpenKey("id", ES256, sealed, []Secret{secret}); err == nil || errors.Is(err, ErrWrongSecret) {
		t.Errorf("error is %v", err)
	}
}
