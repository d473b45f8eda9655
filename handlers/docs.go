package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/models"
	"latchkey/views"
)

// Tags of the document, in reading order.
const (
	tagAuthentication = "Authentication"
	tagUsers          = "Your user"
	tagSamples        = "Samples"
	tagAdministration = "Administration"
	tagService        = "Service"
)

// newDocument is the OpenAPI document before the operations come into it.
func (h *Handler) newDocument() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:   "Latchkey",
			Version: h.Version,
			Description: "Log in, get an access token, and use it as a bearer. Errors are problem details (RFC 9457) " +
				"whose `instance` holds the id of the request, which is in the log too.",
			License: &huma.License{Name: "MIT", Identifier: "MIT"},
			Contact: &huma.Contact{Name: "Who runs this server"},
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: tagAuthentication, Description: "From a password to a token, and back to nothing."},
			{Name: tagUsers, Description: "Sign up, and see who you are."},
			{Name: tagSamples, Description: "Resources that need a login: the example of how to guard your own."},
			{Name: tagAdministration, Description: "Manage users, with the role `admin`."},
			{Name: tagService, Description: "For whoever runs the server."},
		},
		Components: &huma.Components{
			SecuritySchemes: map[string]*huma.SecurityScheme{
				oauthName: {
					Type: "oauth2", Description: "User name and password, exchanged for an access token.",
					Flows: &huma.OAuthFlows{Password: &huma.OAuthFlow{TokenURL: "/token", Scopes: map[string]string{models.RoleAdmin: "Manage users"}}},
				},
				cookieName: {Type: "apiKey", In: "cookie", Name: h.cookieName(), Description: "The refresh cookie, which no script can read."},
				bearerName: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token."},
			},
		},
		Security: bearer(), // what an operation needs that does not say otherwise
	}
}

// addAnswers adds to an operation's document what every operation of its kind
// can answer.
func addAnswers(op *huma.Operation, request reflect.Type) {
	op.Errors = append(op.Errors, http.StatusInternalServerError)
	if !isPublic(op) {
		op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusServiceUnavailable)
	}
	if len(op.Security) > 0 {
		op.Errors = append(op.Errors, http.StatusForbidden)
	}
	if _, takesBody := request.FieldByName("Body"); takesBody {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	} else if request.NumField() > 0 {
		op.Errors = append(op.Errors, http.StatusUnprocessableEntity)
	}
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
}

// openAPI returns the handler of the document, which does not change any more.
func (h *Handler) openAPI() (echo.HandlerFunc, error) {
	document, err := json.Marshal(h.api.OpenAPI())
	if err != nil {
		return nil, fmt.Errorf("writing the OpenAPI document: %w", err)
	}
	return func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/vnd.oai.openapi+json;version=3.1", document)
	}, nil
}

// docsPage is the document to try out. Swagger UI writes HTML with innerHTML
// and draws icons from data URLs, so this page alone has a policy without
// Trusted Types; scripts still come from here alone.
func (h *Handler) docsPage(c echo.Context) error {
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, docsSecurityPolicy)
	return h.render(c, http.StatusOK, views.Docs(views.DocsPage{Page: h.page("API")}))
}
