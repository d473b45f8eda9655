package cmd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

const (
	sharedSecret = "a secret that Latchkey and its APIs hold"
	olderSecret  = "a secret that is about to be replaced now"
)

// exampleAPI is one of the APIs in examples/, ready to be started.
type exampleAPI struct {
	folder  string
	command []string // with the name of the program first
	address string
}

// exampleAPIs returns functions that prepare the APIs, or skip a test where their language is
// missing.
func exampleAPIs() map[string]func(*testing.T) exampleAPI {
	return map[string]func(*testing.T) exampleAPI{
		"FastAPI": func(t *testing.T) exampleAPI {
			python := "/usr/bin/python3" // Debian's, which sees Debian's packages
			if exec.CommandContext(t.Context(), python, "-c", "import cryptography, fastapi, jwt, uvicorn").Run() != nil {
				cmdtest.Missing(t, "this test needs FastAPI: apt-get install python3-fastapi python3-jwt python3-cryptography uvicorn")
			}
			address := cmdtest.FreeAddress(t)
			_, port, _ := strings.Cut(address, ":")
			return exampleAPI{filepath.Join(cmdtest.CopyExamples(t), "fastapi"), []string{python, "-m", "uvicorn", "main:app", "--port", port}, address}
		},
		"Express": func(t *testing.T) exampleAPI {
			cmdtest.NeedExpress(t)
			return exampleAPI{filepath.Join(cmdtest.CopyExamples(t), "express"), []string{"node", "server.js"}, cmdtest.FreeAddress(t)}
		},
		"Go": func(t *testing.T) exampleAPI {
			binary := filepath.Join(t.TempDir(), "api")
			if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "latchkey/examples/go").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			return exampleAPI{t.TempDir(), []string{binary}, cmdtest.FreeAddress(t)}
		},
	}
}

// prepare returns the command that runs the API with these settings.
func (a exampleAPI) prepare(ctx context.Context, settings ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, a.command[0], a.command[1:]...)
	command.Dir = a.folder
	_, port, _ := strings.Cut(a.address, ":")
	command.Env = append(append(os.Environ(), "PORT="+port), settings...)
	return command
}

// hello sends GET /hello with an Authorization header, unless that is empty.
func (a exampleAPI) hello(t *testing.T, authorization string) (status int, challenge, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+a.address+"/hello", nil)
	authtest.Must(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	authtest.Must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	authtest.Must(t, err)
	return response.StatusCode, response.Header.Get("WWW-Authenticate"), string(text)
}

// wantAccepted fails the test unless the API greets the user of a token.
func (a exampleAPI) wantAccepted(t *testing.T, name, token string) {
	t.Helper()
	if status, _, body := a.hello(t, "Bearer "+token); status != 200 || strings.TrimSpace(body) != `{"hello":"marisol"}` {
		t.Errorf("%s: status %d: %s", name, status, body)
	}
}

// wantRefused fails the test unless the API asks for a valid token.
func (a exampleAPI) wantRefused(t *testing.T, name, authorization string) {
	t.Helper()
	status, challenge, body := a.hello(t, authorization)
	if status != 401 || challenge != "Bearer" || strings.Contains(body, "marisol") {
		t.Errorf("%s: status %d, WWW-Authenticate %q: %s", name, status, challenge, body)
	}
}

