package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

// Anyone who knows a public key, or the secret, must not be able to sign for an issuer that uses
// key pairs, and the other way round.
func TestTokenSignedWithAnotherTypeOfKeyIsInvalid(t *testing.T) {
	t.Parallel()
	secret := Secret(secretText).Key()
	for _, algorithm := range []string{ES256, RS256} {
		pair := newPair(t, algorithm)
		issuer, _ := newTestIssuer(t, pair)
		if _, err := issuer.Parse(mustIssue(t, issuer, testPrincipal)); err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(pair.public)
		authtest.Must(t, err)
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

func TestSetKeysReplacesTheKeysThatSignAndVerify(t *testing.T) {
	t.Parallel()
	first, second, third := newPair(t, ES256), newPair(t, ES256), newPair(t, RS256)
	issuer, _ := newTestIssuer(t, first, second)
	ofFirst := mustIssue(t, issuer, testPrincipal)
	keys := KeySet{second, third}
	authtest.Must(t, issuer.SetKeys(keys))
	keys[0] = first // the issuer has a copy
	ofSecond := mustIssue(t, issuer, testPrincipal)
	if header := segment(t, ofSecond, 0); header["kid"] != second.ID {
		t.Errorf("signed with %v", header["kid"])
	}
	refuse(t, issuer, ofFirst, jwt.ErrTokenUnverifiable)
	ofThird, _ := newTestIssuer(t, third) // an algorithm that is new to the parser
	for name, text := range map[string]string{"current": ofSecond, "other": mustIssue(t, ofThird, testPrincipal)} {
		if _, err := issuer.Parse(text); err != nil {
			t.Errorf("the %s key: %v", name, err)
		}
	}
	if err := issuer.SetKeys(nil); err == nil {
		t.Error("an empty key set was accepted")
	}
	if _, err := issuer.Parse(ofSecond); err != nil {
		t.Errorf("the empty set is in use: %v", err)
	}
}

// Both sets contain both keys, so that every token is always valid. This is for the race detector.
func TestKeysCanChangeWhileTokensAreIssuedAndParsed(t *testing.T) {
	t.Parallel()
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
