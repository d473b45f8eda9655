package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
)

// Headers of RFC 9449.
const (
	headerProof = "DPoP"       // of a request: a proof
	headerNonce = "DPoP-Nonce" // of a response: the nonce for the next proof
)

// readsProof lets requests carry a proof of possession, and refuses a wrong one. An operation whose
// guard may need a proof does so by itself. The proof may lack a nonce.
func readsProof(op *huma.Operation) {
	op.Metadata[readsProofKey] = true
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: headerProof, In: "header",
		Description: "A proof of possession (RFC 9449) of the key that the session is, or is to be, bound to.",
		Schema:      &huma.Schema{Type: huma.TypeString},
	})
	canFail(op, auth.ErrInvalidProof, auth.ErrStaleNonce)
}

// readsFreshProof is readsProof for proofs that need a nonce.
func readsFreshProof(op *huma.Operation) {
	readsProof(op)
	op.Metadata[needsNonceKey] = true
}

// acceptsProof reports whether an operation reads a proof. Any other ignores it.
func acceptsProof(op *huma.Operation) bool {
	return op.Metadata[readsProofKey] != nil || slices.ContainsFunc(op.Security, needsProof)
}

func needsProof(alternative map[string][]string) bool {
	_, needs := alternative[proofScheme]
	return needs
}

// verifyProof returns the thumbprint of the key that made the proof of a request to op. It is empty
// if the request has no proof, or if op does not accept one. It fails with auth.ErrInvalidProof or
// auth.ErrStaleNonce.
func (h *Handler) verifyProof(r *http.Request, op *huma.Operation) (thumbprint string, err error) {
	proofs := r.Header.Values(headerProof)
	if len(proofs) == 0 || !acceptsProof(op) {
		return "", nil
	}
	if len(proofs) > 1 {
		return "", fmt.Errorf("%w: there are %d DPoP headers", auth.ErrInvalidProof, len(proofs))
	}
	token, err := bearerToken(r.Header.Values(echo.HeaderAuthorization))
	if err != nil && !errors.Is(err, errNoToken) {
		return "", fmt.Errorf("%w: %w", auth.ErrInvalidProof, err)
	}
	thumbprint, err = h.proofs.Verify(proofs[0], auth.ProofRequest{
		Method: r.Method, Origin: h.proofOrigin(r), Path: r.URL.EscapedPath(), AccessToken: token,
		NeedsNonce: op.Metadata[needsNonceKey] != nil || !isPublic(op),
	})
	if errors.Is(err, auth.ErrProofAddress) && !h.publicURLSet {
		h.warnOfAddress.Do(func() {
			h.log.Warn("refused a proof that was made for another address than the request came to; " +
				"if your proxy changes the Host header, no browser can log in: " +
				"set PUBLIC_URL to the address that people use")
		})
	}
	return thumbprint, err
}

// proofOrigin returns the origin that a proof must name. Unless the operator has set one, only its
// host is known: a proxy may have received the request over https.
func (h *Handler) proofOrigin(r *http.Request) string {
	if h.publicURLSet {
		return h.publicURL
	}
	return "//" + r.Host
}

// offerNonce sends the client a nonce for its next proof.
func (h *Handler) offerNonce(c echo.Context) {
	c.Response().Header().Set(headerNonce, h.proofs.Nonce())
}

// describeNonce documents that every response can have a nonce, if the operation reads proofs or
// the access token of a session that may be bound.
func describeNonce(op *huma.Operation) {
	if isPublic(op) && !acceptsProof(op) {
		return
	}
	for _, response := range op.Responses {
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		response.Headers[headerNonce] = &huma.Param{
			Description: "The nonce for the next proof. Sent to clients that use proofs.",
			Schema:      &huma.Schema{Type: huma.TypeString},
		}
	}
}
