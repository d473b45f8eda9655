package cmd_test

import (
	"encoding/pem"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestAThirdPartyLibraryMakesTheProofsOfAWholeSession runs .ci/node/bound_session.mjs, whose keys
// and proofs come from the npm package dpop, against the program: by itself, and behind a proxy
// that terminates TLS.
func TestAThirdPartyLibraryMakesTheProofsOfAWholeSession(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(cmdtest.Root(t), ".ci", "node", "node_modules", "dpop")); err != nil {
		cmdtest.Missing(t, "this test needs Node and the package dpop: npm ci --prefix .ci/node")
	}
	t.Run("without a proxy", func(t *testing.T) {
		t.Parallel()
		wantBoundSession(t, "ORIGIN="+startForProofs(t).URL)
	})
	t.Run("behind a proxy, with PUBLIC_URL", func(t *testing.T) {
		t.Parallel()
		proxy, origin := newTLSProxy(t)
		p := startForProofs(t, "PUBLIC_URL="+origin)
		wantBoundSession(t, "ORIGIN="+origin, forward(t, proxy, p))
	})
	t.Run("behind a proxy, without PUBLIC_URL", func(t *testing.T) {
		t.Parallel()
		proxy, origin := newTLSProxy(t)
		p := startForProofs(t, "ADDR=:0") // on loopback, the server would refuse the proxy's host
		wantBoundSession(t, "ORIGIN="+origin, forward(t, proxy, p))
	})
}

func startForProofs(t *testing.T, settings ...string) *cmdtest.Program {
	t.Helper()
	settings = append(settings, "ADMIN_NAME=marisol", "ADMIN_PASSWORD="+adminPassword, "TRUSTED_PROXIES=127.0.0.0/8")
	return cmdtest.Start(t, t.TempDir(), settings...)
}

// wantBoundSession runs the script, which stops with an error at the first response that is not as
// it should be.
func wantBoundSession(t *testing.T, environment ...string) {
	t.Helper()
	script := filepath.Join(cmdtest.Root(t), ".ci", "node", "bound_session.mjs")
	command := exec.CommandContext(t.Context(), "node", script)
	command.Env = append(os.Environ(), "NAME=marisol", "PASSWORD="+adminPassword)
	command.Env = append(command.Env, environment...)
	out, err := command.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "\ndone\n") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// newTLSProxy returns a proxy that does not run yet, and the origin that it will have.
func newTLSProxy(t *testing.T) (proxy *httptest.Server, origin string) {
	t.Helper()
	proxy = httptest.NewUnstartedServer(nil)
	t.Cleanup(proxy.Close)
	return proxy, "https://example.com" + port(proxy.Listener.Addr().String()) // a name in httptest's certificate
}

// forward starts the proxy, which terminates TLS and forwards to p, and returns the variable that
// makes Node trust its certificate.
func forward(t *testing.T, proxy *httptest.Server, p *cmdtest.Program) (variable string) {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: "127.0.0.1" + port(p.URL)}
	proxy.Config.Handler = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
	}}
	proxy.StartTLS()
	file := filepath.Join(t.TempDir(), "certificate.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	authtest.Must(t, os.WriteFile(file, text, 0o600))
	return "NODE_EXTRA_CA_CERTS=" + file
}

// port returns the port at the end of an address, with the colon before it.
func port(address string) string { return address[strings.LastIndex(address, ":"):] }
