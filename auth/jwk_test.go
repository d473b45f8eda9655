package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"reflect"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

// A P-256 key whose x begins with a zero byte. It was generated with Python's cryptography, and its
// thumbprint with hashlib.
const (
	zeroDER = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghC0AOIu//JKLEQjzc+w/Ef4edO3nAzSYf/z7hDt3kNmhRANCAAQA+Ak/UWaCybTezstU17hd0EYoYcJWkUMOmBuaNb0uhMSBACJvZF/ZXsg8OR4rPxQXg3Oxcm8oDlgFE8i8OuoH"
	zeroX   = "APgJP1Fmgsm03s7LVNe4XdBGKGHCVpFDDpgbmjW9LoQ"
	zeroID  = "HABsmvq-sZavXFEdzTg3cAjz5vnqLS-g-pFuVQulrc4"
)

func TestThumbprintsMatchTheExamplesOfTheStandards(t *testing.T) {
	t.Parallel()
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
		if got := test.key.thumbprint(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// Coordinates have a fixed length (RFC 7518 6.2.1.2). Without the leading zero, the thumbprint
// would be wrong.
func TestCoordinateKeepsItsLeadingZero(t *testing.T) {
	t.Parallel()
	der, err := base64.StdEncoding.DecodeString(zeroDER)
	authtest.Must(t, err)
	private, err := x509.ParsePKCS8PrivateKey(der)
	authtest.Must(t, err)
	key, err := newPairKey(private)
	if err != nil || key.ID != zeroID || key.JWK.X != zeroX {
		t.Errorf("the key is %s with x %s: %v", key.ID, key.JWK.X, err)
	}
}

func TestJWKContainsOnlyThePublicKey(t *testing.T) {
	t.Parallel()
	es256, rs256 := newPair(t, ES256), newPair(t, RS256)
	text, err := json.Marshal([]*JWK{es256.JWK, rs256.JWK})
	authtest.Must(t, err)
	var got []map[string]string
	authtest.Must(t, json.Unmarshal(text, &got))
	rsaPublic := rs256.public.(*rsa.PublicKey)
	point, err := es256.public.(*ecdsa.PublicKey).Bytes()
	authtest.Must(t, err)
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

// A verifier needs only the published key.
func TestPublishedKeyVerifiesTokens(t *testing.T) {
	t.Parallel()
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

// publicOf reads a JWK as another service would.
func publicOf(t *testing.T, j JWK) any {
	t.Helper()
	number := func(text string) *big.Int {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
		authtest.Must(t, err)
		return new(big.Int).SetBytes(raw)
	}
	if j.KeyType == "RSA" {
		return &rsa.PublicKey{N: number(j.N), E: int(number(j.E).Int64())}
	}
	point := append([]byte{4}, number(j.X).FillBytes(make([]byte, 32))...)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(point, number(j.Y).FillBytes(make([]byte, 32))...))
	authtest.Must(t, err)
	return public
}
