package auth

import (
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
type RefreshTokenCodec struct{ keys macKeys }

// NewRefreshTokenCodec returns a codec that formats with the first secret and parses with all of
// them. There must be at least one.
func NewRefreshTokenCodec(secrets []Secret) *RefreshTokenCodec {
	return &RefreshTokenCodec{newMACKeys(secrets, "latchkey refresh token")}
}

// Format returns the text of a token: SESSION.COUNTER.MAC.
func (r *RefreshTokenCodec) Format(token RefreshToken) string {
	return r.keys.sign(token.SessionID + "." + strconv.FormatInt(token.Counter, 10))
}

// Parse returns the content of a token that Format returned. It fails with ErrInvalidRefreshToken.
// It does not know whether the session still exists or has a newer token.
func (r *RefreshTokenCodec) Parse(text string) (RefreshToken, error) {
	signed, valid := r.keys.open(text)
	if !valid {
		return RefreshToken{}, fmt.Errorf("%w: its MAC matches no secret in use", ErrInvalidRefreshToken)
	}
	id, counter, _ := strings.Cut(signed, ".") // the MAC proves that Format wrote this text
	n, err := strconv.ParseInt(counter, 10, 64)
	if err != nil {
		return RefreshToken{}, fmt.Errorf("%w: reading its counter: %w", ErrInvalidRefreshToken, err)
	}
	return RefreshToken{SessionID: id, Counter: n}, nil
}
