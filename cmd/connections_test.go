package cmd

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// newLimitedListener listens on loopback, keeps at most limit connections open, and greets each.
func newLimitedListener(t *testing.T, limit int, trusted ...netip.Prefix) *limitedListener {
	t.Helper()
	listener, err := listen(t.Context(), "127.0.0.1:0")
	authtest.Must(t, err)
	l := limitConnections(listener, limit, trusted)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.WriteString(c, "!")
				_, _ = io.Copy(io.Discard, c) // until the client or the listener closes it
			}()
		}
	}()
	return l
}

// patience only bounds a test that fails.
const patience = time.Minute

// client is a client's end of a connection.
type client struct{ net.Conn }

// connectFrom opens a connection from an address of this machine.
func connectFrom(t *testing.T, l net.Listener, address string) client {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	c, err := dialer.DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil && strings.Contains(err.Error(), "cannot assign") {
		t.Skip("this test needs all of 127.0.0.0/8 on the loopback interface, as Linux has it")
	}
	authtest.Must(t, err)
	t.Cleanup(func() { c.Close() })
	authtest.Must(t, c.SetReadDeadline(time.Now().Add(patience)))
	return client{c}
}

// greeted reports whether the connection was accepted and not closed at once.
func (c client) greeted(t *testing.T) bool {
	t.Helper()
	one := make([]byte, 1)
	_, err := io.ReadFull(c, one)
	return err == nil
}

// waitForClose returns when the server has closed the connection.
func (c client) waitForClose(t *testing.T) {
	t.Helper()
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server did not close the connection: %v", err)
	}
}

// wantOpen fails unless the connection is still open.
func (c client) wantOpen(t *testing.T, what string) {
	t.Helper()
	authtest.Must(t, c.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%s was closed: %v", what, err)
	}
	authtest.Must(t, c.SetReadDeadline(time.Now().Add(patience)))
}

func TestNewcomerDisplacesTheNewestConnectionOfTheAddressThatHasTheMost(t *testing.T) {
	t.Parallel()
	l := newLimitedListener(t, 6)
	var flood []client
	for range 4 {
		flood = append(flood, connectFrom(t, l, "127.0.0.2"))
		flood[len(flood)-1].greeted(t)
	}
	var others []client
	for _, address := range []string{"127.0.0.3", "127.0.0.3", "127.0.0.4", "127.0.0.5"} { // the last two displace
		p := connectFrom(t, l, address)
		if !p.greeted(t) {
			t.Fatalf("a connection from %s was refused", address)
		}
		others = append(others, p)
	}
	flood[3].waitForClose(t)
	flood[2].waitForClose(t)
	flood[0].wantOpen(t, "the first connection of the flood")
	flood[1].wantOpen(t, "the second connection of the flood")
	for _, p := range others {
		p.wantOpen(t, "a connection of another address")
	}
}

func TestAddressThatHasTheMostCannotDisplaceOthers(t *testing.T) {
	t.Parallel()
	l := newLimitedListener(t, 3)
	first, second := connectFrom(t, l, "127.0.0.2"), connectFrom(t, l, "127.0.0.2")
	other := connectFrom(t, l, "127.0.0.3")
	if !first.greeted(t) || !second.greeted(t) || !other.greeted(t) {
		t.Fatal("a connection was refused before the limit")
	}
	for range 20 {
		if connectFrom(t, l, "127.0.0.2").greeted(t) {
			t.Error("a connection beyond the limit was accepted")
		}
	}
	for _, p := range []client{first, second, other} {
		p.wantOpen(t, "an earlier connection")
	}
}

func TestAmongEqualsTheConnectionThatHasBeenOpenForLongestIsDisplaced(t *testing.T) {
	t.Parallel()
	l := newLimitedListener(t, 2)
	first, second := connectFrom(t, l, "127.0.0.2"), connectFrom(t, l, "127.0.0.3")
	first.greeted(t)
	second.greeted(t)
	third := connectFrom(t, l, "127.0.0.4")
	if !third.greeted(t) {
		t.Error("the newcomer was refused")
	}
	first.waitForClose(t)
	second.wantOpen(t, "the younger connection")
}

func TestClosedConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	l := newLimitedListener(t, 2)
	for range 10 {
		p := connectFrom(t, l, "127.0.0.2")
		if !p.greeted(t) {
			t.Fatal("a connection was refused although the earlier ones were closed")
		}
		authtest.Must(t, p.Conn.(*net.TCPConn).CloseWrite())
		p.waitForClose(t)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) > 0 || l.count > 0 {
		t.Errorf("%d addresses and %d connections are remembered", len(l.open), l.count)
	}
}

func TestConnectionsOfTrustedProxiesAreNeverDisplaced(t *testing.T) {
	t.Parallel()
	l := newLimitedListener(t, 4, netip.MustParsePrefix("127.0.0.2/32"))
	connect := func(address string) client {
		c := connectFrom(t, l, address)
		if !c.greeted(t) {
			t.Fatalf("a connection from %s was refused", address)
		}
		return c
	}
	proxy := []client{connect("127.0.0.2"), connect("127.0.0.2"), connect("127.0.0.2")}
	direct := connect("127.0.0.3")
	another := connect("127.0.0.4") // the limit counts the proxy's: it displaces, but not one of them
	direct.waitForClose(t)
	proxy = append(proxy, connect("127.0.0.2")) // nor does the number of the proxy's matter
	another.waitForClose(t)
	for _, address := range []string{"127.0.0.3", "127.0.0.2"} {
		if connectFrom(t, l, address).greeted(t) {
			t.Errorf("a connection from %s was accepted although nothing could be displaced", address)
		}
	}
	for _, c := range proxy {
		c.wantOpen(t, "a connection of the proxy")
	}
}

// TestSlowReaderIsCutOff requests a response that never ends, and does not read it.
func TestSlowReaderIsCutOff(t *testing.T) {
	t.Parallel()
	listener, err := listen(t.Context(), "127.0.0.1:0")
	authtest.Must(t, err)
	endless := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for err := error(nil); err == nil; {
			_, err = w.Write(make([]byte, 1<<16))
		}
	})
	server := newHTTPServer(endless, slog.New(slog.DiscardHandler))
	closed := make(chan struct{}, 1)
	server.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			closed <- struct{}{}
		}
	}
	go server.Serve(limitConnections(listener, maxConnections, nil))
	t.Cleanup(func() { server.Close() })
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
	authtest.Must(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	authtest.Must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // far beyond the server's limit
	defer cancel()
	select {
	case <-closed:
	case <-ctx.Done():
		t.Error("the server did not hang up")
	}
}
