package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

// These tests run published test vectors; see testdata/wycheproof/README.md. Valid signatures must
// be accepted and invalid ones refused. The number of tests that ran is fixed, so that none is
// skipped unnoticed.

type wycheproofTest struct {
	ID      int    `json:"tcId"`
	Comment string `json:"comment"`
	Result  string `json:"result"` // valid, invalid, acceptable

	JWS string `json:"jws"` // JSON Web Signature
	Key string `json:"key"` // of a MAC; this and all below in hex
	Msg string `json:"msg"`
	Sig string `json:"sig"`
	Tag string `json:"tag"`
}

type wycheproofGroup[T any] struct {
	Group T
	Tests []wycheproofTest
}

// wycheproofGroups reads a file of test vectors. T has the fields of a group other than its tests.
func wycheproofGroups[T any](t *testing.T, name string) []wycheproofGroup[T] {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "wycheproof", name))
	authtest.Must(t, err)
	var file struct {
		NumberOfTests int
		TestGroups    []json.RawMessage
	}
	authtest.Must(t, json.Unmarshal(text, &file))
	groups, tests := make([]wycheproofGroup[T], len(file.TestGroups)), 0
	for i, raw := range file.TestGroups {
		authtest.Must(t, json.Unmarshal(raw, &groups[i].Group))
		authtest.Must(t, json.Unmarshal(raw, &groups[i]))
		tests += len(groups[i].Tests)
	}
	if tests != file.NumberOfTests || tests == 0 {
		t.Fatalf("%s: read %d tests, the file says %d", name, tests, file.NumberOfTests)
	}
	return groups
}

// score compares results with those that a file expects.
type score struct {
	exceptions map[int]string // by tcId: why the opposite result is right for us
	valid      int            // tests that ran
	invalid    int
	skipped    int
}

func (s *score) check(t *testing.T, test wycheproofTest, accepted bool) {
	t.Helper()
	want := test.Result == "valid"
	if want {
		s.valid++
	} else {
		s.invalid++
	}
	if reason, listed := s.exceptions[test.ID]; listed {
		delete(s.exceptions, test.ID)
		if accepted == want {
			t.Errorf("tcId %d is no longer an exception: %s", test.ID, reason)
		}
	} else if accepted != want {
		t.Errorf("tcId %d (%s) is %s, accepted: %v", test.ID, test.Comment, test.Result, accepted)
	}
}

// end checks how many tests ran, and that every exception was among them.
func (s *score) end(t *testing.T, valid, invalid, skipped int) {
	t.Helper()
	if s.valid != valid || s.invalid != invalid || s.skipped != skipped {
		t.Errorf("ran %d valid and %d invalid, skipped %d; want %d, %d and %d", s.valid, s.invalid, s.skipped, valid, invalid, skipped)
	}
	for id := range maps.Keys(s.exceptions) {
		t.Errorf("the exception tcId %d did not run", id)
	}
}

// jwk has the members of a JSON Web Key that the vectors need.
type jwk struct {
	Alg, Kid, Use, Crv, N, E, X, Y, K string
}

// key returns the Key of the JWK, or false if this service does not support its algorithm.
func (j jwk) key(t *testing.T) (Key, bool) {
	t.Helper()
	decode := func(text string) []byte {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		authtest.Must(t, err)
		return raw
	}
	number := func(text string) *big.Int { return new(big.Int).SetBytes(decode(text)) }
	switch j.Alg {
	case "HS256":
		key := Secret(decode(j.K)).Key()
		key.ID = j.Kid
		return key, true
	case "ES256":
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, decode(j.X), decode(j.Y)))
		authtest.Must(t, err)
		return Key{ID: j.Kid, method: jwt.SigningMethodES256, public: public}, true
	case "RS256":
		public := &rsa.PublicKey{N: number(j.N), E: int(number(j.E).Int64())}
		return Key{ID: j.Kid, method: jwt.SigningMethodRS256, public: public}, true
	}
	return Key{}, false
}

// acceptsJWS takes the steps of Issuer.Parse up to the signature. Parse itself would refuse the
// valid vectors too, because their payloads are not claims.
func acceptsJWS(issuer *Issuer, text string) bool {
	segments := strings.Split(text, ".")
	if len(segments) != 3 {
		return false
	}
	decoded := make([][]byte, len(segments))
	for i := range segments {
		var err error
		if decoded[i], err = issuer.inUse.Load().parser.DecodeSegment(segments[i]); err != nil {
			return false
		}
	}
	var header struct{ Alg, Kid string }
	if json.Unmarshal(decoded[0], &header) != nil {
		return false
	}
	key, found := issuer.Keys().find(header.Alg, header.Kid)
	return found && key.method.Verify(segments[0]+"."+segments[1], decoded[2], key.public) == nil
}

