package auth

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

func links(secrets ...string) *SetPasswordLinkCodec {
	return NewSetPasswordLinkCodec(testSecrets(secrets...))
}

func TestSetPasswordLinkCanBeParsed(t *testing.T) {
	t.Parallel()
	want := SetPasswordLink{UserID: session, Version: 3, ExpiresAt: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	got, err := links("a").Parse(links("a").Format(want))
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = links("b", "a").Parse(links("a").Format(want)); err != nil {
		t.Errorf("of an older secret: %v", err)
	}
}

func TestTokenIsTheFragmentOfTheLink(t *testing.T) {
	t.Parallel()
	link := SetPasswordLink{UserID: session, Version: 3, ExpiresAt: time.Unix(1_795_000_000, 0)}
	u, err := url.Parse(links("a").URL("https://login.example.org", link))
	if err != nil || u.Path != "/set-password" || u.RawQuery != "" || u.Host != "login.example.org" {
		t.Errorf("%v, %v", u, err)
	}
	if want := links("a").Format(link); u.EscapedFragment() != want {
		t.Errorf("the fragment is %s, want %s", u.EscapedFragment(), want)
	}
}

func TestAlteredSetPasswordLinkIsInvalid(t *testing.T) {
	t.Parallel()
	codec := links("a")
	good := codec.Format(SetPasswordLink{UserID: session, Version: 3, ExpiresAt: time.Unix(1_795_000_000, 0)})
	for name, token := range map[string]string{
		"empty":               "",
		"without a MAC":       good[:strings.LastIndexByte(good, '.')],
		"with half a MAC":     good[:len(good)-20],
		"of another user":     "x" + good,
		"of another version":  strings.Replace(good, ".3.", ".4.", 1),
		"with another expiry": strings.Replace(good, ".1795000000.", ".1895000000.", 1),
		"of a dropped secret": links("b").Format(SetPasswordLink{UserID: session}),
		"a refresh token":     refreshTokens("a").Format(RefreshToken{session, 1}),
		"a known browser":     knownBrowsers("a").Format(KnownBrowser{UserID: session}),
		"too few parts":       codec.keys.sign("user.3"),
		"too many parts":      codec.keys.sign("user.3.1795000000.1"),
		"a version in words":  codec.keys.sign("user.three.1795000000"),
		"an expiry in words":  codec.keys.sign("user.3.noon"),
		"of 16 kB":            strings.Repeat("x", 16<<10),
	} {
		if link, err := codec.Parse(token); !errors.Is(err, ErrInvalidLink) || link != (SetPasswordLink{}) {
			t.Errorf("%s: %+v, %v", name, link, err)
		}
	}
	if _, err := refreshTokens("a").Parse(good); err == nil {
		t.Error("a link is accepted as a refresh token")
	}
	if _, err := knownBrowsers("a").Parse(good); err == nil {
		t.Error("a link is accepted as a known browser")
	}
}
