package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// slow is an attack with connections that the server must wait for.
type slow struct{ size size }

// run measures GET /user with and without the slow connections, in turns, so that whatever else the
// machine does affects both. Every request opens a connection of its own.
func (a slow) run(ctx context.Context, s *server) ([]figure, error) {
	owner := newClient(s.url, ownerAddress)
	defer owner.close()
	token, _, err := idleLogin(ctx, owner)
	if err != nil {
		return nil, err
	}
	a.round(ctx, s.url, token) // warms up both sides
	var idle, attacked, answers samples
	total := report{Answers: map[string]int{}}
	for range a.size.rounds {
		quiet := a.round(ctx, s.url, token)
		attacker, err := startAttacker(ctx, order{URL: s.url, Clients: a.size.slow, Addresses: 250})
		if err != nil {
			return nil, err
		}
		time.Sleep(min(2*time.Second, a.size.flood)) // until the connections stand
		busy := a.round(ctx, s.url, token)
		r, err := attacker.end()
		if err != nil {
			return nil, err
		}
		for answer, n := range r.Answers {
			total.Answers[answer] += n
		}
		idle.add(quiet.percentile(99), true)
		attacked.add(busy.percentile(99), true)
		answers.all = append(answers.all, busy.all...)
	}
	before, during := idle.percentile(50), attacked.percentile(50)
	return []figure{
		{
			what: "GET /user answered 200", required: "all", measured: fmt.Sprintf("%d of %d", answers.good(), len(answers.all)),
			ok: answers.good() == len(answers.all) && len(answers.all) > 0,
		},
		{
			what:     fmt.Sprintf("GET /user, p99 (median of %d rounds)", a.size.rounds),
			required: "twice the idle " + inMilliseconds(before), measured: inMilliseconds(during), speed: true,
			ok: during <= 2*before,
		},
		{what: "slow connections", required: "-", measured: total.String(), info: true},
	}, ctx.Err()
}

// round sends GET /user a few hundred times, one after another, and returns the times.
func (a slow) round(ctx context.Context, serverURL, token string) samples {
	c := newClient(serverURL, watcherAddress)
	defer c.close()
	if transport, isTransport := c.http.Transport.(*http.Transport); isTransport {
		transport.DisableKeepAlives = true
	}
	var times samples
	for range a.size.probes {
		began := time.Now()
		status, err := c.user(ctx, token)
		times.add(time.Since(began), err == nil && status == http.StatusOK)
		time.Sleep(5 * time.Millisecond)
	}
	return times
}

// holdSlowly opens a slow connection, and the next one as soon as the server has closed it.
func (o order) holdSlowly(ctx context.Context, address string, number int, counts *counter) {
	server, err := url.Parse(o.URL)
	if err != nil {
		return
	}
	kinds := []func(context.Context, net.Conn, string) error{slowHeader, slowBody, slowReader}
	names := []string{"slow headers", "slow bodies", "slow readers"}
	kind := number % len(kinds)
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: answerTimeout}
	for ctx.Err() == nil {
		conn, err := dialer.DialContext(ctx, "tcp", server.Host)
		if err != nil {
			counts.add("refused")
			time.Sleep(100 * time.Millisecond)
			continue
		}
		counts.add(names[kind])
		_ = kinds[kind](ctx, conn, server.Host) // ends when the server has had enough
		_ = conn.Close()
		time.Sleep(10 * time.Millisecond)
	}
}

// slowHeader sends one header field a second, and never the end.
func slowHeader(ctx context.Context, conn net.Conn, host string) error {
	if _, err := fmt.Fprintf(conn, "GET /user HTTP/1.1\r\nHost: %s\r\n", host); err != nil {
		return err
	}
	return everySecond(ctx, conn, "X-Wait: 1\r\n")
}

// slowBody announces a body and sends one byte of it a second.
func slowBody(ctx context.Context, conn net.Conn, host string) error {
	if _, err := fmt.Fprintf(conn, "POST /login HTTP/1.1\r\nHost: %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{", host); err != nil {
		return err
	}
	return everySecond(ctx, conn, " ")
}

// everySecond sends text every second until the server closes the connection.
func everySecond(ctx context.Context, conn net.Conn, text string) error {
	closed := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		close(closed)
	}()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-closed:
			return io.EOF
		case <-time.After(time.Second):
		}
		if _, err := io.WriteString(conn, text); err != nil {
			return err
		}
	}
}

// slowReader asks for the largest file again and again and reads one byte a second.
func slowReader(ctx context.Context, conn net.Conn, host string) error {
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		if err := tcp.SetReadBuffer(4 << 10); err != nil {
			return err
		}
	}
	for range 20 {
		if _, err := fmt.Fprintf(conn, "GET /static/0/swagger-ui/swagger-ui-bundle.js HTTP/1.1\r\nHost: %s\r\n\r\n", host); err != nil {
			return err
		}
	}
	one := make([]byte, 1)
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Second):
		}
		if _, err := conn.Read(one); err != nil {
			return err
		}
	}
}
