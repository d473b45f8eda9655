package cmd_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
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

func TestOversizedHeadersAreRefused(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	request, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"/healthz", nil)
	authtest.Must(t, err)
	request.Header.Set("X-Large", strings.Repeat("x", 100<<10))
	response, err := http.DefaultClient.Do(request)
	authtest.Must(t, err)
	response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", response.StatusCode)
	}
}

// TestSlowHeadersAreCutOff sends a header that never ends, and waits for the server to hang up.
func TestSlowHeadersAreCutOff(t *testing.T) {
	t.Parallel()
	p := cmdtest.Start(t, t.TempDir())
	connection := dial(t, p)
	_, err := io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	authtest.Must(t, err)
	authtest.Must(t, connection.SetReadDeadline(time.Now().Add(2*time.Minute))) // far beyond the server's limit
	if _, err := io.ReadAll(connection); err != nil {
		t.Errorf("the server did not hang up: %v", err)
	}
}

// dial opens a connection that ends with the test.
func dial(t *testing.T, p *cmdtest.Program) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
	authtest.Must(t, err)
	t.Cleanup(func() { connection.Close() })
	return connection
}
