package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// A token has only one valid spelling. Even a text that decodes to the same bytes is refused.
func TestParseRefusesATokenWithOneCharacterChanged(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	text := mustIssue(t, issuer, testPrincipal)
	signature := strings.LastIndexByte(text, '.') + 1
	for i := range text {
		others := base64URL
		if i < signature {
			others = "Az0_" // in the signature all 64, because of the unused bits at its end
		}
		for _, other := range []byte(others + ".=\x00 \r\n") {
			if other != text[i] {
				refuse(t, issuer, text[:i]+string(other)+text[i+1:], nil)
			}
		}
	}
}

func TestParseRefusesATokenWithTextInsertedOrRemoved(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	text := mustIssue(t, issuer, testPrincipal)
	for i := range len(text) + 1 {
		for _, inserted := range []string{"\r", "\n", "\r\n", " ", "\t", "\x00", "=", "A", ".", "\u200b"} {
			refuse(t, issuer, text[:i]+inserted+text[i:], nil)
		}
		if i < len(text) {
			refuse(t, issuer, text[:i], nil)
			refuse(t, issuer, text[i+1:], nil)
			refuse(t, issuer, text[:i]+text[i+1:], nil)
		}
	}
}

func TestParseRefusesUnusedBitsInEverySegment(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	key := issuer.Keys()[0]
	for n := range 3 { // every length modulo 3
		text := forge(t, issuer, map[string]any{"pad": strings.Repeat("p", n)}, map[string]any{"pad": strings.Repeat("p", n)})
		segments := strings.Split(text, ".")
		for i := range segments {
			if len(segments[i])%4 == 0 {
				continue // no unused bits
			}
			altered := append([]string(nil), segments...)
			last := len(altered[i]) - 1
			altered[i] = altered[i][:last] + string(base64URL[strings.IndexByte(base64URL, altered[i][last])+1])
			decoded, err := base64.RawURLEncoding.DecodeString(altered[i])
			if was, _ := base64.RawURLEncoding.DecodeString(segments[i]); err != nil || string(decoded) != string(was) {
				t.Fatalf("%s and %s do not decode to the same bytes", segments[i], altered[i])
			}
			if i < 2 { // sign the altered text
				altered = strings.Split(sign(t, key, altered[0]+"."+altered[1]), ".")
			}
			refuse(t, issuer, strings.Join(altered, "."), jwt.ErrTokenMalformed)
		}
	}
}

// The signatures are valid. base64.Strict ignores line breaks, so the check must be Parse's own.
func TestParseRefusesSignedLineBreaks(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	key := issuer.Keys()[0]
	header, claims, _ := strings.Cut(noSignature(forge(t, issuer, nil, nil)), ".")
	claims = strings.TrimSuffix(claims, ".")
	if _, err := issuer.Parse(sign(t, key, header+"."+claims)); err != nil {
		t.Fatal(err)
	}
	for _, lineBreak := range []string{"\n", "\r", "\r\n"} {
		for name, text := range map[string]string{
			"before the header": lineBreak + header + "." + claims,
			"in the header":     header[:5] + lineBreak + header[5:] + "." + claims,
			"after the header":  header + lineBreak + "." + claims,
			"in the claims":     header + "." + claims[:5] + lineBreak + claims[5:],
			"after the claims":  header + "." + claims + lineBreak,
		} {
			t.Run(fmt.Sprintf("%q %s", lineBreak, name), func(t *testing.T) { refuse(t, issuer, sign(t, key, text), nil) })
		}
	}
}

func TestParseRefusesTextThatIsNotAToken(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	good := mustIssue(t, issuer, testPrincipal)
	s := strings.Split(good, ".")
	texts := map[string]string{
		"empty":                    "",
		"a space":                  " ",
		"1 segment":                s[0],
		"2 segments":               s[0] + "." + s[1],
		"4 segments":               good + "." + s[2],
		"4 segments, last empty":   good + ".",
		"5 segments, as encrypted": good + "." + s[1] + "." + s[2],
		"first segment empty":      "." + s[1] + "." + s[2],
		"second segment empty":     s[0] + ".." + s[2],
		"third segment empty":      s[0] + "." + s[1] + ".",
		"only dots":                "..",
		"thousands of dots":        strings.Repeat(".", 100_000),
		"dots after a valid token": good + strings.Repeat(".", 100_000),
		"3 MB of letters":          strings.Repeat("a", 3<<20),
		"3 MB of header":           strings.Repeat("a", 3<<20) + "." + s[1] + "." + s[2],
		"3 MB of signature":        s[0] + "." + s[1] + "." + strings.Repeat("a", 3<<20),
		"3 MB after a good one":    good + strings.Repeat("a", 3<<20),
		"padding":                  s[0] + "=." + s[1] + "==." + s[2] + "=",
		"padding of the signature": good + "=",
		"standard base64":          s[0] + "." + s[1] + "." + strings.Repeat("+/", 21) + "A",
		"the scheme too":           "Bearer " + good,
		"quoted":                   `"` + good + `"`,
		"a comma list":             good + ", " + good,
		"twice":                    good + good,
		"JSON serialization":       fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, s[0], s[1], s[2]),
		"invalid UTF-8":            "\xff\xfe." + s[1] + "." + s[2],
		"signature and claims":     s[0] + "." + s[2] + "." + s[1],
	}
	for _, name := range sortedNames(texts) {
		t.Run(name, func(t *testing.T) { refuse(t, issuer, texts[name], nil) })
	}
}

