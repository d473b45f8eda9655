package auth

import (
	"errors"
	"strings"
	"testing"
)

const session = "01a20018-5e1f-7ef3-ad08-433b1f44e33c"

// testSecrets returns a secret for each text, which it repeats.
func testSecrets(texts ...string) (secrets []Secret) {
	for _, text := range texts {
		secrets = append(secrets, Secret(strings.Repeat(text, MinSecretLength)))
	}
	return secrets
}

func refreshTokens(secrets ...string) *RefreshTokenCodec {
	return NewRefreshTokenCodec(testSecrets(secrets...))
}

func TestRefreshTokenCanBeParsedAndMadeAgain(t *testing.T) {
	t.Parallel()
	tokens := refreshTokens("a")
	for _, counter := range []int64{1, 2, 1 << 62} {
		want := RefreshToken{session, counter}
		text := tokens.Format(want)
		got, err := tokens.Parse(text)
		if err != nil || got != want {
			t.Errorf("%d: %v, %v", counter, got, err)
		}
		if tokens.Format(want) != text {
			t.Errorf("%d: formatting it again gives another text", counter)
		}
	}
}

func TestRefreshTokensOfADroppedSecretAreInvalid(t *testing.T) {
	t.Parallel()
	text := refreshTokens("a").Format(RefreshToken{session, 7})
	for name, row := range map[string]struct {
		tokens *RefreshTokenCodec
		valid  bool
	}{
		"the same secret":  {refreshTokens("a"), true},
		"an older secret":  {refreshTokens("b", "a"), true},
		"a dropped secret": {refreshTokens("b"), false},
		"no secret":        {refreshTokens(), false},
	} {
		_, err := row.tokens.Parse(text)
		if (err == nil) != row.valid || err != nil && !errors.Is(err, ErrInvalidRefreshToken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlteredRefreshTokensAreInvalid(t *testing.T) {
	t.Parallel()
	tokens := refreshTokens("a")
	good := tokens.Format(RefreshToken{session, 7})
	parts := strings.Split(good, ".")
	texts := map[string]string{
		"empty":             "",
		"a dot":             ".",
		"dots":              "..",
		"cut":               good[:len(good)-1],
		"extended":          good + "A",
		"another session":   strings.Replace(good, "01a2", "01a3", 1),
		"another counter":   parts[0] + ".8." + parts[2],
		"huge counter":      parts[0] + ".99999999999999999999." + parts[2],
		"negative counter":  parts[0] + ".-7." + parts[2],
		"counter with plus": parts[0] + ".+7." + parts[2],
		"leading zero":      parts[0] + ".07." + parts[2],
		"no counter":        parts[0] + "." + parts[2],
		"no session":        "." + parts[1] + "." + parts[2],
		"no MAC":            parts[0] + ".7.",
		"padded MAC":        good + "=",
		"line break":        good + "\n",
		"3 MB":              strings.Repeat(good, 30000),
	}
	for i := range good {
		texts["byte "+good[:i]] = good[:i] + string(good[i]^1) + good[i+1:]
	}
	for name, text := range texts {
		if token, err := tokens.Parse(text); !errors.Is(err, ErrInvalidRefreshToken) || token != (RefreshToken{}) {
			t.Errorf("%s: %v, %v", name, token, err)
		}
	}
}

// The raw secret signs access tokens. Refresh tokens have a derived key.
func TestRawSecretDoesNotMakeRefreshTokens(t *testing.T) {
	t.Parallel()
	secret := Secret(strings.Repeat("a", 40))
	text := session + ".7"
	forged := text + "." + mac(secret, text)
	if _, err := NewRefreshTokenCodec([]Secret{secret}).Parse(forged); err == nil {
		t.Error("a MAC with the raw secret is valid")
	}
}

func FuzzParseRefreshToken(f *testing.F) {
	tokens := refreshTokens("a", "b")
	f.Add(tokens.Format(RefreshToken{session, 1}))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		if token, err := tokens.Parse(text); err == nil && tokens.Format(token) != text {
			t.Errorf("%q was accepted, but Format never returns it", text)
		}
	})
}
