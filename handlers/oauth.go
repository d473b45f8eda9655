package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
)

const formType = "application/x-www-form-urlencoded"

// Error codes of RFC 6749 5.2 and RFC 9449 5 and 8. The last two are from RFC 6749 4.1.2.1, since
// 5.2 has none for faults.
const (
	invalidRequest         = "invalid_request"
	invalidGrant           = "invalid_grant"
	unsupportedGrantType   = "unsupported_grant_type"
	invalidProof           = "invalid_dpop_proof"
	useNonce               = "use_dpop_nonce"
	serverError            = "server_error"
	temporarilyUnavailable = "temporarily_unavailable"
)

// oauthError is an error as OAuth 2.0 clients read it (RFC 6749 5.2).
type oauthError struct {
	Code        string `json:"error" enum:"invalid_request,invalid_grant,unsupported_grant_type,invalid_dpop_proof,use_dpop_nonce,server_error,temporarily_unavailable" example:"invalid_grant"`
	Description string `json:"error_description" example:"Incorrect username or password"`
	Detail      string `json:"detail" doc:"The same sentence as error_description" example:"Incorrect username or password"`
	status      int
}

// Error implements error.
func (e *oauthError) Error() string { return e.Code + ": " + e.Description }

func newOAuthError(status int, code, sentence string) *oauthError {
	return &oauthError{Code: code, Description: sentence, Detail: sentence, status: status}
}

// isForm reports whether the route of a request was added by form.
func (h *Handler) isForm(c echo.Context) bool {
	op := h.route(c, c.Request().Method)
	return op != nil && op.Metadata[formKey] != nil
}

// writeOAuthError writes a problem in the format of OAuth 2.0.
func writeOAuthError(c echo.Context, p *problem) error {
	e := oauthErrorOf(p)
	if e.status != http.StatusUnauthorized {
		p.challenge = ""
	}
	p.setHeaders(c)
	return c.JSON(e.status, e)
}

// oauthErrorOf translates a problem. A refresh token that is no longer valid is 400 (RFC 6749 5.2);
// wrong credentials are 401, which clients written for the tutorials expect.
func oauthErrorOf(p *problem) *oauthError {
	if e, is := errors.AsType[*oauthError](p.cause); is {
		return e
	}
	switch {
	case errors.Is(p.cause, models.ErrInvalidCredentials):
		return newOAuthError(http.StatusUnauthorized, invalidGrant, p.Detail)
	case errors.Is(p.cause, auth.ErrInvalidRefreshToken), errors.Is(p.cause, models.ErrSessionEnded):
		return newOAuthError(http.StatusBadRequest, invalidGrant, "The refresh token is not valid, or its session has ended. Log in again.")
	case errors.Is(p.cause, auth.ErrInvalidProof), errors.Is(p.cause, models.ErrWrongKey):
		return newOAuthError(http.StatusBadRequest, invalidProof, invalidProofDetail)
	case errors.Is(p.cause, auth.ErrStaleNonce):
		return newOAuthError(http.StatusBadRequest, useNonce, p.Detail)
	case p.Status == http.StatusUnauthorized: // a guard's
		return newOAuthError(p.Status, invalidRequest, p.Detail)
	case p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests:
		return newOAuthError(p.Status, temporarilyUnavailable, p.Detail)
	case p.Status < http.StatusInternalServerError:
		return newOAuthError(p.Status, invalidRequest, p.Detail)
	}
	return newOAuthError(p.Status, serverError, p.Detail)
}

// readForm reads a form as RFC 6749 3.2 demands: from the body only, each parameter at most once. A
// parameter that was not sent is empty.
func readForm(r *http.Request) (map[string]string, error) {
	if !hasMediaType(r, formType) {
		return nil, newOAuthError(http.StatusUnsupportedMediaType, invalidRequest, "Send the body as "+formType+".")
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, newOAuthError(http.StatusBadRequest, invalidRequest, "The body is not a valid form.")
	}
	form := map[string]string{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, newOAuthError(http.StatusBadRequest, invalidRequest, "The body contains a parameter more than once.")
		}
		if !utf8.ValidString(all[0]) || strings.ContainsRune(all[0], 0) {
			return nil, errText
		}
		form[name] = all[0]
	}
	return form, nil
}

// describeForm documents the body of an OAuth 2.0 endpoint.
func (h *Handler) describeForm(op *huma.Operation, form reflect.Type) {
	op.RequestBody = &huma.RequestBody{Required: true, Content: h.content(formType, form)}
}

// addOAuthResponses documents the failures that the OAuth 2.0 endpoints have in common.
func (h *Handler) addOAuthResponses(op *huma.Operation) {
	for status, sentence := range map[string]string{
		"400": "The form is incomplete, or the grant in it or the proof is refused. Or a proxy sent an invalid X-Forwarded-For.",
		"421": problemKindOf(errMisdirected).detail,
		"413": problemKindOf(errTooLarge).detail,
		"415": "The body is not a form.",
		"429": "There were too many attempts. `Retry-After` says how many seconds to wait.",
		"500": "An internal server error.",
		"503": "The server is busy, or its database is unavailable. `Retry-After` says how many seconds to wait.",
	} {
		op.Responses[status] = h.oauthResponse(sentence)
	}
	for status, response := range op.Responses {
		code, _ := strconv.Atoi(status)
		response.Headers = failureHeaders(code)
	}
}

// oauthResponse documents a response to a failure.
func (h *Handler) oauthResponse(sentence string) *huma.Response {
	return &huma.Response{Description: sentence, Content: h.content(jsonType, reflect.TypeFor[oauthError]())}
}
