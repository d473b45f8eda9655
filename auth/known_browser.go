package auth

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// KnownBrowserTTL is how long a browser is known after a login.
const KnownBrowserTTL = 365 * 24 * time.Hour

// ErrInvalidKnownBrowser means that a text was not made by KnownBrowserCodec with one of the
// secrets in use.
var ErrInvalidKnownBrowser = errors.New("invalid known browser")

// KnownBrowser is the content of the cookie that a browser receives when a user logs in. It grants
// no access: it says that this browser is not a stranger's.
type KnownBrowser struct {
	UserID          string
	ID              string // random, without a dot
	PasswordVersion int    // of the user, when the cookie was made
	IssuedAt        time.Time
}

// KnownBrowserCodec formats and parses known browsers. It is safe for concurrent use.
type KnownBrowserCodec struct{ keys macKeys }

// NewKnownBrowserCodec returns a codec that formats with the first secret and parses with all of
// them. There must be at least one.
func NewKnownBrowserCodec(secrets []Secret) *KnownBrowserCodec {
	return &KnownBrowserCodec{newMACKeys(secrets, "latchkey known browser")}
}

// Format returns the text of a known browser: USER.ID.VERSION.SECONDS.MAC.
func (c *KnownBrowserCodec) Format(b KnownBrowser) string {
	return c.keys.sign(fmt.Sprintf("%s.%s.%d.%d", b.UserID, b.ID, b.PasswordVersion, b.IssuedAt.Unix()))
}

// Parse returns the content of a text that Format returned. It fails with ErrInvalidKnownBrowser.
// It does not know whether the browser is still known.
func (c *KnownBrowserCodec) Parse(text string) (KnownBrowser, error) {
	signed, valid := c.keys.open(text)
	parts := strings.Split(signed, ".")
	if !valid || len(parts) != 4 {
		return KnownBrowser{}, fmt.Errorf("%w: its MAC matches no secret in use", ErrInvalidKnownBrowser)
	}
	version, err := strconv.Atoi(parts[2])
	if err != nil {
		return KnownBrowser{}, fmt.Errorf("%w: reading its password version: %w", ErrInvalidKnownBrowser, err)
	}
	seconds, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return KnownBrowser{}, fmt.Errorf("%w: reading its time: %w", ErrInvalidKnownBrowser, err)
	}
	return KnownBrowser{parts[0], parts[1], version, time.Unix(seconds, 0).UTC()}, nil
}
