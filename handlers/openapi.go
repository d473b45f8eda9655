package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/static"
)

// Tags of the document, in reading order.
const (
	tagAuthentication = "Authentication"
	tagAccount        = "Your account"
	tagSamples        = "Samples"
	tagAdministration = "Administration"
	tagService        = "Service"
)

// errorsKey is where an operation's Metadata holds the errors that canFail added, a []error.
const errorsKey = "errors"

// newDocument returns the OpenAPI document without any operation.
func (h *Handler) newDocument() *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:   "Latchkey",
			Version: h.version,
			Description: "Log in, get an access token, and send it as a bearer token.\n\n" +
				"Errors are problem details (RFC 9457). Programs should act on the `type` of a problem and never on its " +
				"text. The `instance` of a problem contains the id of the request, which is also in the server's log.",
			License: &huma.License{Name: "MIT", Identifier: "MIT"},
			Contact: &huma.Contact{Name: "The operator of this server"},
		},
		Servers: []*huma.Server{{URL: "/"}},
		Tags: []*huma.Tag{
			{Name: tagAuthentication, Description: "Log in, renew the access token, log out."},
			{Name: tagAccount, Description: "Sign up, and manage your own user, password and sessions."},
			{Name: tagSamples, Description: "Resources that need a login: examples of how to guard your own."},
			{Name: tagAdministration, Description: "Manage users. Requires the role `admin`."},
			{Name: tagService, Description: "For the operator of the server, and for client libraries."},
		},
		Components: &huma.Components{
			SecuritySchemes: map[string]*huma.SecurityScheme{
				oauthScheme: {
					Type: "oauth2", Description: "Username and password, exchanged for an access token.",
					Flows: &huma.OAuthFlows{Password: &huma.OAuthFlow{
						TokenURL: "/token", Scopes: map[string]string{models.RoleAdmin: "Manage users"},
					}},
				},
				cookieScheme: {
					Type: "apiKey", In: "cookie", Name: h.documentedCookie(),
					Description: "The refresh cookie, which scripts cannot read.",
				},
				bearerScheme: {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token."},
				proofScheme: {
					Type: "apiKey", In: "header", Name: headerProof,
					Description: "A proof of possession (RFC 9449), made for this request with the key that the session is bound to. " +
						"Where it is listed, a session that is bound to a key needs it beside the access token. A session is bound if its login carried a proof.",
				},
			},
		},
		Security: bearerSecurity(), // of operations that state no other
	}
}

// encodeDocument encodes the document for openAPI. All operations have been added by then.
func (h *Handler) encodeDocument() error {
	schemas := h.api.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // Huma always adds its own errors, which no response contains
	delete(schemas, "ErrorDetail")
	document, err := json.Marshal(h.api.OpenAPI())
	if err != nil {
		return fmt.Errorf("encoding the OpenAPI document: %w", err)
	}
	h.document = static.NewFile("application/vnd.oai.openapi+json;version=3.1", document)
	return nil
}

// openAPI serves the document.
func (h *Handler) openAPI(c echo.Context) error { return servePrepared(c, h.document) }

// canFail documents errors that an operation can fail with. Their statuses and sentences are those
// of the table in problem_table.go. Errors of guards, bodies and the database need not be named;
// see addResponses.
func canFail(op *huma.Operation, errs ...error) {
	known, _ := op.Metadata[errorsKey].([]error)
	op.Metadata[errorsKey] = append(known, errs...)
}

// addResponses adds the responses to failures to the document: those of canFail, those that
// follow from the guard and the input of an operation, and those of middleware.
func (h *Handler) addResponses(op *huma.Operation, input reflect.Type) {
	if !isPublic(op) {
		canFail(op, errNoToken, auth.ErrInvalidToken, models.ErrSessionEnded)
		canFail(op, models.ErrUnavailable, context.DeadlineExceeded)
	}
	if slices.ContainsFunc(op.Security, needsProof) {
		canFail(op, auth.ErrInvalidProof, auth.ErrStaleNonce)
	}
	if slices.ContainsFunc(op.Security, needsRole) {
		canFail(op, errInsufficientScope)
	}
	if op.Metadata[sameOriginKey] != nil {
		canFail(op, errCrossOrigin)
	}
	if op.Method != http.MethodGet {
		canFail(op, errTooLarge, models.ErrStorageFull)
	}
	if _, hasBody := input.FieldByName("Body"); hasBody {
		canFail(op, errSyntax, errMediaType, errInvalidFields, models.ErrUnavailable, context.DeadlineExceeded)
	}
	if slices.ContainsFunc(reflect.VisibleFields(input), isQueryParameter) {
		canFail(op, errInvalidFields)
	}
	errs, _ := op.Metadata[errorsKey].([]error)
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	maps.Copy(op.Responses, h.failureResponses(errs))
}

func needsRole(alternative map[string][]string) bool { return len(alternative[oauthScheme]) > 0 }

func isQueryParameter(field reflect.StructField) bool { return field.Tag.Get("query") != "" }

// failureResponses describes responses to these errors, and to faults of the server, by status.
func (h *Handler) failureResponses(errs []error) map[string]*huma.Response {
	errs = append(errs, errForwardedFor, errMisdirected) // of middleware, which every operation has
	sentences := map[int][]string{http.StatusInternalServerError: {"An internal server error."}}
	responses := map[string]*huma.Response{}
	for _, r := range problemKinds() {
		if slices.ContainsFunc(errs, func(err error) bool { return problemKindOf(err) == r }) {
			sentences[r.status] = append(sentences[r.status], "`"+r.problemURI()+"`: "+r.detail)
		}
	}
	for status, of := range sentences {
		responses[strconv.Itoa(status)] = &huma.Response{
			Description: strings.Join(slices.Compact(of), "\n\n"),
			Content:     h.content(problemType, reflect.TypeFor[problem]()),
			Headers:     failureHeaders(status),
		}
	}
	return responses
}

// failureHeaders describes the headers of a response to a failure.
func failureHeaders(status int) map[string]*huma.Param {
	text := &huma.Schema{Type: huma.TypeString}
	switch status {
	case http.StatusUnauthorized:
		return map[string]*huma.Param{
			echo.HeaderWWWAuthenticate: {Description: "The challenge of RFC 6750, or of RFC 9449 for a proof.", Schema: text},
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return map[string]*huma.Param{
			echo.HeaderRetryAfter: {Description: "How many seconds to wait before trying again.", Schema: text},
		}
	}
	return nil
}

// content describes a body.
func (h *Handler) content(mediaType string, body reflect.Type) map[string]*huma.MediaType {
	schema := h.api.OpenAPI().Components.Schemas.Schema(body, true, "")
	return map[string]*huma.MediaType{mediaType: {Schema: schema}}
}
