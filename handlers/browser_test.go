package handlers

import (
	"net/http"
	"testing"

	"latchkey/auth/authtest"
)

// browser is a client that keeps the cookies and, if it has a key, sends a proof with every
// request.
type browser struct {
	*server
	cookie string // the refresh cookie
	device string // the cookie of a known browser
	key    *authtest.Prover
	nonce  string // the newest that it received
}

func (b *browser) send(t *testing.T, method, path, body string, headers ...string) response {
	t.Helper()
	for _, cookie := range []string{"latchkey=" + b.cookie, "latchkey-device=" + b.device} {
		if cookie[len(cookie)-1] != '=' {
			headers = append(headers, "Cookie", cookie)
		}
	}
	if b.key != nil {
		headers = append(headers, "DPoP", b.proof(t, method, path, bearerOf(headers)))
	}
	r := b.server.send(t, method, path, body, headers...)
	for _, cookie := range r.Cookies() {
		switch cookie.Name {
		case "latchkey":
			b.cookie = cookie.Value
		case "latchkey-device":
			b.device = cookie.Value
		}
	}
	if nonce := r.Header.Get("DPoP-Nonce"); nonce != "" {
		b.nonce = nonce
	}
	return r
}

// proof returns a proof for a request with this access token, or with none.
func (b *browser) proof(t *testing.T, method, path, token string) string {
	t.Helper()
	return b.key.Sign(nil, authtest.ProofClaims(method, b.URL+path, b.nonce, token))
}

// bearerOf returns the access token in headers, which are pairs of name and value.
func bearerOf(headers []string) string {
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Authorization" {
			return headers[i+1][len("Bearer "):]
		}
	}
	return ""
}

func (b *browser) logIn(t *testing.T) (token string) {
	t.Helper()
	r := b.send(t, "POST", "/login", credentials("marisol"), "Content-Type", "application/json")
	wantStatus(t, r, 200)
	return r.field("token").(string)
}

func (b *browser) refresh(t *testing.T) response {
	t.Helper()
	return b.send(t, "POST", "/refresh", "")
}

// newBrowser returns a browser without a key in which Marisol has logged in, and her access token.
func (s *server) newBrowser(t *testing.T) (b *browser, token string) {
	t.Helper()
	b = &browser{server: s}
	return b, b.logIn(t)
}

// newBoundBrowser returns a browser with a key in which Marisol has logged in, and her access
// token.
func (s *server) newBoundBrowser(t *testing.T) (b *browser, token string) {
	t.Helper()
	b = &browser{server: s, key: authtest.NewProver(t)}
	return b, b.logIn(t)
}

// cookieNamed returns a cookie that a response sets, or an empty one.
func cookieNamed(r response, name string) *http.Cookie {
	for _, cookie := range r.Cookies() {
		if cookie.Name == name {
			return cookie
		}
	}
	return &http.Cookie{}
}
