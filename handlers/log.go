package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
)

// Keys of what a request leaves for its line in the log.
const (
	causeKey = "cause" // error: why it failed
	userKey  = "user"  // string: the id of the user it acted for
)

type echoKey struct{}

// echoContext returns the request of ctx as Echo has it, for operations that
// look at its cookies or where it comes from.
func echoContext(ctx context.Context) echo.Context { return ctx.Value(echoKey{}).(echo.Context) }

// logRequest gives a request its id and, when it is over, its one line in the
// log. The line holds the route and not the path, which could carry a secret
// that somebody put there. An id that the client sends is not taken over.
func (h *Handler) logRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, id, r := time.Now(), uuid.NewString(), c.Request()
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		c.SetRequest(r.WithContext(context.WithValue(r.Context(), echoKey{}, c)))
		if err := next(c); err != nil {
			c.Error(err)
		}
		status := c.Response().Status
		fields := []any{"id", id, "method", r.Method, "route", c.Path(), "status", status,
			"duration_ms", time.Since(start).Milliseconds(), "address", c.RealIP()}
		for _, key := range []string{userKey, causeKey} {
			if value := c.Get(key); value != nil {
				fields = append(fields, key, fmt.Sprint(value))
			}
		}
		cause, _ := c.Get(causeKey).(error)
		h.Log.Log(r.Context(), level(status, c.Path(), cause), "request", fields...)
		return nil
	}
}

// level keeps what is looked at by machines all day out of the usual log, and
// puts faults of ours where they are noticed.
func level(status int, route string, cause error) slog.Level {
	switch {
	case errors.Is(cause, context.Canceled): // the client left: its own affair
		return slog.LevelInfo
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status < http.StatusBadRequest && (route == "/healthz" || route == "/readyz" || route == "/static/*"):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// note logs an event with the id of the request it happened in.
func (h *Handler) note(ctx context.Context, event string, fields ...any) {
	h.logEvent(ctx, slog.LevelInfo, event, fields...)
}

// warn logs an event that somebody should look at.
func (h *Handler) warn(ctx context.Context, event string, fields ...any) {
	h.logEvent(ctx, slog.LevelWarn, event, fields...)
}

func (h *Handler) logEvent(ctx context.Context, level slog.Level, event string, fields ...any) {
	c := echoContext(ctx)
	h.Log.Log(ctx, level, event, append(fields, "address", c.RealIP(), "id", c.Response().Header().Get(echo.HeaderXRequestID))...)
}

// recoverPanic turns a panic into an error, whose stack is only logged.
func (h *Handler) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if cause := recover(); cause != nil {
				err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
			}
		}()
		return next(c)
	}
}

// logWriter takes what Echo itself has to say into our log.
type logWriter struct{ log *slog.Logger }

// Write implements io.Writer.
func (w logWriter) Write(line []byte) (int, error) {
	w.log.Warn("echo: " + strings.TrimSpace(string(line)))
	return len(line), nil
}
