package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

// Errors that this package finds.
var (
	errMediaType     = errors.New("the body is not application/json, or has a Content-Encoding")
	errTooLarge      = errors.New("the body is too large")
	errTruncated     = errors.New("the body ended early")
	errSyntax        = errors.New("the body is not one JSON value")
	errText          = errors.New("the body contains invalid text")
	errDepth         = errors.New("the body is nested too deeply")
	errKey           = errors.New("the body has a repeated key, or one that is not in lower case")
	errInvalidFields = errors.New("fields are missing, unknown or of the wrong type")

	errForwardedFor = errors.New("the X-Forwarded-For of a trusted proxy is malformed")
	errMisdirected  = errors.New("the Host is not this server's")
	errStopping     = errors.New("the server is stopping")

	errNoToken           = errors.New("no access token was sent")
	errCrossOrigin       = errors.New("the request comes from another origin")
	errInsufficientScope = errors.New("the user lacks the role")

	errSignupClosed = errors.New("sign-up is closed")
	errWeakPassword = errors.New("weak password") // stands for every *auth.WeakPasswordError
)

// problemKind is how the clients of the API learn about an error.
type problemKind struct {
	err        error
	status     int
	name       string // of the problem's type; about:blank if empty
	detail     string
	location   string        // of the field that caused the error, if it was one
	retryAfter time.Duration // unless the error has a method RetryAfter
	challenge  string        // the value of WWW-Authenticate, if any
}

// Challenges of RFC 6750 3, which name an error only where a token was sent, and of RFC 9449 7.1.
const (
	challengeBearer       = `Bearer realm="latchkey"`
	challengeInvalidToken = `Bearer error="invalid_token", realm="latchkey"`
	challengeScope        = `Bearer error="insufficient_scope", realm="latchkey"`
	challengeProof        = `DPoP error="invalid_dpop_proof", realm="latchkey", algs="ES256"`
	challengeNonce        = `DPoP error="use_dpop_nonce", realm="latchkey", algs="ES256"`
)

// invalidProofDetail does not say what is wrong with a proof; the log does.
const invalidProofDetail = "The DPoP header has no proof that is right for this request and session. Send a new proof, or log in again."

