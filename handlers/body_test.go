package handlers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestOperationsReadJSONOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for contentType, status := range map[string]int{
		"application/json":                  200,
		"application/json; charset=utf-8":   200,
		"Application/JSON":                  200,
		"":                                  415,
		"text/plain":                        415,
		"application/x-www-form-urlencoded": 415,
		"multipart/form-data; boundary=x":   415,
		"application/problem+json":          415,
		"application/jsonp":                 415,
		"json":                              415,
		"text/plain, application/json":      415,
		"application/json;;;":               415,
	} {
		t.Run(contentType, func(t *testing.T) {
			r := s.send(t, "POST", "/login", credentials("marisol"), "Content-Type", contentType)
			wantStatus(t, r, status)
			if status == 415 {
				wantType(t, r, 415, "unsupported-media-type")
			}
		})
	}
	form := s.send(t, "POST", "/login", "name=marisol&password=x", "Content-Type", "application/x-www-form-urlencoded")
	wantType(t, form, 415, "unsupported-media-type")
	withoutType := s.send(t, "POST", "/login", credentials("marisol"))
	wantType(t, withoutType, 415, "unsupported-media-type")
	compressed := s.postJSON(t, "/login", credentials("marisol"), "Content-Encoding", "gzip")
	wantType(t, compressed, 415, "unsupported-media-type")
}

func TestMalformedBodyIs400(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, body := range malformedBodies() {
		t.Run(name, func(t *testing.T) {
			r := s.postJSON(t, "/login", body)
			wantType(t, r, 400, "malformed-body")
			if strings.Contains(r.body, canary) {
				t.Errorf("the response repeats what was sent: %s", r.body)
			}
		})
	}
	if strings.Contains(s.logged.String(), canary) {
		t.Error("the log repeats what was sent")
	}
}

func malformedBodies() map[string]string {
	bodies := map[string]string{
		"empty":                    ``,
		"only spaces":              `   `,
		"cut off":                  `{"name":"CANARY","passw`,
		"second value":             `{"name":"CANARY","password":"x"}{}`,
		"trailing comma":           `{"name":"CANARY","password":"x",}`,
		"trailing text":            `{"name":"CANARY","password":"x"} CANARY`,
		"bare word":                `CANARY`,
		"single quotes":            `{'name':'CANARY'}`,
		"comment":                  `{"name":"CANARY"/*CANARY*/,"password":"x"}`,
		"repeated key":             `{"name":"marisol","name":"CANARY","password":"x"}`,
		"repeated key, other case": `{"name":"marisol","NAME":"CANARY","password":"x"}`,
		"key in upper case":        `{"Name":"CANARY","password":"x"}`,
		"key that folds to a name": "{\"name\":\"CANARY\",\"pa\u017fsword\":\"x\"}",
		"invalid UTF-8":            "{\"name\":\"CANARY\xff\",\"password\":\"x\"}",
		"overlong UTF-8":           "{\"name\":\"CANARY\xc0\x80\",\"password\":\"x\"}",
		"byte order mark":          "\ufeff{\"name\":\"CANARY\",\"password\":\"x\"}",
		"NUL":                      "{\"name\":\"CANARY\x00\",\"password\":\"x\"}",
		"escaped NUL":              `{"name":"CANARY\u0000","password":"x"}`,
		"lone surrogate":           `{"name":"CANARY\ud800","password":"x"}`,
		"UTF-16":                   "{\x00}\x00",
		"deep arrays":              `{"name":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"password":"x"}`,
		"deep objects":             strings.Repeat(`{"a":`, 2500) + `1` + strings.Repeat(`}`, 2500),
		"malformed number":         `{"name":1e,"password":"x"}`,
	}
	for name, body := range bodies {
		bodies[name] = strings.ReplaceAll(body, "CANARY", canary)
	}
	return bodies
}

// padded returns a valid body of POST /login that is exactly size bytes long.
func padded(size int) string {
	body := credentials("marisol")
	return body + strings.Repeat(" ", size-len(body))
}

func TestBodyLimitIsExact(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for size, status := range map[int]int{16383: 200, 16384: 200, 16385: 413, 30000: 413, 3 << 20: 413} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			withLength := s.postJSON(t, "/login", padded(size))
			wantStatus(t, withLength, status)
			// A reader of unknown length is sent in chunks.
			chunked := s.sendReader(t, "POST", "/login", io.MultiReader(strings.NewReader(padded(size))), "Content-Type", "application/json")
			wantStatus(t, chunked, status)
			if status == 413 {
				wantType(t, withLength, 413, "body-too-large")
				wantType(t, chunked, 413, "body-too-large")
			}
		})
	}
}

func TestOperationWithoutBodyIgnoresASmallOne(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	wantStatus(t, s.send(t, "POST", "/refresh", strings.Repeat("x", 16384)), 204)
	wantType(t, s.send(t, "POST", "/refresh", strings.Repeat("x", 16385)), 413, "body-too-large")
}

func TestTruncatedBodyIs400(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, request := range map[string]string{
		"shorter than Content-Length":    "Content-Length: 200\r\n\r\n{\"name\":",
		"one whole value, but too short": "Content-Length: 200\r\n\r\n" + credentials("marisol"),
		"missing chunks":                 "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n",
		"malformed chunk":                "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"name\":\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			authtest.Must(t, err)
			defer conn.Close()
			fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s", s.Listener.Addr(), request)
			authtest.Must(t, conn.(*net.TCPConn).CloseWrite())
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			authtest.Must(t, err)
			defer response.Body.Close()
			if response.StatusCode != 400 {
				t.Errorf("status %d", response.StatusCode)
			}
		})
	}
}
