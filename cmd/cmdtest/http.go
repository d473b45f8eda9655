package cmdtest

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

// Login sends POST /login and returns the status and, if it is 200, the access token.
func (p *Program) Login(username, password string) (status int, token string) {
	p.t.Helper()
	status, body := p.post("/login", map[string]string{"name": username, "password": password})
	var answer struct{ Token string }
	authtest.Must(p.t, json.Unmarshal([]byte(body), &answer))
	return status, answer.Token
}

// Register signs up a user, which must succeed.
func (p *Program) Register(username, password string) {
	p.t.Helper()
	status, body := p.post("/register", map[string]string{"username": username, "password": password})
	if status != http.StatusCreated {
		p.t.Fatalf("POST /register: status %d: %s", status, body)
	}
}

// Logout ends the session of an access token, which must succeed.
func (p *Program) Logout(token string) {
	p.t.Helper()
	if status, body := p.send("POST", "/logout", token); status != http.StatusNoContent {
		p.t.Fatalf("POST /logout: status %d: %s", status, body)
	}
}

// Who sends GET /user with an access token and returns the status: 200 or 401.
func (p *Program) Who(token string) (status int) {
	p.t.Helper()
	status, _ = p.Get("/user", token)
	return status
}

// Get sends a GET request with an access token.
func (p *Program) Get(path, token string) (status int, body string) {
	p.t.Helper()
	return p.send("GET", path, token)
}

// PasswordLink makes a set-password link for a user, with the access token of an administrator.
func (p *Program) PasswordLink(token, username string) (url string) {
	p.t.Helper()
	_, body := p.Get("/users?q="+username, token)
	var found struct{ Users []struct{ ID string } }
	authtest.Must(p.t, json.Unmarshal([]byte(body), &found))
	if len(found.Users) != 1 {
		p.t.Fatalf("%d users are called %s: %s", len(found.Users), username, body)
	}
	status, body := p.send("POST", "/users/"+found.Users[0].ID+"/password-link", token)
	var link struct{ URL string }
	authtest.Must(p.t, json.Unmarshal([]byte(body), &link))
	if status != http.StatusCreated {
		p.t.Fatalf("POST /users/{id}/password-link: status %d: %s", status, body)
	}
	return link.URL
}

func (p *Program) send(method, path, token string) (status int, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+path, nil)
	authtest.Must(p.t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	return p.do(request)
}

func (p *Program) post(path string, fields map[string]string) (status int, body string) {
	p.t.Helper()
	text, err := json.Marshal(fields)
	authtest.Must(p.t, err)
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.URL+path, strings.NewReader(string(text)))
	authtest.Must(p.t, err)
	request.Header.Set("Content-Type", "application/json")
	return p.do(request)
}

func (p *Program) do(request *http.Request) (status int, body string) {
	p.t.Helper()
	response, err := http.DefaultClient.Do(request)
	authtest.Must(p.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	authtest.Must(p.t, err)
	return response.StatusCode, string(text)
}

// FreeAddress returns an address for ADDR that a test can use again after it has stopped a server.
// The system itself never hands out these ports, so nobody else takes one in between.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if err == nil {
			authtest.Must(t, listener.Close())
			return address
		}
	}
	t.Fatal("no free port between 10000 and 30000")
	return ""
}
