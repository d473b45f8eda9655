package cmd_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// statusOf sends GET path with a Host and pairs of header names and values.
func statusOf(t *testing.T, p *cmdtest.Program, path, host string, headers ...string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+path, nil)
	authtest.Must(t, err)
	request.Host = host
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	authtest.Must(t, err)
	response.Body.Close()
	return response.StatusCode
}

func TestServerRefusesOtherHostNamesOnlyOnLoopback(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "PUBLIC_URL=https://login.example.org")
	for host, want := range map[string]int{"login.example.org": 200, "localhost": 200, "": 200, "evil.example": 421} {
		if got := statusOf(t, p, "/healthz", host); got != want {
			t.Errorf("on loopback, Host %q: status %d, want %d", host, got, want)
		}
	}
	p = cmdtest.Start(t, t.TempDir(), "ADDR=0.0.0.0:0")
	if got := statusOf(t, p, "/healthz", "latchkey.internal"); got != 200 {
		t.Errorf("on all addresses: status %d", got)
	}
}

func TestServerBelievesItsTrustedProxies(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "TRUSTED_PROXIES=127.0.0.1")
	if got := statusOf(t, p, "/login", "", "X-Forwarded-For", "1.1.1.1, 198.51.100.1"); got != 200 {
		t.Errorf("status %d", got)
	}
	if got := statusOf(t, p, "/login", "", "X-Forwarded-For", "garbage"); got != 400 {
		t.Errorf("garbage: status %d", got)
	}
	if log := p.Stop(); !strings.Contains(log, `"198.51.100.1"`) || strings.Contains(log, `"1.1.1.1"`) {
		t.Errorf("the log is\n%s", log)
	}
}

// guess tries wrong passwords until one is throttled, and returns how many were not.
func guess(p *cmdtest.Program, limit int) (checked int) {
	for range limit {
		if status, _ := p.Login("admin", "wrong horse battery"); status == http.StatusTooManyRequests {
			return checked
		}
		checked++
	}
	return checked
}

func TestGuessesAreThrottledUnlessRateLimitIsOff(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	if n := guess(p, 60); n == 60 {
		t.Error("60 guesses were checked")
	}
	if strings.Contains(p.Log(), "RATE_LIMIT") {
		t.Error("the log warns of RATE_LIMIT")
	}
	p = cmdtest.Start(t, t.TempDir(), "RATE_LIMIT=off")
	if n := guess(p, 60); n < 60 {
		t.Errorf("%d guesses were checked, and then they were throttled", n)
	}
	if line := p.WaitFor("RATE_LIMIT is off: passwords can be guessed without limit"); !strings.Contains(line, `"WARN"`) {
		t.Errorf("the line is %s", line)
	}
}

func TestServerFollowsTheKeysCommandsDuringTheDrainDelay(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=ES256", "DRAIN_DELAY=5m")
	p := cmdtest.Start(t, folder)
	p.Signal()
	p.WaitFor("no longer ready")
	wantDone(t, folder, "", "retiring", "keys", "rotate", "--force")
	eventually(t, "three keys are published", func() bool { return len(publishedKeys(t, p)) == 3 })
}
