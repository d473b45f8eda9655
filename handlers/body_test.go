package handlers

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func TestOnlyJSONIsRead(t *testing.T) {
	s := newServer(t)
	body := `{"name":"marisol","password":"` + testPassword + `"}`
	for _, row := range []struct {
		contentType string
		status      int
	}{
		{"application/json", 200},
		{"application/json; charset=utf-8", 200},
		{"Application/JSON", 200},
		{"", 415},
		{"text/plain", 415},
		{"application/x-www-form-urlencoded", 415},
		{"multipart/form-data; boundary=x", 415},
		{"application/problem+json", 415},
		{"application/jsonp", 415},
		{"json", 415},
		{"text/plain, application/json", 415},
		{"application/json;;;", 415},
	} {
		t.Run(row.contentType, func(t *testing.T) {
			a := s.send(t, "POST", "/login", body, "Content-Type", row.contentType)
			wantStatus(t, a, row.status)
			if row.status == 415 {
				wantProblem(t, a, 415)
			}
		})
	}
	form := s.send(t, "POST", "/login", "name=marisol&password=x", "Content-Type", "application/x-www-form-urlencoded")
	wantProblem(t, form, 415)
	missing := s.send(t, "POST", "/login", body)
	wantProblem(t, missing, 415)
	gzipped := s.postJSON(t, "/login", body, "Content-Encoding", "gzip")
	wantProblem(t, gzipped, 415)
}

func TestABodyThatCannotBeReadIs400(t *testing.T) {
	s := newServer(t)
	for name, body := range map[string]string{
		"nothing":               ``,
		"spaces":                `   `,
		"cut":                   `{"name":"canary-5309","passw`,
		"trailing value":        `{"name":"canary-5309","password":"x"}{}`,
		"trailing comma":        `{"name":"canary-5309","password":"x",}`,
		"trailing text":         `{"name":"canary-5309","password":"x"} canary-5309`,
		"bare word":             `canary-5309`,
		"single quotes":         `{'name':'canary-5309'}`,
		"comment":               `{"name":"canary-5309"/*5309*/,"password":"x"}`,
		"key twice":             `{"name":"marisol","name":"canary-5309","password":"x"}`,
		"key in another case":   `{"name":"marisol","NAME":"canary-5309","password":"x"}`,
		"only another case":     `{"Name":"canary-5309","password":"x"}`,
		"key that folds to one": "{\"name\":\"canary-5309\",\"pa\u017fsword\":\"x\"}",
		"invalid UTF-8":         "{\"name\":\"canary-5309\xff\",\"password\":\"x\"}",
		"overlong UTF-8":        "{\"name\":\"canary-5309\xc0\x80\",\"password\":\"x\"}",
		"byte order mark":       "\ufeff{\"name\":\"canary-5309\",\"password\":\"x\"}",
		"NUL":                   "{\"name\":\"canary-5309\x00\",\"password\":\"x\"}",
		"escaped NUL":           `{"name":"canary-5309\u0000","password":"x"}`,
		"lone surrogate":        `{"name":"canary-5309\ud800","password":"x"}`,
		"UTF-16":                "{\x00}\x00",
		"deep arrays":           `{"name":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,"password":"x"}`,
		"deep objects":          strings.Repeat(`{"a":`, 2500) + `1` + strings.Repeat(`}`, 2500),
		"huge number":           `{"name":1e,"password":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := s.postJSON(t, "/login", body)
			wantProblem(t, a, 400)
			if strings.Contains(a.body, "5309") {
				t.Errorf("the answer repeats what was sent: %s", a.body)
			}
		})
	}
	if strings.Contains(s.log.String(), "5309") {
		t.Error("the log repeats what was sent")
	}
}

// padded returns a body of exactly size bytes whose pair is right.
func padded(size int) string {
	body := `{"name":"marisol","password":"` + testPassword + `"}`
	return body + strings.Repeat(" ", size-len(body))
}

func TestTheBodyLimitIsExact(t *testing.T) {
	s := newServer(t)
	for _, row := range []struct{ size, status int }{
		{16383, 200}, {16384, 200}, {16385, 413}, {30000, 413}, {3 << 20, 413},
	} {
		t.Run(fmt.Sprint(row.size), func(t *testing.T) {
			plain := s.postJSON(t, "/login", padded(row.size))
			wantStatus(t, plain, row.status)
			// A reader whose length is not known goes out chunked.
			chunked := s.sendReader(t, "POST", "/login", io.MultiReader(strings.NewReader(padded(row.size))), "Content-Type", "application/json")
			wantStatus(t, chunked, row.status)
			if row.status == 413 {
				wantProblem(t, plain, 413)
				wantProblem(t, chunked, 413)
			}
		})
	}
}

// TestABodyCutShortIs400 says one length and sends less, in both framings.
func TestABodyCutShortIs400(t *testing.T) {
	s := newServer(t)
	for name, request := range map[string]string{
		"by length":                      "Content-Length: 200\r\n\r\n{\"name\":",
		"by length, after a whole value": "Content-Length: 200\r\n\r\n{\"name\":\"marisol\",\"password\":\"" + testPassword + "\"}",
		"in chunks":                      "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"name\":\r\n",
		"bad chunk":                      "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"name\":\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			must(t, err)
			defer conn.Close()
			fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%s", s.Listener.Addr(), request)
			must(t, conn.(*net.TCPConn).CloseWrite())
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			must(t, err)
			defer response.Body.Close()
			if response.StatusCode != 400 {
				t.Errorf("status %d", response.StatusCode)
			}
		})
	}
}