// problemKinds is the table of errors that clients can act on. The first that errors.Is matches
// counts.
func problemKinds() []problemKind {
	return []problemKind{
		{err: errSyntax, status: http.StatusBadRequest, name: "malformed-body", detail: "The body must be a single valid JSON value."},
		{err: errTruncated, status: http.StatusBadRequest, name: "malformed-body", detail: "The body ended before it was complete."},
		{err: errText, status: http.StatusBadRequest, name: "malformed-body", detail: "The body contains invalid text. Send UTF-8 without NUL characters."},
		{err: errDepth, status: http.StatusBadRequest, name: "malformed-body", detail: "The body is nested too deeply."},
		{err: errKey, status: http.StatusBadRequest, name: "malformed-body", detail: "The body repeats a field, or has a field whose name is not in lower case."},
		{err: errTooLarge, status: http.StatusRequestEntityTooLarge, name: "body-too-large", detail: fmt.Sprintf("The body is larger than %d bytes.", maxBody)},
		{err: errMediaType, status: http.StatusUnsupportedMediaType, name: "unsupported-media-type", detail: "Send the body as application/json, without a Content-Encoding."},
		{err: errInvalidFields, status: http.StatusUnprocessableEntity, name: "invalid-fields", detail: "A field is missing, is unknown or has an invalid value."},

		{err: errForwardedFor, status: http.StatusBadRequest, name: "malformed-forwarded-for", detail: "A proxy sent an X-Forwarded-For header without a valid IP address in the place that counts. Let the proxy set the header to the address of its client."},
		{err: errMisdirected, status: http.StatusMisdirectedRequest, name: "misdirected-request", detail: "This server does not use that host name. Open it at its own address, or set PUBLIC_URL to the address that people use."},

		{err: models.ErrInvalidCredentials, status: http.StatusUnauthorized, name: "invalid-credentials", detail: "Incorrect username or password", challenge: challengeBearer},
		{err: errNoToken, status: http.StatusUnauthorized, name: "token-required", detail: "Log in, and send the access token in the Authorization header.", challenge: challengeBearer},
		{err: auth.ErrInvalidToken, status: http.StatusUnauthorized, name: "invalid-token", detail: "The access token has expired or is not valid. Renew it, or log in again.", challenge: challengeInvalidToken},
		{err: auth.ErrInvalidRefreshToken, status: http.StatusUnauthorized, name: "session-ended", detail: "The session has ended. Log in again.", challenge: challengeBearer},
		{err: models.ErrSessionEnded, status: http.StatusUnauthorized, name: "session-ended", detail: "The session has ended. Log in again.", challenge: challengeInvalidToken},
		{err: auth.ErrStaleNonce, status: http.StatusUnauthorized, name: "use-dpop-nonce", detail: "Send the request again, with a proof that contains the nonce in the DPoP-Nonce header.", challenge: challengeNonce},
		{err: auth.ErrInvalidProof, status: http.StatusUnauthorized, name: "invalid-proof", detail: invalidProofDetail, challenge: challengeProof},
		{err: models.ErrWrongKey, status: http.StatusUnauthorized, name: "invalid-proof", detail: invalidProofDetail, challenge: challengeProof},
		{err: errInsufficientScope, status: http.StatusForbidden, name: "insufficient-scope", detail: "You need a role that you don't have. Ask an administrator for it.", challenge: challengeScope},
		{err: errCrossOrigin, status: http.StatusForbidden, name: "cross-origin", detail: "This request came from another origin. Apps on other origins use POST /token and POST /revoke."},

		{err: errSignupClosed, status: http.StatusForbidden, name: "signup-closed", detail: "Sign-up is closed. Ask an administrator for an account."},
		{err: models.ErrSessionNotFound, status: http.StatusNotFound, name: "session-not-found", detail: "You have no such session. It may have ended already."},
		{err: models.ErrUserNotFound, status: http.StatusNotFound, name: "user-not-found", detail: "There is no such user. The account may have been deleted."},
		{err: models.ErrUsernameTaken, status: http.StatusConflict, name: "username-taken", detail: "This username is taken. Choose another one.", location: "body.username"},
		{err: models.ErrLastAdmin, status: http.StatusConflict, name: "last-admin", detail: "This is the last administrator who can log in. First make someone else an administrator, with a password."},
		{err: errWeakPassword, status: http.StatusUnprocessableEntity, name: "weak-password", detail: "The password does not meet the rules.", location: "body.password"},
		{err: models.ErrWrongPassword, status: http.StatusUnprocessableEntity, name: "wrong-password", detail: "That isn't your current password.", location: "body.current_password"},
		{err: models.ErrLinkExpired, status: http.StatusUnprocessableEntity, name: "link-expired", detail: "This link has expired or has been used. Ask an administrator for a new one.", location: "body.token"},
		{err: models.ErrInvalidUsername, status: http.StatusUnprocessableEntity, name: "invalid-username", detail: fmt.Sprintf("Use %d to %d characters for the username: the letters a to z, digits and . _ - @ +.", models.MinUsernameLength, models.MaxUsernameLength), location: "body.username"},
		{err: models.ErrInvalidEmail, status: http.StatusUnprocessableEntity, name: "invalid-email", detail: "Enter a valid e-mail address, such as name@example.org.", location: "body.email"},
		{err: models.ErrInvalidRole, status: http.StatusUnprocessableEntity, name: "invalid-role", detail: fmt.Sprintf("Use 1 to %d lower-case letters, digits and . _ : - for a role, and at most %d roles.", models.MaxRoleLength, models.MaxRoles), location: "body.roles"},
		{err: models.ErrInvalidCursor, status: http.StatusUnprocessableEntity, name: "invalid-fields", detail: "Send the value of next in the previous response.", location: "query.after"},

		{err: models.ErrThrottled, status: http.StatusTooManyRequests, name: "too-many-requests", detail: "Too many attempts. Wait a little, then try again."},
		{err: models.ErrBusy, status: http.StatusServiceUnavailable, name: "busy", detail: "Many people are logging in. Try again in a few seconds.", retryAfter: 2 * time.Second},
		{err: errStopping, status: http.StatusServiceUnavailable, name: "stopping", detail: "The server is stopping. Send requests to another one.", retryAfter: 5 * time.Second},
		{err: models.ErrStorageFull, status: http.StatusServiceUnavailable, name: "storage-full", detail: "The server's disk is full, so nothing can be saved. The operator must free disk space on the server; then try again.", retryAfter: time.Minute},
		{err: models.ErrUnavailable, status: http.StatusServiceUnavailable, name: "database-unavailable", detail: "The database is unavailable. Try again in a few seconds.", retryAfter: 5 * time.Second},
		{err: context.DeadlineExceeded, status: http.StatusServiceUnavailable, name: "timeout", detail: "The request took too long. Try again in a few seconds.", retryAfter: 5 * time.Second},
		{err: context.Canceled, status: http.StatusServiceUnavailable, name: "timeout", detail: "The request was cancelled. Try again.", retryAfter: 5 * time.Second},
	}
}

// problemKindOf returns the row of the table for an error, or the zero problemKind.
func problemKindOf(err error) problemKind {
	for _, r := range problemKinds() {
		if errors.Is(err, r.err) {
			return r
		}
	}
	return problemKind{}
}

// problemURI returns the type of the problem.
func (r problemKind) problemURI() string {
	if r.name == "" {
		return "about:blank"
	}
	return "/problems/" + r.name
}

// locatedError is an error about another field than the one that the table names.
type locatedError struct {
	error
	location string
}

// Unwrap returns the error without its location.
func (e *locatedError) Unwrap() error { return e.error }
