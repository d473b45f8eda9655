package handlers

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestProofNamesPublicURLOrTheHost(t *testing.T) {
	t.Parallel()
	const public = "https://login.example.org"
	for _, row := range []struct {
		name, publicURL string
		set             bool
		host, origin    string // of the request and of the proof
		right           bool
	}{
		{"set, and named", public, true, "login.example.org", public, true},
		{"set, and named with the default port", public, true, "login.example.org", public + ":443", true},
		{"set, and named in upper case", public, true, "login.example.org", "https://LOGIN.example.org", true},
		{"set, and the proxy uses a host of its own", public, true, "internal:8000", public, true},
		{"set, but the proof names the host of the request", public, true, "internal:8000", "http://internal:8000", false},
		{"set, but with another scheme", public, true, "login.example.org", "http://login.example.org", false},
		{"set, but with another port", public, true, "login.example.org", public + ":8443", false},
		{"unset, and named with https", "http://127.0.0.1:8000", false, "login.example.org", public, true},
		{"unset, and named with http", "http://127.0.0.1:8000", false, "login.example.org", "http://login.example.org", true},
		{"unset, with a port", "http://127.0.0.1:8000", false, "localhost:8000", "http://localhost:8000", true},
		{"unset, but with another port", "http://127.0.0.1:8000", false, "localhost:8000", "http://localhost:8001", false},
		{"unset, but the proof names another host", "http://127.0.0.1:8000", false, "login.example.org", "https://evil.example", false},
		{"unset, but the proof names the address", "http://127.0.0.1:8000", false, "login.example.org", "http://127.0.0.1:8000", false},
	} {
		s := newServer(t, func(o *Options) { o.PublicURL, o.PublicURLSet = row.publicURL, row.set })
		request := httptest.NewRequest("POST", "/login", strings.NewReader(credentials("marisol")))
		request.Host = row.host
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("DPoP", authtest.NewProver(t).Sign(nil, authtest.ProofClaims("POST", row.origin+"/login", "", "")))
		recorder := httptest.NewRecorder()
		s.Handler.ServeHTTP(recorder, request)
		if right := recorder.Code == 200; right != row.right {
			t.Errorf("%s: status %d: %s", row.name, recorder.Code, recorder.Body)
		}
	}
}

func TestProofForAnotherAddressIsOneWarningUnlessPublicURLIsSet(t *testing.T) {
	t.Parallel()
	key := authtest.NewProver(t)
	for _, row := range []struct {
		set       bool
		method    string // in the proof
		publicURL string // likewise
		warnings  int
	}{
		{false, "POST", "https://login.example.org", 1}, // a proxy has rewritten Host
		{false, "GET", "", 0},                           // wrong in another way
		{true, "POST", "https://evil.example", 0},
	} {
		s := newServer(t, func(o *Options) { o.PublicURLSet = row.set })
		for range 3 {
			proof := key.Sign(nil, authtest.ProofClaims(row.method, cmp.Or(row.publicURL, s.URL)+"/login", "", ""))
			wantType(t, s.postJSON(t, "/login", credentials("marisol"), "DPoP", proof), 401, "invalid-proof")
		}
		if n := strings.Count(s.logged.String(), "set PUBLIC_URL"); n != row.warnings {
			t.Errorf("%+v: %d warnings:\n%s", row, n, s.logged)
		}
	}
}

// TestProofsPassAProxyThatTerminatesTLS, with PUBLIC_URL and without.
func TestProofsPassAProxyThatTerminatesTLS(t *testing.T) {
	t.Parallel()
	for _, set := range []bool{false, true} {
		s := newServer(t)
		backend, err := url.Parse(s.URL)
		authtest.Must(t, err)
		proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(backend)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		}})
		t.Cleanup(proxy.Close)
		if set {
			s.restart(t, func(o *Options) { o.PublicURL, o.PublicURLSet = proxy.URL, true })
		}
		key := authtest.NewProver(t)
		ask := func(method, path, body, token, nonce string, cookie *http.Cookie) response {
			request, err := http.NewRequestWithContext(t.Context(), method, proxy.URL+path, strings.NewReader(body))
			authtest.Must(t, err)
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("DPoP", key.Sign(nil, authtest.ProofClaims(method, proxy.URL+path, nonce, token)))
			if token != "" {
				request.Header.Set("Authorization", "Bearer "+token)
			}
			request.AddCookie(cookie)
			received, err := proxy.Client().Do(request)
			authtest.Must(t, err)
			return readResponse(t, received)
		}
		login := ask("POST", "/login", credentials("marisol"), "", "", &http.Cookie{Name: "x", Value: "y"})
		wantStatus(t, login, 200)
		cookie, nonce := login.Cookies()[0], login.Header.Get("DPoP-Nonce")
		if secure := strings.HasPrefix(cookie.Name, "__Host-"); secure != set {
			t.Errorf("PUBLIC_URL is set: %v; the cookie is %s", set, cookie)
		}
		wantStatus(t, ask("POST", "/refresh", "", "", nonce, cookie), 200)
		wantStatus(t, ask("GET", "/sessions", "", login.field("token").(string), nonce, cookie), 200)
		direct := s.send(t, "POST", "/refresh", "", "Cookie", cookie.Name+"="+cookie.Value)
		wantType(t, direct, 401, "invalid-proof") // the session is bound
	}
}
