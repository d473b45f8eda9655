package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

const (
	jsonType = "application/json"

	// maxBody is the most a body may hold, in bytes, exactly.
	maxBody = 16 << 10

	// maxDepth is how deep arrays and objects may be in each other.
	maxDepth = 8
)

// bodyError is what is wrong with a body, as a sentence for the client.
type bodyError string

// Error implements error.
func (e bodyError) Error() string { return string(e) }

const (
	errMediaType bodyError = "The body must be sent as application/json, without a Content-Encoding."
	errTooLarge  bodyError = "The body is larger than 16384 bytes."
	errCutShort  bodyError = "The body ended before it was complete."
	errSyntax    bodyError = "The body is not one valid JSON value."
	errNoText    bodyError = "The body holds a character that is not valid text: use UTF-8 without NUL."
	errDepth     bodyError = "The body is nested too deeply."
	errKey       bodyError = "The body holds a field's name twice, or one that is not written in lower case."
)

// checkBody reads the body of an operation that takes one, to the exact limit
// and whatever its framing says, so that Huma finds it whole. Huma's own limit
// is off by one, and it answers a body cut short with 500.
func (h *Handler) checkBody(ctx huma.Context, next func(huma.Context)) {
	c := humaecho.Unwrap(ctx)
	if ctx.Operation().RequestBody == nil {
		if c.Request().ContentLength > maxBody { // it means nothing, and is not read
			h.fail(refuse(http.StatusRequestEntityTooLarge, errTooLarge), c)
			return
		}
	} else {
		body, err := readBody(c.Request())
		if err != nil {
			h.fail(err, c)
			return
		}
		c.Request().Body = io.NopCloser(bytes.NewReader(body))
		c.Request().Header.Set(echo.HeaderContentType, jsonType) // as Huma spells it
	}
	next(ctx)
}

func readBody(r *http.Request) ([]byte, error) {
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != jsonType || r.Header.Get("Content-Encoding") != "" {
		return nil, refuse(http.StatusUnsupportedMediaType, errMediaType)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case len(body) > maxBody:
		return nil, refuse(http.StatusRequestEntityTooLarge, errTooLarge)
	case err != nil:
		return nil, refuse(http.StatusBadRequest, errCutShort)
	}
	return body, nil
}

// marshalJSON writes v as JSON, and a page, which stands where an error would
// have been, as it is.
func marshalJSON(w io.Writer, v any) error {
	if page, isPage := v.(renderedPage); isPage {
		_, err := w.Write(page)
		return err
	}
	return json.NewEncoder(w).Encode(v)
}

// unmarshalJSON refuses what encoding/json would silently mend or choose
// from, before it decodes: two readers of one text must not see two things.
// Its errors are bodyErrors.
func unmarshalJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errNoText
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := checkValue(decoder, 0); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil { // also when more follows the value
		return errSyntax
	}
	return nil
}

// checkValue reads one value and all that it holds.
func checkValue(decoder *json.Decoder, depth int) error {
	token, err := decoder.Token()
	if err != nil {
		return errSyntax
	}
	switch t := token.(type) {
	case string:
		return checkText(t)
	case json.Delim:
		if depth == maxDepth {
			return errDepth
		}
		return checkElements(decoder, depth+1, t == '{')
	}
	return nil
}

// checkElements reads what an array or object holds, with its end.
func checkElements(decoder *json.Decoder, depth int, object bool) error {
	seen := map[string]bool{}
	for decoder.More() {
		if object {
			key, err := decoder.Token()
			if err != nil {
				return errSyntax
			}
			if err := checkKey(key.(string), seen); err != nil {
				return err
			}
		}
		if err := checkValue(decoder, depth); err != nil {
			return err
		}
	}
	if _, err := decoder.Token(); err != nil {
		return errSyntax
	}
	return nil
}

// checkKey refuses a name that came before, and one that encoding/json would
// take for another because it compares without regard to case.
func checkKey(key string, seen map[string]bool) error {
	if seen[key] || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return errKey
	}
	seen[key] = true
	return nil
}

// checkText refuses NUL, which PostgreSQL cannot store, and U+FFFD, to which
// Go decodes every lone surrogate: different passwords would become one.
func checkText(text string) error {
	if strings.ContainsAny(text, "\x00\uFFFD") {
		return errNoText
	}
	return nil
}