// TestExampleAPIsAcceptOurTokensAndNoOthers signs tokens as Latchkey does. Each differs from a
// valid one in one thing.
func TestExampleAPIsAcceptOurTokensAndNoOthers(t *testing.T) {
	t.Parallel()
	for name, prepare := range exampleAPIs() {
		t.Run(name+" with HS256", func(t *testing.T) {
			t.Parallel()
			api := prepare(t)
			s := newSigner(t, "JWT_SECRET="+sharedSecret)
			s.method, s.key, s.id = jwt.SigningMethodHS256, []byte(sharedSecret), nil
			cmdtest.StartApp(t, api.prepare(t.Context(), "ISSUER="+s.origin, "JWT_SECRET="+sharedSecret+","+olderSecret+","), api.address)
			s.wantVerified(t, api)
			older := authtest.SignProof(t, s.method, []byte(olderSecret), s.header(nil), s.claims)
			api.wantAccepted(t, "signed with the older secret", older)
			api.wantRefused(t, "no algorithm", "Bearer "+authtest.SignProof(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, s.header(nil), s.claims))
			api.wantRefused(t, "signed with an empty secret", "Bearer "+authtest.SignProof(t, s.method, []byte{}, s.header(nil), s.claims))
			if s.fetches.Load() != 0 {
				t.Error("the key set was fetched")
			}
		})
		t.Run(name+" with ES256", func(t *testing.T) {
			t.Parallel()
			api := prepare(t)
			s := newSigner(t, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret)
			cmdtest.StartApp(t, api.prepare(t.Context(), "ISSUER="+s.origin, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret), api.address)
			s.wantVerified(t, api)
			for name, secret := range map[string]string{"the secret": sharedSecret, "nothing": ""} {
				confused := authtest.SignProof(t, jwt.SigningMethodHS256, []byte(secret), s.header(nil), s.claims)
				api.wantRefused(t, "signed with HS256 and "+name, "Bearer "+confused)
			}
			key := headerOf(t, s.token).Kid
			api.wantRefused(t, "not signed by the key it names", "Bearer "+s.sign(t, map[string]any{"kid": key}, nil))
			for _, id := range []any{nil, "", 1, "unknown"} {
				api.wantRefused(t, fmt.Sprintf("key %v", id), "Bearer "+s.sign(t, map[string]any{"kid": id}, nil))
			}
		})
	}
}

// signer stands in front of a Latchkey whose first user is marisol. It publishes a key of its own
// beside those of Latchkey, so that it can sign tokens that Latchkey never would.
type signer struct {
	*cmdtest.Program
	origin  string // the issuer
	fetches atomic.Int32
	onFetch atomic.Pointer[func(context.Context)]
	token   string // one of Latchkey's, and its claims
	claims  map[string]any
	method  jwt.SigningMethod
	key     any
	id      any // of the key
}

func newSigner(t *testing.T, settings ...string) *signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	authtest.Must(t, err)
	s := &signer{method: jwt.SigningMethodES256, key: key, id: "the test's"}
	site := httptest.NewUnstartedServer(nil)
	s.origin = "http://" + site.Listener.Addr().String()
	settings = append(settings, "PUBLIC_URL="+s.origin, "ADMIN_NAME=marisol", "ADMIN_PASSWORD="+adminPassword)
	folder := t.TempDir()
	writeFile(t, filepath.Join(folder, ".env"), strings.Join(quoted(settings), "\n"))
	s.Program = cmdtest.Start(t, folder)
	target, err := url.Parse(s.URL)
	authtest.Must(t, err)
	own := authtest.Merge(authtest.PublicJWK(t, key), map[string]any{"kid": s.id, "alg": "ES256", "use": "sig"})
	site.Config.Handler = &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(response *http.Response) error {
			s.fetches.Add(1)
			if wait := s.onFetch.Load(); wait != nil {
				(*wait)(response.Request.Context())
			}
			return addKey(response, own)
		},
	}
	site.Start()
	t.Cleanup(site.Close)
	_, s.token = s.Login("marisol", adminPassword)
	claims := jwt.MapClaims{}
	_, _, err = jwt.NewParser().ParseUnverified(s.token, claims)
	authtest.Must(t, err)
	s.claims = claims
	return s
}

// hold lets fetches of the key set wait until a function returns, which gets their context.
func (s *signer) hold(wait func(fetch context.Context)) { s.onFetch.Store(&wait) }

// quoted puts the values of settings in single quotes, for .env.
func quoted(settings []string) (lines []string) {
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		lines = append(lines, name+"='"+value+"'")
	}
	return lines
}

// addKey adds a key to the key set in a response.
func addKey(response *http.Response, key map[string]any) error {
	var set struct {
		Keys []map[string]any `json:"keys"`
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return err
	}
	set.Keys = append(set.Keys, key)
	text, err := json.Marshal(set)
	response.Body = io.NopCloser(strings.NewReader(string(text)))
	response.ContentLength = int64(len(text))
	response.Header.Del("Content-Length")
	return err
}

// header returns the header of a valid token with these changes; nil removes a member.
func (s *signer) header(changes map[string]any) map[string]any {
	return authtest.Merge(map[string]any{"typ": "at+jwt", "kid": s.id}, changes)
}

// sign returns a token that differs from a valid one in these members; nil removes one.
func (s *signer) sign(t *testing.T, header, claims map[string]any) string {
	t.Helper()
	return authtest.SignProof(t, s.method, s.key, s.header(header), authtest.Merge(s.claims, claims))
}