// 89 tests are skipped: 85 for algorithms that this service does not support (RS384, RS512, PS256,
// PS384, PS512, ES512), and 4 for keys whose JWK says that they are not for signatures (tcId
// 353-356), because this service reads no JWKs.
func TestWycheproofJSONWebSignatures(t *testing.T) {
	t.Parallel()
	s := score{exceptions: map[int]string{
		367: "the same text as 357, which is valid",
		370: "the same text as 357, which is valid",
		372: "contains a ?, which is not in the base64url alphabet",
		373: "contains a ?, which is not in the base64url alphabet",
	}}
	ran := map[string]int{}
	for _, group := range wycheproofGroups[struct{ Public, Private *jwk }](t, "json_web_signature_test.json") {
		j := group.Group.Public
		if j == nil {
			j = group.Group.Private // a secret has no public key
		}
		key, ours := j.key(t)
		if !ours {
			s.skipped += len(group.Tests)
			continue
		}
		issuer, _ := newTestIssuer(t, key)
		for _, test := range group.Tests {
			s.check(t, test, acceptsJWS(issuer, test.JWS))
			if claims, err := issuer.Parse(test.JWS); err == nil || claims != nil {
				t.Errorf("tcId %d is not an access token, but Parse accepts it", test.ID)
			}
			ran[j.Alg]++
		}
	}
	s.end(t, 20, 292, 89)
	if want := map[string]int{"HS256": 40, "ES256": 39, "RS256": 233}; !maps.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	authtest.Must(t, err)
	return raw
}

// No test is skipped. HMAC itself accepts keys that are too short for a Secret. Truncated tags must
// be refused, although the file calls them valid.
func TestWycheproofHMAC(t *testing.T) {
	t.Parallel()
	var s score
	truncated := 0
	for _, group := range wycheproofGroups[struct{ TagSize int }](t, "hmac_sha256_test.json") {
		for _, test := range group.Tests {
			key := Secret(unhex(t, test.Key)).Key()
			accepted := key.method.Verify(string(unhex(t, test.Msg)), unhex(t, test.Tag), key.public) == nil
			if group.Group.TagSize == 256 {
				s.check(t, test, accepted)
				continue
			}
			truncated++
			if accepted {
				t.Errorf("tcId %d: a tag of %d bits is accepted", test.ID, group.Group.TagSize)
			}
		}
	}
	s.end(t, 33, 54, 0)
	if truncated != 87 {
		t.Errorf("ran %d truncated tags, want 87", truncated)
	}
}

// No test is skipped. A message has two valid signatures, with s and with n-s. That does no harm,
// because tokens are never compared by their text.
func TestWycheproofECDSA(t *testing.T) {
	t.Parallel()
	var s score
	for _, group := range wycheproofGroups[struct{ PublicKeyDer string }](t, "ecdsa_secp256r1_sha256_p1363_test.json") {
		s.checkSignatures(t, jwt.SigningMethodES256, group.Group.PublicKeyDer, group.Tests)
	}
	s.end(t, 173, 89, 0)
}

// No test is skipped. The only acceptable signature (tcId 8, an encoding without NULL) is refused.
func TestWycheproofRSA(t *testing.T) {
	t.Parallel()
	var s score
	for _, group := range wycheproofGroups[struct{ PublicKeyDer string }](t, "rsa_signature_2048_sha256_test.json") {
		s.checkSignatures(t, jwt.SigningMethodRS256, group.Group.PublicKeyDer, group.Tests)
	}
	s.end(t, 9, 250, 0)
}

func (s *score) checkSignatures(t *testing.T, method jwt.SigningMethod, der string, tests []wycheproofTest) {
	t.Helper()
	public, err := x509.ParsePKIXPublicKey(unhex(t, der))
	authtest.Must(t, err)
	key := Key{ID: "a-key", method: method, public: public}
	for _, test := range tests {
		s.check(t, test, key.method.Verify(string(unhex(t, test.Msg)), unhex(t, test.Sig), key.public) == nil)
	}
}
