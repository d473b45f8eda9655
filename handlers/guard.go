package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"latchkey/auth"
	"latchkey/models"
)

// The security schemes of the document: an access token, however it was got,
// and the way to get one that Swagger UI and OAuth2 clients know.
const (
	bearerName = "bearer"
	oauthName  = "oauth2"
	cookieName = "cookie" // the refresh cookie, which only /logout takes in a token's place
)

// Marks of an operation: one that other sites may not use, and one that the
// pages of every site may read.
const (
	sameOriginKey = "same-origin"
	anyOriginKey  = "any-origin"
)

// Errors of the guards.
var (
	errNoToken       = errors.New("no access token was sent")
	errCrossOrigin   = errors.New("the request comes from another origin")
	errTooLittleRole = errors.New("the user lacks a role")
)

// bearer is the guard of an operation that says nothing, as the document
// writes it: an access token, got in one way or the other.
func bearer() []map[string][]string {
	return []map[string][]string{{oauthName: {}}, {bearerName: {}}}
}

// needs makes an operation need a role. Roles are scopes in the document,
// which only OAuth2 has there; it is the same token.
func needs(role string) func(*huma.Operation) {
	return func(op *huma.Operation) { op.Security = []map[string][]string{{oauthName: {role}}} }
}

// orCookie lets the refresh cookie stand in for a bearer. Since browsers send
// cookies along by themselves, the operation is sameOrigin too.
func orCookie(op *huma.Operation) {
	sameOrigin(op)
	op.Security = append(bearer(), map[string][]string{cookieName: {}})
}

// public lets everybody use an operation.
func public(op *huma.Operation) { op.Security = []map[string][]string{} }

func isPublic(op *huma.Operation) bool { return op.Security != nil && len(op.Security) == 0 }

// sameOrigin refuses requests that the page of another site makes a browser
// send, with that browser's cookies and from its address.
func sameOrigin(op *huma.Operation) {
	mark(op, sameOriginKey)
	op.Errors = append(op.Errors, http.StatusForbidden)
}

// anyOrigin lets browser apps of every origin read the answer (CORS), without
// cookies. It is for what is public anyway.
func anyOrigin(op *huma.Operation) { mark(op, anyOriginKey) }

// mark notes something of an operation that only this package reads.
func mark(op *huma.Operation, key string) {
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[key] = true
}

// canAnswer adds statuses to what the document says of an operation.
func canAnswer(statuses ...int) func(*huma.Operation) {
	return func(op *huma.Operation) { op.Errors = append(op.Errors, statuses...) }
}

// checkOrigin enforces sameOrigin.
func (h *Handler) checkOrigin(ctx huma.Context, next func(huma.Context)) {
	if ctx.Operation().Metadata[sameOriginKey] != nil {
		c := humaecho.Unwrap(ctx)
		if err := h.origin.Check(c.Request()); err != nil {
			h.fail(fmt.Errorf("%w: %w", errCrossOrigin, err), c)
			return
		}
	}
	next(ctx)
}

// authenticate enforces an operation's Security, the same that the document
// shows. It fails closed: only an empty list, which "public" sets, lets a
// request pass without a valid token.
func (h *Handler) authenticate(ctx huma.Context, next func(huma.Context)) {
	if isPublic(ctx.Operation()) {
		next(ctx)
		return
	}
	c := humaecho.Unwrap(ctx)
	p, err := h.principalOf(c.Request())
	if err != nil && takesCookie(ctx.Operation()) {
		p, err = h.orPrincipalOfCookie(c.Request(), err)
	}
	if err != nil {
		h.fail(err, c)
		return
	}
	c.Set(userKey, p.UserID)
	if !permits(ctx.Operation().Security, p) {
		h.fail(errTooLittleRole, c)
		return
	}
	next(huma.WithValue(ctx, principalKey{}, p))
}

// permits tells whether a principal has what one of the alternatives asks
// for. An alternative that asks for anything but a bearer permits nobody.
func permits(security []map[string][]string, p auth.Principal) bool {
	if security == nil {
		security = bearer()
	}
	return slices.ContainsFunc(security, func(alternative map[string][]string) bool {
		for scheme, roles := range alternative {
			lacks := func(role string) bool { return !p.HasRole(role) }
			if scheme != bearerName && scheme != oauthName || slices.ContainsFunc(roles, lacks) {
				return false
			}
		}
		return len(alternative) > 0
	})
}

// principalOf returns who a request acts for, as the database has it now. The
// token is taken from the Authorization header alone: a URL ends in logs and
// histories (RFC 6750 5.3).
func (h *Handler) principalOf(r *http.Request) (auth.Principal, error) {
	token, err := bearerToken(r.Header.Values("Authorization"))
	if err != nil {
		return auth.Principal{}, err
	}
	claims, err := h.Issuer.Parse(token)
	if err != nil {
		return auth.Principal{}, err
	}
	p, err := h.Store.Principal(r.Context(), claims.SessionID)
	if err == nil && p.UserID != claims.Subject {
		err = fmt.Errorf("%w: its session is not its subject's", auth.ErrInvalidToken)
	}
	return p, err
}

// orPrincipalOfCookie returns whom the refresh cookie stands for where there
// is no good bearer, for the reason given, which stays the reason when there
// is no good cookie either.
func (h *Handler) orPrincipalOfCookie(r *http.Request, reason error) (auth.Principal, error) {
	isAboutTheToken := func(err error) bool { return errors.Is(reason, err) }
	if !slices.ContainsFunc([]error{errNoToken, auth.ErrInvalidToken, models.ErrSessionEnded}, isAboutTheToken) {
		return auth.Principal{}, reason // the bearer may be good: a database that is away has said nothing of it
	}
	token, err := h.refreshCookie(r)
	if err != nil {
		return auth.Principal{}, reason
	}
	p, err := h.Store.Principal(r.Context(), token.SessionID)
	if errors.Is(err, models.ErrSessionEnded) {
		return auth.Principal{}, reason
	}
	return p, err
}

func takesCookie(op *huma.Operation) bool {
	return slices.ContainsFunc(op.Security, func(alternative map[string][]string) bool {
		_, takes := alternative[cookieName]
		return takes
	})
}

// bearerToken takes the token out of the values of the Authorization header
// (RFC 6750 2.1). The scheme's case does not matter (RFC 9110 11.1).
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

type principalKey struct{}

// principal returns who the request acts for. It may be called in operations
// that need a bearer, and only there.
func principal(ctx context.Context) auth.Principal {
	return ctx.Value(principalKey{}).(auth.Principal)
}