// The signatures are valid.
func TestParseRefusesSignedNonsense(t *testing.T) {
	t.Parallel()
	issuer, _ := newTestIssuer(t)
	key := issuer.Keys()[0]
	signed := func(header, claims string) string {
		encode := base64.RawURLEncoding.EncodeToString
		return sign(t, key, encode([]byte(header))+"."+encode([]byte(claims)))
	}
	header := fmt.Sprintf(`{"alg":"HS256","typ":"at+jwt","kid":%q}`, key.ID)
	deep := strings.Repeat("[", 200_000)
	texts := map[string]string{
		"a header that is null":         signed("null", "{}"),
		"a header that is a list":       signed("["+header+"]", "{}"),
		"a header that is a string":     signed(`"HS256"`, "{}"),
		"a header that is not JSON":     signed("HS256", "{}"),
		"a header and more":             signed(header+"{}", "{}"),
		"a header 200 000 levels deep":  signed(deep, "{}"),
		"claims that are null":          signed(header, "null"),
		"claims that are a list":        signed(header, "[]"),
		"claims that are a number":      signed(header, "1"),
		"claims that are a string":      signed(header, `"sub"`),
		"claims that are not JSON":      signed(header, "sub=u"),
		"claims that are empty":         signed(header, ""),
		"claims that are {}":            signed(header, "{}"),
		"claims and more":               signed(header, "{}{}"),
		"claims 200 000 levels deep":    signed(header, deep),
		"claims with a byte order mark": signed(header, "\ufeff{}"),
	}
	for _, name := range sortedNames(texts) {
		t.Run(name, func(t *testing.T) { refuse(t, issuer, texts[name], nil) })
	}
}

// The first text is a token. The second is the claims of a token with a valid signature.
func FuzzParseToken(f *testing.F) {
	secret := Secret(secretText)
	clock := authtest.NewClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	issuer, err := NewIssuer(IssuerOptions{Keys: KeySet{secret.Key()}, Issuer: testIssuer, Audience: testAudience, TTL: testTTL, Now: clock.Now})
	authtest.Must(f, err)
	claims := fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"u","sid":"s","exp":%d}`, testIssuer, testAudience, clock.Now().Add(testTTL).Unix())
	good := forge(f, issuer, nil, nil)
	for _, text := range []string{good, noSignature(good), good + "=", good[:40] + "\n" + good[40:], "", "...", good + ".",
		forge(f, issuer, map[string]any{"alg": "none"}, nil), forge(f, issuer, map[string]any{"crit": []string{"x"}}, nil),
		forge(f, issuer, map[string]any{"kid": 1}, nil), forge(f, issuer, map[string]any{"typ": "JWT"}, nil)} {
		f.Add(text, claims)
	}
	for _, text := range []string{"null", "[]", `{"exp":1e308}`, `{"exp":null,"nbf":"x"}`, strings.Replace(claims, `"u"`, `""`, 1),
		strings.Replace(claims, `"latchkey"`, `["latchkey",""]`, 1), strings.Replace(claims, `"sid"`, `"SID"`, 1)} {
		f.Add(good, text)
	}
	header := noSignature(noSignature(good)[:len(noSignature(good))-1])
	f.Fuzz(func(t *testing.T, text, claimsText string) {
		if accepts(t, issuer, text) {
			signed, signature := noSignature(text), text[len(noSignature(text)):]
			mac := hmac.New(sha256.New, secret)
			mac.Write([]byte(signed[:len(signed)-1]))
			if want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); signature != want {
				t.Errorf("accepted %q, whose signature should be %s", text, want)
			}
		}
		accepts(t, issuer, sign(t, issuer.Keys()[0], header+base64.RawURLEncoding.EncodeToString([]byte(claimsText))))
	})
}

// accepts reports whether Parse accepts the text, and checks its result.
func accepts(t *testing.T, issuer *Issuer, text string) bool {
	t.Helper()
	claims, err := issuer.Parse(text)
	if err != nil {
		refuse(t, issuer, text, ErrInvalidToken)
		return false
	}
	now := issuer.options.Now()
	if claims.Issuer != testIssuer || !strings.Contains(strings.Join(claims.Audience, " "), testAudience) ||
		claims.Subject == "" || claims.SessionID == "" || !now.Before(claims.ExpiresAt.Add(Leeway)) {
		t.Errorf("accepted %q with %+v", text, claims)
	}
	return true
}
