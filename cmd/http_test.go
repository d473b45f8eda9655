package cmd_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestStoppingServerFinishesRequestsInProgress stops the server in the middle of a login. That the
// server has sent "100 Continue" shows that it is reading the request.
func TestStoppingServerFinishesRequestsInProgress(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "ADMIN_PASSWORD="+adminPassword)
	connection := dial(t, p)
	body := `{"name":"admin","password":"` + adminPassword + `"}`
	_, err := fmt.Fprintf(connection, "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	authtest.Must(t, err)
	reader := bufio.NewReader(connection)
	if line, _ := reader.ReadString('\n'); !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server sent %q", line)
	}
	p.Signal()
	p.WaitFor("stopping")
	_, err = io.WriteString(connection, body)
	authtest.Must(t, err)
	_, err = reader.Discard(len("\r\n"))
	authtest.Must(t, err)
	response, err := http.ReadResponse(reader, nil)
	authtest.Must(t, err)
	defer response.Body.Close()
	if response.StatusCode != 200 {
		t.Errorf("status %d, want 200", response.StatusCode)
	}
	p.Wait()
}

func TestReadinessEndsAtOnceAndEverythingIsServedDuringTheDrainDelay(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "ADMIN_PASSWORD="+adminPassword, "DRAIN_DELAY=5m")
	if status, _ := p.Get("/readyz", ""); status != 200 {
		t.Fatalf("GET /readyz before: status %d", status)
	}
	p.Signal()
	p.WaitFor("no longer ready")
	if status, body := p.Get("/readyz", ""); status != 503 || !strings.Contains(body, "/problems/stopping") {
		t.Errorf("GET /readyz: status %d: %s", status, body)
	}
	if status, _ := p.Get("/healthz", ""); status != 200 {
		t.Errorf("GET /healthz: status %d", status)
	}
	if status, _ := p.Login("admin", adminPassword); status != 200 {
		t.Errorf("POST /login: status %d", status)
	}
	if strings.Contains(p.Log(), "stopping after") {
		t.Error("the server did not wait for the drain delay")
	}
}

func TestServerStopsAfterTheDrainDelay(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "DRAIN_DELAY=1s")
	start := time.Now()
	log := p.Stop() // which fails unless the exit code is 0
	if waited := time.Since(start); waited < time.Second {
		t.Errorf("it stopped after %s", waited)
	}
	if !strings.Contains(log, "stopping after the requests in progress") {
		t.Errorf("the log is\n%s", log)
	}
}

// TestHeadersOverTheLimitAreRefused sends a request line and headers of exactly as many bytes as
// are allowed, and of one more.
func TestHeadersOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	for size, want := range map[int]int{
		16 << 10:   http.StatusOK,
		16<<10 + 1: http.StatusRequestHeaderFieldsTooLarge,
		20 << 10:   http.StatusRequestHeaderFieldsTooLarge,
		100 << 10:  http.StatusRequestHeaderFieldsTooLarge,
	} {
		connection := dial(t, p)
		head := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Large: "
		_, err := io.WriteString(connection, head+strings.Repeat("x", size-len(head)-4)+"\r\n\r\n")
		authtest.Must(t, err)
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		authtest.Must(t, err)
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%d bytes: status %d, want %d", size, response.StatusCode, want)
		}
	}
}

// TestSlowRequestsAreCutOff sends requests that never end, and waits for the server to hang up.
func TestSlowRequestsAreCutOff(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	const body = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	for name, request := range map[string]string{
		"nothing":                       "",
		"headers":                       "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"a body":                        "POST /login HTTP/1.1\r\n" + body,
		"a body that nothing waits for": "POST /refresh HTTP/1.1\r\n" + body,
		"a chunked body":                "POST /token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connection := dial(t, p)
			_, err := io.WriteString(connection, request)
			authtest.Must(t, err)
			authtest.Must(t, connection.SetReadDeadline(time.Now().Add(2*time.Minute))) // far beyond the server's limit
			if _, err := io.ReadAll(connection); err != nil {
				t.Errorf("the server did not hang up: %v", err)
			}
		})
	}
}

func TestRequestIsAnsweredWhile1000SlowOnesAreOpen(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir(), "ADMIN_PASSWORD="+adminPassword)
	for i := range 1000 {
		head := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
		if i%2 == 1 {
			head = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
		}
		_, err := io.WriteString(dial(t, p), head)
		authtest.Must(t, err)
	}
	status, token := p.Login("admin", adminPassword)
	if status != 200 || p.Who(token) != 200 {
		t.Errorf("POST /login: status %d", status)
	}
}

// TestServerKeepsAtMost4096ConnectionsOpen fills the server with idle connections from one address.
func TestServerKeepsAtMost4096ConnectionsOpen(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	flood := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	var newest net.Conn
	for i := range 4097 {
		connection, err := flood.DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.EADDRNOTAVAIL) {
			cmdtest.Missing(t, "this test needs 5,000 open files (ulimit -n) and the address 127.0.0.2")
		}
		authtest.Must(t, err)
		t.Cleanup(func() { connection.Close() })
		answered := isAnswered(connection)
		if beyond := i == 4096; answered == beyond {
			t.Fatalf("connection %d was answered: %v", i+1, answered)
		}
		if answered {
			newest = connection
		}
	}
	if !isAnswered(dial(t, p)) {
		t.Error("a connection from another address was not answered")
	}
	if isAnswered(newest) {
		t.Error("the newest connection of the flood is still open")
	}
}

// isAnswered sends a request and reports whether the server answers it.
func isAnswered(connection net.Conn) bool {
	if _, err := io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return false
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err == nil && response.Body.Close() == nil
}

// dial opens a connection that ends with the test.
func dial(t *testing.T, p *cmdtest.Program) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
	authtest.Must(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}
