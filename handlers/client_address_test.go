package handlers

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, text := range texts {
		list = append(list, netip.MustParsePrefix(text))
	}
	return list
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := prefixes("10.0.0.0/8", "192.0.2.7/32", "2001:db8:1::/64")
	for _, row := range []struct {
		name, peer string
		header     []string // the lines of X-Forwarded-For
		want       string   // empty: refused
	}{
		{"no header", "10.0.0.1:5", nil, "10.0.0.1"},
		{"untrusted peer without a header", "203.0.113.1:5", nil, "203.0.113.1"},
		{"untrusted peer with a header", "203.0.113.1:5", []string{"198.51.100.1"}, "203.0.113.1"},
		{"untrusted peer with garbage", "203.0.113.1:5", []string{"garbage"}, "203.0.113.1"},
		{"neighbour of a trusted peer", "192.0.2.8:5", []string{"198.51.100.1"}, "192.0.2.8"},
		{"one proxy", "10.0.0.1:5", []string{"198.51.100.1"}, "198.51.100.1"},
		{"what the client sent is left of it", "10.0.0.1:5", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:5", []string{"198.51.100.1, 192.0.2.7"}, "198.51.100.1"},
		{"a trusted proxy behind an untrusted one", "10.0.0.1:5", []string{"10.0.0.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.1"},
		{"two lines", "10.0.0.1:5", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		{"two lines, the last of them trusted", "10.0.0.1:5", []string{"198.51.100.1", "10.0.0.2"}, "198.51.100.1"},
		{"all trusted", "10.0.0.1:5", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"with a port", "10.0.0.1:5", []string{"198.51.100.1:8080"}, "198.51.100.1"},
		{"IPv6", "10.0.0.1:5", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", "10.0.0.1:5", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", "10.0.0.1:5", []string{"[2001:db8::1]:8080"}, "2001:db8::1"},
		{"IPv6 with a zone", "10.0.0.1:5", []string{"fe80::1%eth0"}, "fe80::1"},
		{"IPv6 proxies", "[2001:db8:1::1]:5", []string{"2001:db8::1, 2001:db8:1::2"}, "2001:db8::1"},
		{"IPv4-mapped", "10.0.0.1:5", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"IPv4-mapped proxy", "[::ffff:10.0.0.1]:5", []string{"198.51.100.1, ::ffff:10.0.0.2"}, "198.51.100.1"},
		{"IPv4-mapped peer", "[::ffff:203.0.113.1]:5", nil, "203.0.113.1"},
		{"spaces, tabs and empty elements", "10.0.0.1:5", []string{" 1.1.1.1 ,\t198.51.100.1\t, ,"}, "198.51.100.1"},
		{"an empty header", "10.0.0.1:5", []string{""}, "10.0.0.1"},
		{"garbage left of what counts", "10.0.0.1:5", []string{"<garbage>, unknown, 198.51.100.1"}, "198.51.100.1"},
		{"garbage", "10.0.0.1:5", []string{"garbage"}, ""},
		{"garbage right of the client", "10.0.0.1:5", []string{"198.51.100.1, garbage"}, ""},
		{"garbage left of proxies", "10.0.0.1:5", []string{"198.51.100.1, garbage, 10.0.0.2"}, ""},
		{"unknown", "10.0.0.1:5", []string{"unknown"}, ""},
		{"a name", "10.0.0.1:5", []string{"localhost"}, ""},
		{"port out of range", "10.0.0.1:5", []string{"198.51.100.1:65536"}, ""},
		{"port missing", "10.0.0.1:5", []string{"198.51.100.1:"}, ""},
		{"octet out of range", "10.0.0.1:5", []string{"198.51.100.256"}, ""},
		{"IPv4 in brackets", "10.0.0.1:5", []string{"[198.51.100.1]"}, ""},
		{"unbalanced brackets", "10.0.0.1:5", []string{"[2001:db8::1"}, ""},
		{"a prefix", "10.0.0.1:5", []string{"198.51.100.0/24"}, ""},
		{"1,000 entries", "10.0.0.1:5", []string{strings.Repeat("1.1.1.1,", 999) + "198.51.100.1"}, "198.51.100.1"},
		{"1,000 trusted entries", "10.0.0.1:5", []string{"198.51.100.1" + strings.Repeat(",10.0.0.2", 999)}, "198.51.100.1"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		r.RemoteAddr = row.peer
		r.Header["X-Forwarded-For"] = row.header
		got, err := clientAddress(r, proxies)
		if (err == nil) != (row.want != "") || err == nil && got.String() != row.want {
			t.Errorf("%s: %v and error %v, want %q", row.name, got, err, row.want)
		}
	}
}

// behindProxy trusts the tests' own address as a proxy.
func behindProxy(o *Options) { o.TrustedProxies = prefixes("127.0.0.1/32") }

func TestClientAddressIsUsedForTheLogAndForSessions(t *testing.T) {
	t.Parallel()
	s := newServer(t, behindProxy)
	r := s.postJSON(t, "/login", credentials("marisol"), "X-Forwarded-For", "1.1.1.1, 198.51.100.1")
	wantStatus(t, r, 200)
	if !strings.Contains(s.logged.String(), "route=/login status=200") || strings.Contains(s.logged.String(), "address=127.0.0.1") {
		t.Errorf("a line of the log has another address:\n%s", s.logged)
	}
	sessions := s.get(t, "/sessions", r.field("token").(string))
	if !strings.Contains(sessions.body, `"198.51.100.1"`) {
		t.Errorf("the sessions are %s", sessions.body)
	}
}

func TestMalformedForwardedForIsRefusedEverywhereButFromUntrustedPeers(t *testing.T) {
	t.Parallel()
	s := newServer(t, behindProxy)
	garbage := []string{"X-Forwarded-For", "198.51.100.1, " + canary}
	wantType(t, s.postJSON(t, "/login", credentials("marisol"), garbage...), 400, "malformed-forwarded-for")
	wantType(t, s.send(t, "GET", "/healthz", "", garbage...), 400, "malformed-forwarded-for")
	wantType(t, s.send(t, "GET", s.assets.URL("app.css"), "", garbage...), 400, "malformed-forwarded-for")
	wantStatus(t, s.send(t, "GET", "/", "", append(garbage, "Accept", "text/html")...), 400)
	if r := s.postForm(t, "/token", "username=marisol&password=x", garbage...); r.StatusCode != 400 || r.field("error") != "invalid_request" {
		t.Errorf("POST /token: %d %s", r.StatusCode, r.body)
	}
	if strings.Contains(s.logged.String(), canary) {
		t.Error("the log repeats the header")
	}
	s.restart(t, func(o *Options) { o.TrustedProxies = nil })
	wantStatus(t, s.send(t, "GET", "/healthz", "", garbage...), 200)
}

func TestHeadersOfAnUntrustedProxyAreIgnoredWithOneWarning(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Proto"} {
		s := newServer(t)
		for range 3 {
			r := s.postJSON(t, "/login", credentials("marisol"), header, "https")
			if cookie := r.Cookies()[0]; cookie.Secure || r.Header.Get("Strict-Transport-Security") != "" {
				t.Errorf("%s changed the response: %v", header, r.Header)
			}
		}
		if n := strings.Count(s.logged.String(), "TRUSTED_PROXIES"); n != 1 {
			t.Errorf("%s: %d warnings, want 1", header, n)
		}
	}
	s := newServer(t, behindProxy)
	s.send(t, "GET", "/healthz", "", "X-Forwarded-For", "198.51.100.1", "X-Forwarded-Proto", "https")
	if strings.Contains(s.logged.String(), "level=WARN") {
		t.Errorf("a trusted proxy caused a warning:\n%s", s.logged)
	}
}

func TestTrustedProxyDecidesWhetherARequestIsHTTPSUnlessPublicURLIsSet(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, publicURL string
		proto           []string
		want            bool
	}{
		{"https", "", []string{"https"}, true},
		{"in capitals", "", []string{"HTTPS"}, true},
		{"http", "", []string{"http"}, false},
		{"garbage", "", []string{"httpss"}, false},
		{"no header", "", nil, false},
		{"the client's value is left of the proxy's", "", []string{"https, http"}, false},
		{"the proxy's value is the last line", "", []string{"http", "https"}, true},
		{"PUBLIC_URL says http", "http://login.example.org", []string{"https"}, false},
		{"PUBLIC_URL says https", "https://login.example.org", []string{"http"}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, behindProxy, func(o *Options) {
				if row.publicURL != "" {
					o.PublicURL, o.PublicURLSet = row.publicURL, true
				}
			})
			var headers []string
			for _, value := range row.proto {
				headers = append(headers, "X-Forwarded-Proto", value)
			}
			r := s.postJSON(t, "/login", credentials("marisol"), headers...)
			wantStatus(t, r, 200)
			cookie := r.Cookies()[0]
			if cookie.Secure != row.want || strings.HasPrefix(cookie.Name, "__Host-") != row.want {
				t.Errorf("the cookie is %v", cookie)
			}
			if (r.Header.Get("Strict-Transport-Security") != "") != row.want {
				t.Error("HSTS does not fit")
			}
			r = s.send(t, "POST", "/refresh", "", append(headers, "Cookie", cookie.Name+"="+cookie.Value)...)
			wantStatus(t, r, 200)
			if next := r.Cookies()[0]; next.Name != cookie.Name {
				t.Errorf("the next cookie is %v", next)
			}
			r = s.send(t, "POST", "/logout", "", append(headers, "Cookie", cookie.Name+"="+r.Cookies()[0].Value)...)
			wantStatus(t, r, 204)
			if cleared := r.Cookies()[0]; cleared.Name != cookie.Name || cleared.Secure != row.want {
				t.Errorf("the cleared cookie is %v", cleared)
			}
		})
	}
}

func TestAddressOfARequestThatNoMiddlewareSaw(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "/", nil)
	authtest.Must(t, err)
	r.RemoteAddr = "[2001:db8::1%eth0]:5"
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	if got := realIP(r); got != "2001:db8::1" {
		t.Errorf("got %s", got)
	}
}
