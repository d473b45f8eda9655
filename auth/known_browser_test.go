package auth

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func knownBrowsers(secrets ...string) *KnownBrowserCodec {
	return NewKnownBrowserCodec(testSecrets(secrets...))
}

func TestKnownBrowserCanBeParsed(t *testing.T) {
	t.Parallel()
	want := KnownBrowser{UserID: session, ID: "RANDOM", PasswordVersion: 3, IssuedAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	got, err := knownBrowsers("a").Parse(knownBrowsers("a").Format(want))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = knownBrowsers("b", "a").Parse(knownBrowsers("a").Format(want)); err != nil {
		t.Errorf("of an older secret: %v", err)
	}
}

func TestAlteredKnownBrowserIsInvalid(t *testing.T) {
	t.Parallel()
	codec := knownBrowsers("a")
	good := codec.Format(KnownBrowser{UserID: session, ID: "RANDOM", PasswordVersion: 3, IssuedAt: time.Unix(1_795_000_000, 0)})
	for name, text := range map[string]string{
		"empty":               "",
		"without a MAC":       good[:strings.LastIndexByte(good, '.')],
		"of another user":     "x" + good,
		"with another time":   strings.Replace(good, ".1795000000.", ".1895000000.", 1),
		"of a dropped secret": knownBrowsers("b").Format(KnownBrowser{UserID: session}),
		"a refresh token":     refreshTokens("a").Format(RefreshToken{session, 1}),
		"too few parts":       codec.keys.sign("user.RANDOM.3"),
		"a version in words":  codec.keys.sign("user.RANDOM.three.1"),
		"a time in words":     codec.keys.sign("user.RANDOM.3.noon"),
		"of 16 kB":            strings.Repeat("x", 16<<10),
	} {
		if b, err := codec.Parse(text); !errors.Is(err, ErrInvalidKnownBrowser) || b != (KnownBrowser{}) {
			t.Errorf("%s: %+v, %v", name, b, err)
		}
	}
}
