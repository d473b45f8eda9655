package cmd_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestExampleAPIsBlameNobodyWithoutAKeySet wants no 401, because the token may be valid, and no
// fetch for each request.
func TestExampleAPIsBlameNobodyWithoutAKeySet(t *testing.T) {
	t.Parallel()
	s := newSigner(t, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret)
	problem := `{"type":"/problems/unavailable","title":"Service Unavailable","status":503}`
	for reason, answer := range map[string]http.HandlerFunc{
		"unreachable": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"503":         func(w http.ResponseWriter, _ *http.Request) { http.Error(w, problem, http.StatusServiceUnavailable) },
		"HTML":        func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<!doctype html>")) },
		"no keys":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
	} {
		for name, prepare := range exampleAPIs() {
			t.Run(name+", "+reason, func(t *testing.T) {
				t.Parallel()
				api := prepare(t)
				var fetches atomic.Int32
				site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					fetches.Add(1)
					answer(w, r)
				}))
				t.Cleanup(site.Close)
				cmdtest.StartApp(t, api.prepare(t.Context(), "ISSUER="+site.URL, "JWT_ALG=ES256"), api.address)
				start := time.Now()
				for range 5 {
					if status, _, body := api.hello(t, "Bearer "+s.token); status < 500 {
						t.Errorf("status %d: %s", status, body)
					}
				}
				if limit := 1 + int32(time.Since(start)/(10*time.Second)); fetches.Load() == 0 || fetches.Load() > limit {
					t.Errorf("the key set was fetched %d times, want at least once and at most %d times", fetches.Load(), limit)
				}
			})
		}
	}
}

// TestExampleAPIsAnswerWhileTheyFetchTheKeySet lets a token with an unknown key cause a fetch, and
// does not answer that.
func TestExampleAPIsAnswerWhileTheyFetchTheKeySet(t *testing.T) {
	t.Parallel()
	for name, prepare := range exampleAPIs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api, s := prepare(t), newSigner(t, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret)
			cmdtest.StartApp(t, api.prepare(t.Context(), "ISSUER="+s.origin, "JWT_ALG=ES256"), api.address)
			api.wantAccepted(t, "a known key", s.token)

			held := make(chan context.Context, 1)
			released := make(chan struct{})
			t.Cleanup(func() { close(released) })
			s.hold(func(fetch context.Context) {
				select {
				case held <- fetch:
				case <-released:
				}
				<-released
			})
			unknown := s.sign(t, map[string]any{"kid": "unknown"}, nil)
			var fetch context.Context
			eventually(t, "the API fetches the key set again", func() bool {
				go func() {
					request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+api.address+"/hello", nil)
					if err != nil {
						return
					}
					request.Header.Set("Authorization", "Bearer "+unknown)
					if response, err := http.DefaultClient.Do(request); err == nil {
						_ = response.Body.Close()
					}
				}()
				select {
				case fetch = <-held:
					return true
				default:
					return false
				}
			})
			api.wantAccepted(t, "a known key, during the fetch", s.token)
			if fetch.Err() != nil {
				t.Error("the answer came after the fetch")
			}
		})
	}
}

// TestExpressMiddlewarePassesItsErrorsOn calls the middleware, as Express does. Express 4 looks at
// no promise: what an async middleware throws ends the process.
func TestExpressMiddlewarePassesItsErrorsOn(t *testing.T) {
	t.Parallel()
	api := exampleAPIs()["Express"](t)
	s := newSigner(t, "JWT_ALG=ES256", "JWT_SECRET="+sharedSecret)
	script := `import { requireUser } from './latchkey.mjs';
		await requireUser({ get: () => 'Bearer ` + s.token + `' }, null, (error) => console.log(error instanceof Error));`
	command := exec.CommandContext(t.Context(), "node", "--input-type=module", "--eval", script)
	command.Dir = api.folder
	command.Env = append(command.Environ(), "ISSUER=http://"+cmdtest.FreeAddress(t), "JWT_ALG=ES256")
	out, err := command.CombinedOutput()
	authtest.Must(t, err)
	if strings.TrimSpace(string(out)) != "true" {
		t.Errorf("next is called with an error: %s", out)
	}
}
