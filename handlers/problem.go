package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
)

// problem is what a client learns about an error (RFC 9457): fixed sentences, never what was sent.
type problem struct {
	Type     string       `json:"type" format:"uri-reference" doc:"Identifies the kind of problem: /problems/ and a name, or about:blank if the status says it all. Programs should act on this and never on the text" example:"/problems/username-taken"`
	Title    string       `json:"title" doc:"The name of the HTTP status" example:"Conflict"`
	Status   int          `json:"status" doc:"The HTTP status" example:"409"`
	Detail   string       `json:"detail" doc:"A sentence for the person who sees the problem" example:"This username is taken. Choose another one."`
	Instance string       `json:"instance" format:"uri" doc:"urn:uuid: and the id of the request, which is also in the X-Request-Id header and in the server's log" example:"urn:uuid:3f1e6a0c-6d2b-4a57-9a0e-0d3c5f7f2b11"`
	Errors   []fieldError `json:"errors,omitempty" nullable:"false" doc:"The fields that caused the problem"`

	cause      error         // for the log only
	challenge  string        // the value of WWW-Authenticate, if any
	retryAfter time.Duration // the value of Retry-After, if any
}

// fieldError is what is wrong with one field of the request.
type fieldError struct {
	Location string `json:"location" doc:"Where the field is: body, query or path, followed by a dot and its name. For an unknown field, the object that contains it" example:"body.username"`
	Message  string `json:"message" doc:"A sentence for the person who filled in the field" example:"This username is taken. Choose another one."`
}

// describe turns an error into a problem. An error that is neither in the table nor from Echo or
// Huma becomes a 500.
func describe(err error) *problem {
	var fromEcho *echo.HTTPError
	var fromHuma *huma.ErrorModel
	var weak *auth.WeakPasswordError
	switch {
	case errors.As(err, &weak):
		return newProblem(problemKindOf(errWeakPassword), err, weak.Reason)
	case errors.As(err, &fromHuma):
		return describeHuma(fromHuma)
	case errors.As(err, &fromEcho):
		return newProblem(problemKind{status: fromEcho.Code}, err, statusDetail(fromEcho.Code))
	}
	if r := problemKindOf(err); r.err != nil {
		return newProblem(r, err, r.detail)
	}
	return newProblem(problemKind{status: http.StatusInternalServerError}, err, statusDetail(http.StatusInternalServerError))
}

func newProblem(r problemKind, cause error, detail string) *problem {
	p := &problem{
		Type: r.problemURI(), Title: http.StatusText(r.status), Status: r.status, Detail: detail,
		cause: cause, challenge: r.challenge, retryAfter: r.retryAfter,
	}
	if r.location != "" {
		location := r.location
		if at, is := errors.AsType[*locatedError](cause); is {
			location = at.location
		}
		p.Errors = []fieldError{{location, detail}}
	}
	var exact interface{ RetryAfter() time.Duration }
	if errors.As(cause, &exact) {
		p.retryAfter = exact.RetryAfter()
	}
	return p
}

// statusDetail is the sentence for a status when nothing better is known.
func statusDetail(status int) string {
	switch status {
	case http.StatusNotFound:
		return "There is nothing at this address."
	case http.StatusMethodNotAllowed:
		return "This address does not support the method. The Allow header lists those that it does."
	}
	return "The server could not complete the request. If this happens again, report the request ID."
}

// describeHuma returns the problem of a request that does not fit the schema. It drops what was
// sent: values, and names of fields that are not in the schema.
func describeHuma(e *huma.ErrorModel) *problem {
	switch e.Status {
	case http.StatusBadRequest:
		return describe(errSyntax)
	case http.StatusUnprocessableEntity:
		p := describe(errInvalidFields)
		for _, detail := range e.Errors {
			p.Errors = append(p.Errors, describeField(detail))
		}
		return p
	}
	return describe(errors.New(e.Detail))
}

func describeField(detail *huma.ErrorDetail) fieldError {
	var name string
	if _, err := fmt.Sscanf(detail.Message, validation.MsgExpectedRequiredProperty, &name); err == nil {
		return fieldError{detail.Location + "." + name, "This field is required."}
	}
	if detail.Message == validation.MsgUnexpectedProperty {
		parent := detail.Location[:max(strings.LastIndexByte(detail.Location, '.'), 0)]
		return fieldError{parent, "There is an unknown field."}
	}
	return fieldError{detail.Location, detail.Message}
}

func writeProblem(c echo.Context, p *problem) error {
	c.Response().Header().Set(echo.HeaderContentType, problemType)
	c.Response().WriteHeader(p.Status)
	return json.NewEncoder(c.Response()).Encode(p)
}

// setHeaders sets the headers that go with the status.
func (p *problem) setHeaders(c echo.Context) {
	header := c.Response().Header()
	if p.challenge != "" {
		header.Set(echo.HeaderWWWAuthenticate, p.challenge)
	}
	if p.retryAfter > 0 {
		header.Set(echo.HeaderRetryAfter, strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
}
