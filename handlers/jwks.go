package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
	"latchkey/models"
)

type jwksResponse struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Keys []auth.JWK `json:"keys" nullable:"false"`
	}
}

func jwksDocs(op *huma.Operation) {
	op.Summary = "Get the key set"
	op.Description = "Returns the public keys that verify access tokens, as a JWK set (RFC 7517): the current key, the next one, and " +
		"earlier ones whose tokens have not expired. Use the key whose `kid` is that of the token.\n\n" +
		"With HS256 the set is empty, since that key is secret."
	op.Tags = []string{tagAuthentication}
}

// jwks returns the public keys. A cache may keep them for models.KeySetMaxAge, because the next key
// is published for longer than that before it signs, unless a rotation is forced or a stolen key is
// removed.
func (h *Handler) jwks(context.Context, *struct{}) (*jwksResponse, error) {
	out := &jwksResponse{CacheControl: fmt.Sprintf("public, max-age=%.0f", models.KeySetMaxAge.Seconds())}
	out.Body.Keys = []auth.JWK{} // not null in JSON
	for _, key := range h.issuer.Keys() {
		if key.JWK != nil {
			out.Body.Keys = append(out.Body.Keys, *key.JWK)
		}
	}
	return out, nil
}
