package handlers

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
	"latchkey/models"
)

type jwksAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Keys []auth.JWK `json:"keys" nullable:"false"`
	}
}

func jwksDocs(op *huma.Operation) {
	op.Summary = "The public keys"
	op.Description = "The keys that verify access tokens, as a JWK set (RFC 7517): the one that signs, the next one, and those that " +
		"signed tokens which still live. Take the key whose `kid` is that of the token. With HS256 the list is empty: that key is a secret."
	op.Tags = []string{tagAuthentication}
}

// jwks answers with the public keys. They may be cached for as long as the
// next key is published before it signs.
func (h *Handler) jwks(context.Context, *struct{}) (*jwksAnswer, error) {
	answer := &jwksAnswer{CacheControl: fmt.Sprintf("public, max-age=%.0f", models.KeySetMaxAge.Seconds())}
	answer.Body.Keys = []auth.JWK{} // not null in JSON
	for _, key := range h.Issuer.Keys() {
		if key.JWK != nil {
			answer.Body.Keys = append(answer.Body.Keys, *key.JWK)
		}
	}
	return answer, nil
}
