package handlers

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
)

// The security schemes of the OpenAPI document.
const (
	bearerScheme = "bearer" // an access token
	oauthScheme  = "oauth2" // the same, and how Swagger UI and OAuth 2.0 clients obtain one
	cookieScheme = "cookie" // the refresh cookie
	proofScheme  = "dpop"   // a proof of the key that the session is bound to
)

// guard sets who may use a route, as the Security of its operation. enforceGuard reads the same
// field that the OpenAPI document shows, so the two cannot differ.
type guard func(*huma.Operation)

// public admits everyone.
func public(op *huma.Operation) { op.Security = []map[string][]string{} }

func isPublic(op *huma.Operation) bool { return op.Security != nil && len(op.Security) == 0 }

// bearer admits requests with a valid access token.
func bearer(op *huma.Operation) { op.Security = bearerSecurity() }

// bearerSecurity is the default security requirement: an access token, obtained either way.
func bearerSecurity() []map[string][]string {
	return []map[string][]string{{oauthScheme: {}}, {bearerScheme: {}}}
}

// bearerWithProof admits requests with a valid access token. If its session is bound to a key, they
// need a proof of that key as well.
func bearerWithProof(op *huma.Operation) { op.Security = withProof(bearerSecurity()) }

// role admits requests that bearerWithProof admits, of a user with this role. The document shows
// roles as scopes, which it knows for OAuth 2.0 only; the token is the same.
//
//nolint:unparam // our own routes need one role only; README says how to add others
func role(name string) guard {
	return func(op *huma.Operation) { op.Security = withProof([]map[string][]string{{oauthScheme: {name}}}) }
}

// withProof returns a security requirement with two versions of each alternative: with a proof, for
// sessions that are bound to a key, and without, for the others. See permits.
func withProof(security []map[string][]string) []map[string][]string {
	var proven []map[string][]string
	for _, alternative := range security {
		alternative = maps.Clone(alternative)
		alternative[proofScheme] = []string{}
		proven = append(proven, alternative)
	}
	return append(proven, security...)
}

// bearerOrCookie admits requests with a valid access token or refresh cookie. It implies
// sameOrigin, since browsers add cookies to requests that other sites cause.
func bearerOrCookie(op *huma.Operation) {
	sameOrigin(op)
	op.Security = append(bearerSecurity(), map[string][]string{cookieScheme: {}})
}

// sameOrigin refuses requests that a browser sends for a page of another origin.
func sameOrigin(op *huma.Operation) { op.Metadata[sameOriginKey] = true }

// enforceGuard lets a request reach its handler only if the guard of the route admits it. It fails
// closed: a route without Security needs a bearer, and a route that was not added with a guard does
// not exist.
func (h *Handler) enforceGuard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if len(c.Request().Header.Values(headerProof)) > 0 {
			h.offerNonce(c)
		}
		op := h.route(c, c.Request().Method)
		if op == nil && otherMethodsExist(c) {
			return next(c) // Echo answers: 405, or 204 to OPTIONS
		} else if op == nil {
			return echo.ErrNotFound
		}
		c.Set(operationKey, op)
		if op.Metadata[sameOriginKey] != nil {
			if err := h.checkOrigin(c.Request(), op); err != nil {
				return err
			}
		}
		from, err := h.admit(c, op)
		if err != nil {
			return err
		}
		c.Set(callerKey, from)
		return next(c)
	}
}

// admit returns the sender of a request to op, or the first reason to refuse it: the access token,
// then the proof, then the role. It offers a nonce to clients that use proofs.
func (h *Handler) admit(c echo.Context, op *huma.Operation) (from caller, err error) {
	var p auth.Principal
	if !isPublic(op) {
		if p, err = h.authenticate(c.Request(), op); err != nil {
			return caller{}, err
		}
		c.Set(userKey, p.UserID)
		if p.KeyThumbprint != "" {
			h.offerNonce(c)
		}
	}
	provenKey, err := h.verifyProof(c.Request(), op)
	if err != nil {
		return caller{}, err
	}
	if !isPublic(op) {
		if err := permits(op.Security, p, provenKey); err != nil {
			return caller{}, err
		}
	}
	return h.newCaller(c, p, provenKey), nil
}

// checkOrigin fails with errCrossOrigin if a page of another origin may have caused the request. A
// browser that is too old to send Origin or Sec-Fetch-Site can still be made to send a form, so a
// request that neither header vouches for must not look like one. Operations with a body need no
// such rule, since their bodies are never those of forms.
func (h *Handler) checkOrigin(r *http.Request, op *huma.Operation) error {
	if err := h.origin.Check(r); err != nil {
		return fmt.Errorf("%w: %w", errCrossOrigin, err)
	}
	vouched := r.Header.Get(echo.HeaderOrigin) != "" || r.Header.Get("Sec-Fetch-Site") != ""
	if op.RequestBody == nil && !vouched && mayBeForm(r) {
		return fmt.Errorf("%w: it may be a form", errCrossOrigin)
	}
	return nil
}

