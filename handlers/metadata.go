package handlers

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

type metadataAnswer struct {
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
	}
}

func metadataDocs(op *huma.Operation) {
	op.Summary = "Where the endpoints are"
	op.Description = "The metadata of OAuth2 (RFC 8414), open to all origins."
	op.Tags = []string{tagService}
}

// metadata answers where an OAuth2 client finds what.
func (h *Handler) metadata(context.Context, *struct{}) (*metadataAnswer, error) {
	answer := &metadataAnswer{CacheControl: "public, max-age=300"}
	b := &answer.Body
	b.Issuer = h.PublicURL
	b.TokenEndpoint = h.PublicURL + "/token"
	b.RevocationEndpoint = h.PublicURL + "/revoke"
	b.KeySet = h.PublicURL + "/.well-known/jwks.json"
	b.GrantTypes = []string{"refresh_token"}
	if h.PasswordGrant {
		b.GrantTypes = []string{"password", "refresh_token"}
	}
	b.ResponseTypes = []string{}
	b.TokenAuthMethods = []string{"none"}
	b.RevocationAuthMethods = []string{"none"}
	return answer, nil
}
