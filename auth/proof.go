package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Errors of ProofVerifier.Verify.
var (
	// ErrInvalidProof means that a proof is missing where one is needed, or wrong in any way. The
	// error that wraps it says why: log that reason, but do not send it to the client.
	ErrInvalidProof = errors.New("invalid proof")

	// ErrProofAddress means that a proof was made for another address. It comes with ErrInvalidProof.
	ErrProofAddress = errors.New("htu is not the address of the request")

	// ErrStaleNonce means that a proof is right, except that it has no nonce or an old one. The client
	// should repeat the request with a new proof that contains ProofVerifier.Nonce.
	ErrStaleNonce = errors.New("the proof has no fresh nonce")
)

const (
	// proofType distinguishes proofs from all other JWTs (RFC 9449 4.2, RFC 8725 3.11).
	proofType = "dpop+jwt"

	maxProofLength   = 4096 // bytes; a proof has about 700
	maxProofIDLength = 256  // bytes of jti
)

// ProofVerifier verifies proofs of possession (DPoP, RFC 9449). A proof is a JWT that a client
// signs for one request, with a key that never leaves it. A session that is bound to the key is of
// no use to anyone who copies its tokens. It is safe for concurrent use.
type ProofVerifier struct {
	nonces macKeys
	parser *jwt.Parser
	now    func() time.Time
}

// NewProofVerifier returns a ProofVerifier whose nonces are made with the first secret and accepted
// from all of them. There must be at least one.
func NewProofVerifier(secrets []Secret, now func() time.Time) *ProofVerifier {
	return &ProofVerifier{
		nonces: newMACKeys(secrets, "latchkey nonce"),
		// The time is not checked: a browser's clock may be wrong. The nonce proves freshness.
		parser: jwt.NewParser(jwt.WithValidMethods([]string{ES256}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation()),
		now:    now,
	}
}

// ProofRequest is the request that a proof must be made for.
type ProofRequest struct {
	Method      string // such as POST
	Origin      string // scheme and host; with an empty scheme, as in //example.org, either is right
	Path        string // percent-encoded; one slash at its end does not matter
	AccessToken string // which the request carries; empty if it carries none
	NeedsNonce  bool   // if not set, the proof may lack a nonce, though not have a wrong one
}

// Verify checks a proof (RFC 9449 4.3) and returns the thumbprint of the key that made it (RFC
// 7638). It fails with ErrInvalidProof or ErrStaleNonce. It does not know which key was expected.
//
// A proof can be used again while its nonce is fresh: it is good for one method and path and, where
// a token is sent, for that token only. What iat and jti say is not compared with anything.
func (v *ProofVerifier) Verify(proof string, r ProofRequest) (thumbprint string, err error) {
	if len(proof) > maxProofLength || strings.ContainsAny(proof, "\r\n") { // base64.Strict ignores line breaks
		return "", fmt.Errorf("%w: it is too long or has a line break", ErrInvalidProof)
	}
	claims := jwt.MapClaims{}
	_, err = v.parser.ParseWithClaims(proof, claims, func(token *jwt.Token) (key any, err error) {
		key, thumbprint, err = proofKey(token.Header)
		return key, err
	})
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalidProof, reason(err))
	}
	if err := checkProofClaims(claims, r); err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalidProof, err)
	}
	if claims["nonce"] == nil && r.NeedsNonce {
		return "", ErrStaleNonce
	}
	if nonce, present := claims["nonce"]; present {
		text, _ := nonce.(string)
		if err := v.checkNonce(text); err != nil {
			return "", err
		}
	}
	return thumbprint, nil
}

// checkProofClaims checks that the claims have the right form and are those of the request.
func checkProofClaims(claims jwt.MapClaims, r ProofRequest) error {
	htm, _ := claims["htm"].(string)
	htu, _ := claims["htu"].(string)
	jti, _ := claims["jti"].(string)
	iat, isNumber := claims["iat"].(float64)
	_, hasTokenHash := claims["ath"]
	switch {
	case htm != r.Method:
		return errors.New("htm is not the method")
	case !r.isTarget(htu):
		return ErrProofAddress
	case jti == "" || len(jti) > maxProofIDLength:
		return errors.New("jti is missing or too long")
	case !isNumber || iat < 0 || iat > 253_402_300_799: // the end of the year 9999
		return errors.New("iat is missing or not a date")
	case r.AccessToken == "" && hasTokenHash:
		return errors.New("ath is present, but no access token")
	case r.AccessToken != "" && claims["ath"] != hashAccessToken(r.AccessToken):
		return errors.New("ath is not the hash of the access token")
	}
	return nil
}

// isTarget reports whether htu is the address of the request, whatever its query and fragment.
func (r ProofRequest) isTarget(htu string) bool {
	u, err := url.Parse(htu)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return false
	}
	scheme, host, _ := strings.Cut(r.Origin, "//")
	if scheme != "" && scheme != u.Scheme+":" {
		return false
	}
	defaultPort := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	normal := func(host string) string { return strings.TrimSuffix(strings.ToLower(host), defaultPort) }
	path := func(path string) string { return strings.TrimSuffix(path, "/") }
	return host != "" && normal(u.Host) == normal(host) && path(u.EscapedPath()) == path(r.Path)
}

// hashAccessToken returns the claim ath for a token (RFC 9449 4.2).
func hashAccessToken(token string) string {
	hash := sha256.Sum256([]byte(token))
	return encode(hash[:])
}

// proofKey returns the key in the header of a proof, and its thumbprint. The header may name no
// extension that must be understood, and the key must be a public one.
func proofKey(header map[string]any) (key *ecdsa.PublicKey, thumbprint string, err error) {
	if header["typ"] != proofType {
		return nil, "", headerError("typ is not " + proofType)
	}
	for _, name := range []string{"crit", "b64"} { // RFC 7515 4.1.11, RFC 7797
		if _, present := header[name]; present {
			return nil, "", headerError("it contains " + name)
		}
	}
	members, _ := header["jwk"].(map[string]any)
	public := []string{"kty", "crv", "x", "y", "alg", "use", "kid", "key_ops", "ext"}
	for name := range members {
		if !slices.Contains(public, name) {
			return nil, "", headerError("the key has a member that is private or unknown")
		}
	}
	if members["kty"] != "EC" || members["crv"] != "P-256" {
		return nil, "", headerError("the key is not on the curve P-256")
	}
	x, y := coordinate(members["x"]), coordinate(members["y"])
	key, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, "", headerError("the key is not a point on the curve P-256")
	}
	return key, JWK{KeyType: "EC", Curve: "P-256", X: encode(x), Y: encode(y)}.thumbprint(), nil
}

// coordinate decodes a coordinate of a point on P-256 (RFC 7518 6.2.1.2), or returns nil.
func coordinate(member any) []byte {
	text, _ := member.(string)
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) != 32 || encode(decoded) != text {
		return nil
	}
	return decoded
}
