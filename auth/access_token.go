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
	// ClientID is the client_id of every token: all clients count as one public client.
	ClientID = "latchkey"

	// tokenType distinguishes access tokens from all other JWTs (RFC 9068 2.1, RFC 8725 3.11).
	tokenType = "at+jwt"

	// Leeway is how far the clocks of two servers may differ. A token is accepted for this long after
	// its expiry.
	Leeway = 5 * time.Second
)

// ErrInvalidToken means that a text is not a valid access token of this issuer. The error that
// wraps it says why: log that reason, but do not send it to the client.
var ErrInvalidToken = errors.New("invalid access token")

// Claims is the content of an access token (RFC 9068 2.2). Name and Roles are as they were when the
// token was issued.
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

// keysInUse is a key set with the parser for its algorithms. The two are replaced together.
type keysInUse struct {
	KeySet
	parser *jwt.Parser
}

// IssuerOptions configures an Issuer. All fields are required.
type IssuerOptions struct {
	Keys     KeySet
	Issuer   string        // iss: the public URL
	Audience string        // aud
	TTL      time.Duration // lifetime of a token: whole seconds, at least 1s
	Now      func() time.Time
}

// NewIssuer returns an Issuer. It fails if an option is missing, because the JWT library does not
// check an issuer or audience that is empty.
func NewIssuer(o IssuerOptions) (*Issuer, error) {
	if o.Issuer == "" || o.Audience == "" || o.TTL < time.Second || o.Now == nil {
		return nil, errors.New("an issuer needs a name, an audience, a TTL of at least 1s and a clock")
	}
	i := &Issuer{options: o}
	if err := i.SetKeys(o.Keys); err != nil {
		return nil, err
	}
	return i, nil
}

// SetKeys replaces the keys that Issue and Parse use from their next call on. If keys is empty, it
// fails and changes nothing.
func (i *Issuer) SetKeys(keys KeySet) error {
	if len(keys) == 0 {
		return errors.New("an issuer needs at least one key")
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

// Audience returns the aud of every token.
func (i *Issuer) Audience() string { return i.options.Audience }

// Algorithm returns the alg of the tokens that Issue returns.
func (i *Issuer) Algorithm() string { return i.Keys()[0].method.Alg() }

// TTL returns the lifetime of an access token.
func (i *Issuer) TTL() time.Duration { return i.options.TTL }

// Issue returns a signed access token for the principal. Its times are whole seconds, because some
// verifiers cannot read fractions.
func (i *Issuer) Issue(p Principal) (string, error) {
	key, now := i.Keys()[0], i.options.Now()
	roles := p.Roles
	if roles == nil {
		roles = []string{} // [] in the token instead of null
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

// Parse returns the claims of an access token that this issuer signed and that has not expired. It
// does not know whether the user and the session still exist. Every error wraps ErrInvalidToken.
func (i *Issuer) Parse(text string) (*Claims, error) {
	if strings.ContainsAny(text, "\r\n") { // base64.Strict ignores line breaks
		return nil, fmt.Errorf("%w: it contains a line break", ErrInvalidToken)
	}
	var claims Claims
	keys := i.inUse.Load()
	if _, err := keys.parser.ParseWithClaims(text, &claims, keys.verificationKey); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalidToken, reason(err))
	}
	switch {
	case claims.Subject == "" || claims.SessionID == "":
		return nil, fmt.Errorf("%w: sub or sid is missing", ErrInvalidToken)
	case !isDate(claims.ExpiresAt) || !isDate(claims.NotBefore) || !isDate(claims.IssuedAt):
		return nil, fmt.Errorf("%w: exp, nbf or iat is out of range", ErrInvalidToken)
	}
	return &claims, nil
}

// headerError says what is wrong with the header of a token, in fixed words.
type headerError string

// Error implements error.
func (e headerError) Error() string { return string(e) }

// reason returns why the JWT library refused a token, without the details, which can repeat the
// token: text from anyone who cares to send it.
func reason(err error) error {
	if wrong, is := errors.AsType[headerError](err); is {
		return fmt.Errorf("%w: %w", jwt.ErrTokenUnverifiable, wrong)
	}
	for _, known := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenRequiredClaimMissing,
		jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience,
	} {
		if errors.Is(err, known) {
			return known
		}
	}
	return jwt.ErrTokenInvalidClaims
}

// isDate reports whether d is absent or in the years 1970 to 9999. Larger numbers overflow in the
// library: it takes an nbf of 1e308 to be in the past.
func isDate(d *jwt.NumericDate) bool {
	return d == nil || d.UTC().Year() >= 1970 && d.UTC().Year() <= 9999
}

// verificationKey checks the parts of the header that the library ignores, and returns the only key
// that may verify the signature.
func (s KeySet) verificationKey(token *jwt.Token) (any, error) {
	if typ, _ := token.Header["typ"].(string); typ != tokenType {
		return nil, headerError("typ is not " + tokenType)
	}
	// No extension that a verifier must understand is supported (RFC 7515 4.1.11, RFC 7797).
	for _, name := range []string{"crit", "b64"} {
		if _, present := token.Header[name]; present {
			return nil, headerError("it contains " + name)
		}
	}
	id, _ := token.Header["kid"].(string)
	key, found := s.find(token.Method.Alg(), id)
	if !found {
		return nil, headerError("no key has this kid and algorithm")
	}
	return key.public, nil
}