// mayBeForm reports whether an HTML form can have sent the Content-Type of a request.
func mayBeForm(r *http.Request) bool {
	mediaType, _, _ := strings.Cut(r.Header.Get(echo.HeaderContentType), ";")
	return slices.Contains([]string{formType, "multipart/form-data", "text/plain"}, strings.ToLower(strings.TrimSpace(mediaType)))
}

// operationKey is where an Echo context holds the operation of the route, a *huma.Operation.
const operationKey = "operation"

// authenticate returns the principal of a request to op.
func (h *Handler) authenticate(r *http.Request, op *huma.Operation) (auth.Principal, error) {
	p, err := h.bearerPrincipal(r)
	if err != nil && acceptsCookie(op) {
		return h.cookiePrincipal(r, err)
	}
	return p, err
}

// permits returns nil if a principal, who has proven a key, meets one of the alternatives of a
// security requirement. It fails with auth.ErrInvalidProof or errInsufficientScope. If there are
// alternatives with a proof, they are the only ones for a session that is bound to a key. An
// unknown scheme admits nobody.
func permits(security []map[string][]string, p auth.Principal, provenKey string) error {
	if security == nil {
		security = bearerSecurity()
	}
	bound := p.KeyThumbprint != "" && slices.ContainsFunc(security, needsProof)
	if bound && provenKey != p.KeyThumbprint {
		return fmt.Errorf("%w: session %s is bound to another key than %q", auth.ErrInvalidProof, p.SessionID, provenKey)
	}
	lacks := func(role string) bool { return !p.HasRole(role) }
	met := func(alternative map[string][]string) bool {
		for scheme, roles := range alternative {
			if !slices.Contains([]string{bearerScheme, oauthScheme, proofScheme}, scheme) || slices.ContainsFunc(roles, lacks) {
				return false
			}
		}
		return len(alternative) > 0 && needsProof(alternative) == bound
	}
	if !slices.ContainsFunc(security, met) {
		return errInsufficientScope
	}
	return nil
}

// bearerPrincipal returns the principal of the access token, as the database has it now. Only the
// Authorization header is read: URLs end up in logs and histories (RFC 6750 5.3).
func (h *Handler) bearerPrincipal(r *http.Request) (auth.Principal, error) {
	token, err := bearerToken(r.Header.Values(echo.HeaderAuthorization))
	if err != nil {
		return auth.Principal{}, err
	}
	claims, err := h.issuer.Parse(token)
	if err != nil {
		return auth.Principal{}, err
	}
	p, err := h.store.Principal(r.Context(), claims.SessionID)
	if err == nil && p.UserID != claims.Subject {
		err = fmt.Errorf("%w: the session does not belong to the subject", auth.ErrInvalidToken)
	}
	return p, err
}

// cookiePrincipal returns the principal of the refresh cookie, for a request whose access token was
// refused with bearerErr. It stays the reason if the cookie is refused too. A cookie does not make
// up for an error that says nothing about the token, such as an unavailable database.
func (h *Handler) cookiePrincipal(r *http.Request, bearerErr error) (auth.Principal, error) {
	refused := func(reason error) bool { return errors.Is(bearerErr, reason) }
	if !slices.ContainsFunc([]error{errNoToken, auth.ErrInvalidToken, models.ErrSessionEnded}, refused) {
		return auth.Principal{}, bearerErr
	}
	token, sent := h.refreshToken(r)
	if !sent {
		return auth.Principal{}, bearerErr
	}
	p, err := h.store.Principal(r.Context(), token.SessionID)
	if errors.Is(err, models.ErrSessionEnded) {
		return auth.Principal{}, bearerErr
	}
	return p, err
}

func acceptsCookie(op *huma.Operation) bool {
	return slices.ContainsFunc(op.Security, func(alternative map[string][]string) bool {
		_, accepts := alternative[cookieScheme]
		return accepts
	})
}

// bearerToken returns the token in the values of the Authorization header (RFC 6750 2.1). The case
// of the scheme does not matter (RFC 9110 11.1).
func bearerToken(values []string) (string, error) {
	if len(values) > 1 {
		return "", fmt.Errorf("%w: there are %d Authorization headers", auth.ErrInvalidToken, len(values))
	}
	if len(values) == 0 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", errNoToken
	}
	return token, nil
}