// wantVerified fails the test unless the API verifies what every service must verify.
func (s *signer) wantVerified(t *testing.T, api exampleAPI) {
	t.Helper()
	api.wantAccepted(t, "our token", s.token)
	good := s.sign(t, nil, nil)
	api.wantAccepted(t, "our token, signed again", good)
	parts := strings.Split(good, ".")
	type members = map[string]any
	for name, token := range map[string]string{
		"altered signature":      parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])),
		"no signature":           parts[0] + "." + parts[1] + ".",
		"another type of JWT":    s.sign(t, members{"typ": "JWT"}, nil),
		"no type":                s.sign(t, members{"typ": nil}, nil),
		"another issuer":         s.sign(t, nil, members{"iss": "https://elsewhere.example"}),
		"no issuer":              s.sign(t, nil, members{"iss": nil}),
		"another audience":       s.sign(t, nil, members{"aud": "billing"}),
		"no audience":            s.sign(t, nil, members{"aud": nil}),
		"expired":                s.sign(t, nil, members{"exp": 1_700_000_000}),
		"without an expiry":      s.sign(t, nil, members{"exp": nil}),
		"not valid yet":          s.sign(t, nil, members{"nbf": time.Now().Add(time.Hour).Unix()}),
		"without a subject":      s.sign(t, nil, members{"sub": nil}),
		"not a token":            "hello",
		"not even three parts":   "e30.e30",
		"nothing after the word": "",
	} {
		api.wantRefused(t, name, "Bearer "+token)
	}
	api.wantRefused(t, "another scheme", "Basic "+good)
	api.wantRefused(t, "no token", "")
}

// TestExampleAPIsFollowARotation rotates the key twice. The first new key was published ahead; the
// second one is new to an API that has cached the key set.
func TestExampleAPIsFollowARotation(t *testing.T) {
	t.Parallel()
	for name, prepare := range exampleAPIs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := prepare(t)
			s := newSigner(t, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret)
			cmdtest.StartApp(t, api.prepare(t.Context(), "ISSUER="+s.origin, "JWT_ALG=ES256"), api.address)
			start := time.Now()
			api.wantAccepted(t, "a token of the first key", s.token)
			tokens := []string{s.token, s.rotate(t)}
			api.wantAccepted(t, "a token of the second key", tokens[1])
			tokens = append(tokens, s.rotate(t))
			for range 30 {
				api.wantRefused(t, "unknown key", "Bearer "+s.sign(t, map[string]any{"kid": rand.Text()}, nil))
			}
			if limit := 1 + int32(time.Since(start)/(10*time.Second)); s.fetches.Load() > limit {
				t.Errorf("the key set was fetched %d times, at most %d are allowed", s.fetches.Load(), limit)
			}
			eventually(t, "the API fetches the third key", func() bool {
				status, _, _ := api.hello(t, "Bearer "+tokens[2])
				return status == 200
			})
			for _, token := range tokens {
				api.wantAccepted(t, "a token from before", token)
			}
		})
	}
}

// rotate rotates Latchkey's key and returns a token of the new one.
func (s *signer) rotate(t *testing.T) (token string) {
	t.Helper()
	before := publishedKeys(t, s.Program)
	wantDone(t, s.Folder, "", "current", "keys", "rotate", "--force")
	eventually(t, "another key signs", func() bool { return publishedKeys(t, s.Program)[0] != before[0] })
	_, token = s.Login("marisol", adminPassword)
	return token
}

// TestExampleAPIsNeedTheirSettings starts none of them with half of its settings.
func TestExampleAPIsNeedTheirSettings(t *testing.T) {
	t.Parallel()
	for name, prepare := range exampleAPIs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := prepare(t)
			for _, missing := range []string{"ISSUER=", "JWT_SECRET=", "JWT_SECRET=,", "JWT_ALG=none"} {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				out, err := api.prepare(ctx, "ISSUER=http://127.0.0.1:8000", "JWT_SECRET="+sharedSecret, missing).CombinedOutput()
				cancel()
				if err == nil || !strings.Contains(string(out), "set ISSUER, and JWT_SECRET or JWT_ALG=ES256") {
					t.Errorf("with %s: %v: %s", missing, err, out)
				}
			}
		})
	}
}
