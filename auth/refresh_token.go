package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrInvalidRefreshToken means that a text is not a refresh token made with one of the secrets in
// use.
var ErrInvalidRefreshToken = errors.New("invalid refresh token")

// RefreshToken is the content of a refresh token. The server can recreate the token from it, so the
// database stores nothing that could be presented as a token.
type RefreshToken struct {
	SessionID string
	Counter   int64 // 1 for the first token of the session, 1 more for each successor
}

// RefreshTokenCodec formats and parses refresh tokens. It is safe for concurrent use.
type RefreshTokenCodec struct{ keys [][]byte }

// NewRefreshTokenCodec returns a codec that formats with the first secret and parses with all of
// them. There must be at least one.
func NewRefreshTokenCodec(secrets []Secret) *RefreshTokenCodec {
	r := &RefreshTokenCodec{}
	for _, secret := range secrets {
		r.keys = append(r.keys, secret.derive("latchkey refresh token", sha256.Size))
	}
	return r
}

// Format returns the text of a token: SESSION.COUNTER.MAC.
func (r *RefreshTokenCodec) Format(token RefreshToken) string {
	text := token.SessionID + "." + strconv.FormatInt(token.Counter, 10)
	return text + "." + mac(r.keys[0], text)
}

// Parse returns the content of a token that Format returned. It fails with ErrInvalidRefreshToken.
// It does not know whether the session still exists or has a newer token.
func (r *RefreshTokenCodec) Parse(text string) (RefreshToken, error) {
	end := strings.LastIndexByte(text, '.')
	if end < 0 {
		return RefreshToken{}, fmt.Errorf("%w: it has no MAC", ErrInvalidRefreshToken)
	}
	signed, given := text[:end], text[end+1:]
	for _, key := range r.keys {
		if !hmac.Equal([]byte(given), []byte(mac(key, signed))) {
			continue
		}
		// The MAC proves that Format wrote this text.
		id, counter, _ := strings.Cut(signed, ".")
		n, err := strconv.ParseInt(counter, 10, 64)
		if err != nil {
			return RefreshToken{}, fmt.Errorf("%w: reading its counter: %w", ErrInvalidRefreshToken, err)
		}
		return RefreshToken{SessionID: id, Counter: n}, nil
	}
	return RefreshToken{}, fmt.Errorf("%w: its MAC matches no secret in use", ErrInvalidRefreshToken)
}

func mac(key []byte, text string) string {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return encode(hash.Sum(nil))
}
