package handlers

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	jsonType    = "application/json"
	problemType = "application/problem+json"

	maxBody  = 16 << 10 // the size limit of a body, in bytes
	maxDepth = 8        // how deep arrays and objects may be nested
)

// readJSON returns the body if the operation expects one. Otherwise it ignores the body, and
// refuses a Content-Length above maxBody.
func readJSON(r *http.Request, expected bool) ([]byte, error) {
	if !expected {
		if r.ContentLength > maxBody {
			return nil, errTooLarge
		}
		return nil, nil
	}
	if !hasMediaType(r, jsonType) {
		return nil, errMediaType
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return body, checkJSON(body)
}

// hasMediaType reports whether the body of a request is of this type and not compressed.
func hasMediaType(r *http.Request, want string) bool {
	got, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	return err == nil && got == want && r.Header.Get(echo.HeaderContentEncoding) == ""
}

// readBody reads the whole body. It fails with errTooLarge or errTruncated.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case len(body) > maxBody:
		return nil, errTooLarge
	case err != nil:
		return nil, errTruncated
	}
	return body, nil
}

// checkJSON refuses what encoding/json would silently repair or choose from. Two parsers that read
// the same text must not see different values.
func checkJSON(data []byte) error {
	if !json.Valid(data) {
		return errSyntax
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return checkValue(decoder, 0)
}

// checkValue reads one value and all that is in it.
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

// checkElements reads what is in an array or object, and its end.
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

// checkKey refuses a key that was seen before, and one that encoding/json would take for another
// because it ignores case.
func checkKey(key string, seen map[string]bool) error {
	if seen[key] || strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return errKey
	}
	seen[key] = true
	return nil
}

// checkText refuses NUL, which PostgreSQL cannot store, and U+FFFD, to which Go decodes invalid
// UTF-8 and lone surrogates: different passwords would become one.
func checkText(text string) error {
	if strings.ContainsAny(text, "\x00\uFFFD") {
		return errText
	}
	return nil
}
