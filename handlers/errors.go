package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
)

// problem is what a client is told of an error (RFC 9457): a status and fixed
// sentences, never what was sent. Why it happened is for the log alone.
type problem struct {
	huma.ErrorModel
	cause error
}

// Unwrap returns why the problem came about.
func (p *problem) Unwrap() error { return p.cause }

// refuse makes a problem of what is wrong with a body.
func refuse(status int, cause bodyError) *problem { return newProblem(status, cause.Error(), cause) }

func newProblem(status int, detail string, cause error) *problem {
	p := &problem{cause: cause}
	p.Type = "about:blank"
	p.Status = status
	p.Title = http.StatusText(status)
	p.Detail = detail
	return p
}

// refusal is what the client is told of an error.
type refusal struct {
	err    error
	status int
	detail string
}

// refusals is the table of errors. The first that fits holds.
func refusals() []refusal {
	return []refusal{
		{models.ErrInvalidCredentials, 401, "Incorrect username or password"},
		{errNoToken, 401, "Log in first, and send the access token as a bearer in the Authorization header."},
		{auth.ErrInvalidToken, 401, "The access token is not valid, or its session has ended. Log in again."},
		{auth.ErrInvalidRefreshToken, 401, "The refresh token is not valid, or its session has ended. Log in again."},
		{models.ErrSessionEnded, 401, "The access token is not valid, or its session has ended. Log in again."},
		{errTooLittleRole, 403, "This needs a role that the user does not have. Ask an administrator for it."},
		{errCrossOrigin, 403, "Another site sent this request. Use Latchkey's own pages."},
		{errSignupClosed, 403, "Sign-up is closed here. Ask an administrator for an account."},
		{models.ErrSessionNotFound, 404, "You have no such session. It may be over already."},
		{models.ErrUserNotFound, 404, "There is no such user. It may have been deleted."},
		{models.ErrUsernameTaken, 409, "This user name is taken. Choose another one."},
		{models.ErrLastAdmin, 409, "This is the last administrator. Give somebody else the role admin first."},
		{models.ErrWrongPassword, 422, "The current password is not right. Type it again."},
		{models.ErrInvalidUsername, 422, "The user name must be 3 to 64 letters, digits and . _ - @ + signs."},
		{models.ErrInvalidEmail, 422, "The e-mail address is not one, such as name@example.org."},
		{models.ErrInvalidRole, 422, "A role must be 1 to 64 of a-z, 0-9 and . _ : - signs, and a user has at most 32."},
		{models.ErrBusy, 503, "Too many people are logging in right now. Try again in a few seconds."},
		{models.ErrUnavailable, 503, "The database cannot be reached right now. Try again in a few seconds."},
		{context.DeadlineExceeded, 503, "This took too long. Try again in a few seconds."},
		{context.Canceled, 503, "The request was given up. Try again."},
	}
}

// describeError turns an error into what the client is told. One that it does
// not know is a fault of the program.
func describeError(err error) *problem {
	var known *problem
	var fromEcho *echo.HTTPError
	var fromHuma *huma.ErrorModel
	var weak *auth.WeakPasswordError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &weak):
		return newProblem(http.StatusUnprocessableEntity, weak.Reason, err)
	case errors.As(err, &fromHuma):
		return describeHuma(fromHuma)
	case errors.As(err, &fromEcho):
		return newProblem(fromEcho.Code, sentence(fromEcho.Code), err)
	}
	for _, r := range refusals() {
		if errors.Is(err, r.err) {
			return newProblem(r.status, r.detail, err)
		}
	}
	return newProblem(http.StatusInternalServerError, sentence(http.StatusInternalServerError), err)
}

