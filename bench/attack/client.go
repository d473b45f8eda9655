package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"
)

// answerTimeout is how long an honest client waits for an answer.
const answerTimeout = 30 * time.Second

// client is an HTTP client with a local address, and cookies of its own.
type client struct {
	http *http.Client
	url  string
}

// newClient returns a client that connects from address to the server with this URL.
func newClient(serverURL, address string) *client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	jar, _ := cookiejar.New(nil) // never fails
	return &client{url: serverURL, http: &http.Client{
		Jar:       jar,
		Timeout:   answerTimeout,
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1},
		// The server redirects nothing, so a redirect is a failure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// login logs in with the right password and returns the status and, with 200, the access token.
func (c *client) login(ctx context.Context) (status int, token string, err error) {
	body, err := json.Marshal(map[string]string{"name": username, "password": password})
	if err != nil {
		return 0, "", fmt.Errorf("writing the body: %w", err)
	}
	status, text, err := c.post(ctx, "/login", "application/json", string(body))
	if err != nil {
		return 0, "", err
	}
	var answer struct{ Token string }
	if status == http.StatusOK {
		err = json.Unmarshal(text, &answer)
	}
	return status, answer.Token, err
}

// post sends a body and returns the answer.
func (c *client) post(ctx context.Context, path, contentType, body string) (status int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Content-Type", contentType)
	return c.do(request)
}

// user sends GET /user.
func (c *client) user(ctx context.Context, token string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+"/user", http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("making a request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	status, _, err = c.do(request)
	return status, err
}

func (c *client) do(request *http.Request) (status int, text []byte, err error) {
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("sending a request: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err = io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("reading an answer: %w", err)
	}
	return response.StatusCode, text, nil
}

func (c *client) close() { c.http.CloseIdleConnections() }

// guess returns the body and its type for one wrong try at path.
func guess(path, name, password string) (contentType, body string) {
	switch path {
	case "/token":
		return "application/x-www-form-urlencoded", url.Values{"username": {name}, "password": {password}}.Encode()
	case "/register":
		return "application/json", fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)
	default:
		return "application/json", fmt.Sprintf(`{"name":%q,"password":%q}`, name, password)
	}
}
