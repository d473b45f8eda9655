package auth

import (
	"fmt"
	"strconv"
	"time"
)

// nonceTTL is for how many minutes a nonce is accepted at least: as long as a page may take between
// a response and its next request, without a proof staying fresh for long.
const nonceTTL = 10

// Nonce returns the nonce of this minute, MINUTE.MAC, for the header DPoP-Nonce (RFC 9449 8).
// Nothing is stored: every server with the same secret accepts it.
func (v *ProofVerifier) Nonce() string {
	return v.nonces.sign(strconv.FormatInt(minute(v.now()), 10))
}

// checkNonce fails with ErrStaleNonce if a nonce of ours is no longer, or not yet, accepted, and
// with ErrInvalidProof if it is not ours. A nonce is not yet accepted after the clock was set back;
// one minute allows for clocks of servers that differ.
func (v *ProofVerifier) checkNonce(nonce string) error {
	signed, valid := v.nonces.open(nonce)
	issued, err := strconv.ParseInt(signed, 10, 64)
	if !valid || err != nil {
		return fmt.Errorf("%w: the nonce was not issued here", ErrInvalidProof)
	}
	if age := minute(v.now()) - issued; age < -1 || age > nonceTTL {
		return ErrStaleNonce
	}
	return nil
}

func minute(t time.Time) int64 { return t.Unix() / 60 }