// challenge is the value of WWW-Authenticate that goes with a problem, if any.
// It names an error only where a token was sent (RFC 6750 3.1).
func (p *problem) challenge() string {
	switch {
	case p.Type != "about:blank": // the cookie's, which is no token of this header
		return "Bearer"
	case errors.Is(p.cause, errTooLittleRole):
		return `Bearer error="insufficient_scope"`
	case errors.Is(p.cause, auth.ErrInvalidToken), errors.Is(p.cause, models.ErrSessionEnded):
		return `Bearer error="invalid_token"`
	case p.Status == http.StatusUnauthorized:
		return "Bearer"
	}
	return ""
}

// retryAfter is the value of Retry-After that goes with a problem, if any.
func (p *problem) retryAfter() string {
	switch {
	case errors.Is(p.cause, models.ErrBusy):
		return "2" // seconds in which the queue moves on
	case p.Status == http.StatusServiceUnavailable:
		return "5"
	}
	return ""
}

// sentence is what is told of a status when nothing better is known.
func sentence(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "The body cannot be read. Send one JSON value."
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusMethodNotAllowed:
		return "This address does not answer to that method. The Allow header names those it does."
	case http.StatusUnprocessableEntity:
		return "A field has a wrong value, is missing, or is not known here."
	}
	return "Something went wrong on our side. Try again, and quote the request id if it stays."
}

// describeHuma keeps of Huma's own errors which field is wrong and why, and
// drops what was sent: the values, and the names of fields that are not ours.
func describeHuma(e *huma.ErrorModel) *problem {
	p := newProblem(e.Status, sentence(e.Status), errors.New(e.Detail))
	for _, detail := range e.Errors {
		kept := &huma.ErrorDetail{Message: detail.Message, Location: detail.Location}
		if detail.Message == validation.MsgUnexpectedProperty {
			kept.Location = detail.Location[:max(strings.LastIndexByte(detail.Location, '.'), 0)]
		}
		p.Errors = append(p.Errors, kept)
	}
	if e.Status == http.StatusBadRequest && len(p.Errors) == 1 { // one of unmarshalJSON's sentences
		p.Detail, p.Errors = p.Errors[0].Message, nil
	}
	return p
}

// fail is Echo's error handler: it answers with what err means, as a page to a
// person who navigates and as a problem to everything else.
func (h *Handler) fail(err error, c echo.Context) {
	if c.Response().Committed {
		c.Set(causeKey, err)
		return
	}
	p := h.finish(c, describeError(err))
	if navigates(c.Request()) {
		err = h.render(c, p.Status, h.errorPage(p))
	} else {
		c.Response().Header().Set(echo.HeaderContentType, p.ContentType(jsonType))
		c.Response().WriteHeader(p.Status)
		err = marshalJSON(c.Response(), &p.ErrorModel)
	}
	if err != nil {
		c.Set(causeKey, err)
	}
}

// transform is where Huma hands over every value before it writes it. Errors,
// its own and those of operations, become the same as in fail.
func (h *Handler) transform(ctx huma.Context, _ string, v any) (any, error) {
	err, isError := v.(error)
	if !isError {
		return v, nil
	}
	c := humaecho.Unwrap(ctx)
	p := h.finish(c, describeError(err))
	if navigates(c.Request()) {
		ctx.SetHeader(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
		return renderPage(ctx.Context(), h.errorPage(p))
	}
	return &p.ErrorModel, nil
}

// finish gives a problem the request's id and its headers, and keeps the cause
// for the request's line in the log.
func (h *Handler) finish(c echo.Context, p *problem) *problem {
	c.Set(causeKey, p.cause)
	header := c.Response().Header()
	p.Instance = "urn:uuid:" + header.Get(echo.HeaderXRequestID)
	if challenge := p.challenge(); challenge != "" {
		header.Set(echo.HeaderWWWAuthenticate, challenge)
	}
	if seconds := p.retryAfter(); seconds != "" {
		header.Set(echo.HeaderRetryAfter, seconds)
	}
	return p
}

// navigates tells whether a person's browser asks for a page to show.
func navigates(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.Header.Get(echo.HeaderAccept), "text/html")
}
