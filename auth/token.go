package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// ClientID is the client_id of every token: the page and the tutorials'
	// clients are one public client.
	ClientID = "latchkey"

	// tokenType tells access tokens from every other JWT (RFC 9068 2.1,
	// RFC 8725 3.11).
	tokenType = "at+jwt"

	// Leeway is how far the clocks of two replicas may differ, and so how much
	// longer than it says a token is accepted.
	Leeway = 5 * time.Second
)

// ErrInvalidToken tells that a text is not a valid access token of this
// issuer. The error around it says why; that is for the log alone.
var ErrInvalidToken = errors.New("invalid access token")

// Principal is who a verified request acts for, as the database has it now.
type Principal struct {
	UserID    string
	SessionID string
	Username  string
	Roles     []string
}

// HasRole tells whether the principal has the role.
func (p Principal) HasRole(role string) bool { return slices.Contains(p.Roles, role) }

// Claims is the content of an access token that others rely on (RFC 9068
// 2.2). What it says of name and roles was true when it was issued.
type Claims struct {
	jwt.RegisteredClaims
	ClientID  string   `json:"client_id"`
	SessionID string   `json:"sid"`
	Name      string   `json:"name"`
	Roles     []string `json:"roles"`
}

// Issuer issues and parses access tokens. It is safe for concurrent use.
type Issuer struct {
	options IssuerOptions
	inUse   atomic.Pointer[keysInUse]
}

// keysInUse is a key set and the parser for its algorithms: they change as one.
type keysInUse struct {
	KeySet
	parser *jwt.Parser
}

// IssuerOptions is what an Issuer needs; every field is required.
type IssuerOptions struct {
	Keys     KeySet
	Issuer   string        // iss: the public URL
	Audience string        // aud
	TTL      time.Duration // how long a token lives, in whole seconds
	Now      func() time.Time
}

// NewIssuer makes an Issuer. It fails when an option is missing, because the
// JWT library takes an empty issuer or audience as "do not check".
func NewIssuer(o IssuerOptions) (*Issuer, error) {
	if o.Issuer == "" || o.Audience == "" || o.TTL < time.Second || o.Now == nil {
		return nil, errors.New("an issuer needs an issuer, an audience, a TTL from 1s up and a clock")
	}
	i := &Issuer{options: o}
	if err := i.SetKeys(o.Keys); err != nil {
		return nil, err
	}
	return i, nil
}

// SetKeys changes the keys from the next call of Issue and Parse on. It fails
// when there are none, and leaves those before.
func (i *Issuer) SetKeys(keys KeySet) error {
	if len(keys) == 0 {
		return errors.New("an issuer needs keys")
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods(keys.algorithms()),
		jwt.WithIssuer(i.options.Issuer),
		jwt.WithAudience(i.options.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(Leeway),
		jwt.WithTimeFunc(i.options.Now),
		jwt.WithStrictDecoding(),
	)
	i.inUse.Store(&keysInUse{slices.Clone(keys), parser})
	return nil
}

// Keys returns the keys in use.
func (i *Issuer) Keys() KeySet { return i.inUse.Load().KeySet }

// TTL returns how long an access token lives.
func (i *Issuer) TTL() time.Duration { return i.options.TTL }

// Issue returns a signed access token for the principal. Its numbers are
// whole seconds, since not every verifier reads fractions.
func (i *Issuer) Issue(p Principal) (string, error) {
	key, now := i.Keys()[0], i.options.Now()
	roles := p.Roles
	if roles == nil {
		roles = []string{} // an empty list in the token, not null
	}
	token := jwt.NewWithClaims(key.method, jwt.MapClaims{
		"iss":       i.options.Issuer,
		"aud":       i.options.Audience,
		"sub":       p.UserID,
		"client_id": ClientID,
		"sid":       p.SessionID,
		"name":      p.Username,
		"roles":     roles,
		"iat":       now.Unix(),
		"exp":       now.Add(i.options.TTL).Unix(),
		"jti":       rand.Text(),
	})
	token.Header["typ"] = tokenType
	token.Header["kid"] = key.ID
	text, err := token.SignedString(key.private)
	if err != nil {
		return "", fmt.Errorf("signing an access token: %w", err)
	}
	return text, nil
}

// Parse returns the claims of an access token that this issuer signed and
// that has not expired. Whether its user and session still exist is not known
// here. All failures are ErrInvalidToken.
func (i *Issuer) Parse(text string) (*Claims, error) {
	if strings.ContainsAny(text, "\r\n") { // Go's base64 skips them, even a strict one
		return nil, fmt.Errorf("%w: it holds a line break", ErrInvalidToken)
	}
	var claims Claims
	keys := i.inUse.Load()
	if _, err := keys.parser.ParseWithClaims(text, &claims, keys.verificationKey); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidToken, err)
	}
	switch {
	case claims.Subject == "" || claims.SessionID == "":
		return nil, fmt.Errorf("%w: it names no user or no session", ErrInvalidToken)
	case !isDate(claims.ExpiresAt) || !isDate(claims.NotBefore) || !isDate(claims.IssuedAt):
		return nil, fmt.Errorf("%w: exp, nbf or iat is no date", ErrInvalidToken)
	}
	return &claims, nil
}

// isDate tells whether d is missing or within the years people write. Other
// numbers wrap around in the library: an nbf of 1e308 lies in the past.
func isDate(d *jwt.NumericDate) bool {
	return d == nil || d.UTC().Year() >= 1970 && d.UTC().Year() <= 9999
}

// verificationKey checks the header, which the library leaves to us, and
// names the one key the signature must be verified with.
func (s KeySet) verificationKey(token *jwt.Token) (any, error) {
	if typ, _ := token.Header["typ"].(string); typ != tokenType {
		return nil, errors.New("typ is not " + tokenType)
	}
	// Extensions that must be understood: none is (RFC 7515 4.1.11, RFC 7797).
	for _, name := range []string{"crit", "b64"} {
		if _, present := token.Header[name]; present {
			return nil, fmt.Errorf("the header holds %s", name)
		}
	}
	id, _ := token.Header["kid"].(string)
	key, found := s.find(token.Method.Alg(), id)
	if !found {
		return nil, errors.New("no key has this kid and algorithm")
	}
	return key.public, nil
}
