package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
)

type metadataResponse struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Issuer                string   `json:"issuer" example:"https://login.example.org"`
		TokenEndpoint         string   `json:"token_endpoint" example:"https://login.example.org/token"`
		RevocationEndpoint    string   `json:"revocation_endpoint" example:"https://login.example.org/revoke"`
		KeySet                string   `json:"jwks_uri" example:"https://login.example.org/.well-known/jwks.json"`
		GrantTypes            []string `json:"grant_types_supported" nullable:"false"`
		ResponseTypes         []string `json:"response_types_supported" nullable:"false" doc:"Empty: there is no authorization endpoint"`
		TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported" nullable:"false"`
		RevocationAuthMethods []string `json:"revocation_endpoint_auth_methods_supported" nullable:"false"`
		ProofAlgorithms       []string `json:"dpop_signing_alg_values_supported" nullable:"false"`
	}
}

func metadataDocs(op *huma.Operation) {
	op.Summary = "Get the server's metadata"
	op.Description = "Returns the URLs and capabilities of the OAuth 2.0 endpoints (RFC 8414)."
	op.Tags = []string{tagService}
}

// metadata returns what OAuth 2.0 clients need to find the endpoints.
func (h *Handler) metadata(context.Context, *struct{}) (*metadataResponse, error) {
	out := &metadataResponse{CacheControl: "public, max-age=300"}
	b := &out.Body
	b.Issuer = h.publicURL
	b.TokenEndpoint = h.publicURL + "/token"
	b.RevocationEndpoint = h.publicURL + "/revoke"
	b.KeySet = h.publicURL + "/.well-known/jwks.json"
	b.GrantTypes = []string{"refresh_token"}
	if h.passwordGrant {
		b.GrantTypes = []string{"password", "refresh_token"}
	}
	b.ResponseTypes = []string{}
	b.TokenAuthMethods = []string{"none"}
	b.RevocationAuthMethods = []string{"none"}
	b.ProofAlgorithms = []string{auth.ES256}
	return out, nil
}
