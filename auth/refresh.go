package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrInvalidRefreshToken tells that a text is not a refresh token that was
// made here with one of the secrets in use.
var ErrInvalidRefreshToken = errors.New("invalid refresh token")

// RefreshToken is what a refresh token says: the session it belongs to and its
// place in the row of that session's tokens. Nothing else is in it, so it can
// be made again, and nothing of it needs storing but the two.
type RefreshToken struct {
	SessionID string
	Counter   int64 // from 1 up
}

// RefreshTokens writes and reads refresh tokens. It is safe for concurrent use.
type RefreshTokens struct{ keys [][]byte }

// NewRefreshTokens makes RefreshTokens of secrets: the first writes, all read.
func NewRefreshTokens(secrets []Secret) *RefreshTokens {
	r := &RefreshTokens{}
	for _, secret := range secrets {
		r.keys = append(r.keys, secret.derive("latchkey refresh token", sha256.Size))
	}
	return r
}

// Format returns the text of a token: SESSION.COUNTER.MAC.
func (r *RefreshTokens) Format(token RefreshToken) string {
	text := token.SessionID + "." + strconv.FormatInt(token.Counter, 10)
	return text + "." + mac(r.keys[0], text)
}

// Parse returns the token that text is. It fails with ErrInvalidRefreshToken.
// Whether the session still lives, and whether this is its newest token, is
// not known here.
func (r *RefreshTokens) Parse(text string) (RefreshToken, error) {
	end := strings.LastIndexByte(text, '.')
	if end < 0 {
		return RefreshToken{}, fmt.Errorf("%w: it has no MAC", ErrInvalidRefreshToken)
	}
	signed, given := text[:end], text[end+1:]
	for _, key := range r.keys {
		if !hmac.Equal([]byte(given), []byte(mac(key, signed))) {
			continue
		}
		// Only Format wrote this text, so it has its form.
		id, counter, _ := strings.Cut(signed, ".")
		n, err := strconv.ParseInt(counter, 10, 64)
		if err != nil {
			return RefreshToken{}, fmt.Errorf("%w: reading its counter: %w", ErrInvalidRefreshToken, err)
		}
		return RefreshToken{SessionID: id, Counter: n}, nil
	}
	return RefreshToken{}, fmt.Errorf("%w: no secret in use made it", ErrInvalidRefreshToken)
}

func mac(key []byte, text string) string {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil))
}
