package auth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// SetPasswordLinkTTL is how long a set-password link works.
const SetPasswordLinkTTL = 24 * time.Hour

// ErrInvalidLink means that a text was not made by SetPasswordLinkCodec with one of the secrets in
// use.
var ErrInvalidLink = errors.New("invalid set-password link")

// SetPasswordLink is the content of the token in a set-password link. Anyone who has the token can
// set the password of the user once.
type SetPasswordLink struct {
	UserID    string
	Version   int64     // the link version of the user; another version voids the link
	ExpiresAt time.Time // in whole seconds
}

// SetPasswordLinkCodec formats and parses the tokens of set-password links. It is safe for
// concurrent use.
type SetPasswordLinkCodec struct{ keys macKeys }

// NewSetPasswordLinkCodec returns a codec that formats with the first secret and parses with all of
// them. There must be at least one.
func NewSetPasswordLinkCodec(secrets []Secret) *SetPasswordLinkCodec {
	return &SetPasswordLinkCodec{newMACKeys(secrets, "latchkey set-password link")}
}

// Format returns the token of a link: USER.VERSION.SECONDS.MAC. A URL can contain it as it is.
func (c *SetPasswordLinkCodec) Format(l SetPasswordLink) string {
	return c.keys.sign(fmt.Sprintf("%s.%d.%d", l.UserID, l.Version, l.ExpiresAt.Unix()))
}

// URL returns the link itself, at the origin that people use. The token is in the fragment, which
// no browser sends, so that it reaches no log.
func (c *SetPasswordLinkCodec) URL(origin string, l SetPasswordLink) string {
	return origin + "/set-password#" + c.Format(l)
}

// Parse returns the content of a token that Format returned. It fails with ErrInvalidLink. It knows
// neither the time nor the user: the caller checks whether the link still works.
func (c *SetPasswordLinkCodec) Parse(token string) (SetPasswordLink, error) {
	signed, valid := c.keys.open(token)
	parts := strings.Split(signed, ".")
	if !valid || len(parts) != 3 {
		return SetPasswordLink{}, fmt.Errorf("%w: its MAC matches no secret in use", ErrInvalidLink)
	}
	version, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return SetPasswordLink{}, fmt.Errorf("%w: reading its version: %w", ErrInvalidLink, err)
	}
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return SetPasswordLink{}, fmt.Errorf("%w: reading its expiry: %w", ErrInvalidLink, err)
	}
	return SetPasswordLink{parts[0], version, time.Unix(seconds, 0).UTC()}, nil
}
