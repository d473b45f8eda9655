package auth

import (
	"errors"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

func TestNonceIsAcceptedForTenMinutes(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		passes time.Duration // between the nonce and the proof
		want   error
	}{
		"at once":                           {0, nil},
		"after ten minutes":                 {10 * time.Minute, nil},
		"after eleven minutes":              {11 * time.Minute, ErrStaleNonce},
		"after a day":                       {24 * time.Hour, ErrStaleNonce},
		"a server's clock is a minute late": {-time.Minute, nil},
		"the clock was set back by an hour": {-time.Hour, ErrStaleNonce},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, clock := newVerifier("a")
			nonce := v.Nonce()
			clock.Advance(row.passes)
			_, err := v.Verify(authtest.NewProver(t).Prove("PATCH", proofURL, nonce, someToken), proofRequest())
			if !errors.Is(err, row.want) || errors.Is(err, ErrInvalidProof) {
				t.Errorf("error is %v, want %v", err, row.want)
			}
		})
	}
}

func TestProofNeedsANonceOnlyWhereTheRequestDoes(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier("a")
	r := proofRequest()
	proof := authtest.NewProver(t).Prove("PATCH", proofURL, "", someToken)
	_, err := v.Verify(proof, r)
	if !errors.Is(err, ErrStaleNonce) || errors.Is(err, ErrInvalidProof) {
		t.Errorf("error is %v, want %v", err, ErrStaleNonce)
	}
	r.NeedsNonce = false
	_, err = v.Verify(proof, r)
	authtest.Must(t, err)
}

// Only a proof that is right otherwise is worth repeating with a new nonce.
func TestProofThatIsWrongIsInvalidWhateverItsNonce(t *testing.T) {
	t.Parallel()
	v, clock := newVerifier("a")
	stale := v.Nonce()
	clock.Advance(time.Hour)
	for _, nonce := range []string{"", stale, v.Nonce()} {
		wantInvalidProof(t, v, authtest.NewProver(t).Prove("POST", proofURL, nonce, someToken))
	}
}

func TestNonceOfAnOlderSecretIsAccepted(t *testing.T) {
	t.Parallel()
	before, clock := newVerifier("a")
	after := NewProofVerifier(testSecrets("b", "a"), clock.Now)
	_, err := after.Verify(authtest.NewProver(t).Prove("PATCH", proofURL, before.Nonce(), someToken), proofRequest())
	authtest.Must(t, err)
	if before.Nonce() == after.Nonce() {
		t.Error("the newest secret makes no nonces")
	}
}
