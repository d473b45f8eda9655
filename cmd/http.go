package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"latchkey/handlers"
)

// drainTime bounds how long requests in progress may take after the listener has closed.
const drainTime = 10 * time.Second

// maxHeaders is the size limit of a request line with all headers, in bytes. net/http adds 4 KiB to
// the limit that it is given.
const maxHeaders = 16 << 10

// listen binds a TCP address.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening on ADDR: %w; set ADDR to a free address of this machine, such as 127.0.0.1:8001", err)
	}
	return listener, nil
}

// httpServer serves HTTP.
type httpServer struct {
	handler        *handlers.Handler
	trustedProxies []netip.Prefix
	drainDelay     time.Duration // between the end of readiness and that of the listener
	log            *slog.Logger
}

// serve serves on listener until ctx ends. Then /readyz fails, and everything is still served for
// the drain delay. After that, the server accepts no more requests and waits for those in progress,
// up to drainTime.
func (s httpServer) serve(ctx context.Context, listener net.Listener) error {
	server := newHTTPServer(s.handler, s.log)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limitConnections(listener, maxConnections, s.trustedProxies)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	s.handler.StartStopping()
	if s.drainDelay > 0 {
		s.log.Info("no longer ready; still serving for the drain delay", "drain_delay", s.drainDelay.String())
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serving: %w", err)
	case <-time.After(s.drainDelay):
	}
	s.log.Info("stopping after the requests in progress")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		return errors.Join(fmt.Errorf("some requests took longer than %s: %w", drainTime, err), server.Close())
	}
	return nil
}

// newHTTPServer returns a server whose limits disconnect clients that are slow on purpose (ASVS
// 13.1.3): no client can take more than 15 s to send a request or to receive a response.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second, // after the headers were read, so it includes the 10 s of limitTime
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeaders - 4<<10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // broken connections: nothing to fix here
	}
}
