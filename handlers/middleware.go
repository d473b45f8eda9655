package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"latchkey/models"
)

// Where an Echo context holds what the log line of the request shows.
const (
	causeKey = "cause" // error: why the request failed
	userKey  = "user"  // string: the id of the user it acted for
	stackKey = "stack" // string: where it panicked
)

// maxLogged is how much of a text that the client may have a part in goes into the log, in bytes.
const maxLogged = 200

// logRequest gives a request its id and, at its end, one line in the log. The line shows the route
// instead of the path, in case someone put a secret there. An id that the client sends is ignored.
func (h *Handler) logRequest(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start, id := time.Now(), uuid.NewString()
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		if err := next(c); err != nil {
			c.Error(err)
		}
		status := c.Response().Status
		fields := []any{
			"id", id, "method", cut(c.Request().Method), "route", c.Path(), "status", status,
			"duration_ms", time.Since(start).Milliseconds(), "address", c.RealIP(),
		}
		cause, failed := c.Get(causeKey).(error)
		for _, key := range []string{userKey, stackKey} {
			if value := c.Get(key); value != nil {
				fields = append(fields, key, value)
			}
		}
		if failed {
			fields = append(fields, causeKey, cut(cause.Error()))
		}
		h.log.Log(c.Request().Context(), requestLevel(status, c.Path(), cause), "request", fields...)
		return nil
	}
}

// cut returns text, shortened to maxLogged if it is longer: no one may fill the log by making
// requests fail.
func cut(text string) string {
	if len(text) <= maxLogged {
		return text
	}
	end := maxLogged
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// requestID returns the id that logRequest gave the request.
func requestID(c echo.Context) string { return c.Response().Header().Get(echo.HeaderXRequestID) }

// requestLevel returns the level of a request in the log. Faults of the server are errors. What
// browsers and monitors fetch all day is logged for debugging only.
func requestLevel(status int, route string, cause error) slog.Level {
	switch {
	case errors.Is(cause, context.Canceled), // the client has left
		errors.Is(cause, models.ErrBusy): // expected in a flood, and no fault
		return slog.LevelInfo
	case status >= http.StatusInternalServerError:
		return slog.LevelError
	case status < http.StatusBadRequest && (route == "/healthz" || route == "/readyz" || route == "/static/*"):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// recoverPanic turns a panic into an error. The stack is logged and never sent.
func recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			if cause := recover(); cause != nil {
				c.Set(stackKey, string(debug.Stack()))
				err = fmt.Errorf("panic: %v", cause)
			}
		}()
		return next(c)
	}
}

// limitTime bounds how long a request may wait for the database or a hash. It leaves time for two
// hashes at the highest cost that can be set: a login may verify the old hash and create a new one.
func limitTime(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx, cancel := context.WithTimeout(c.Request().Context(), 10*time.Second)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}

// contentSecurityPolicy lets a page use what this server sends and nothing else: no other host, no
// inline code, no text that becomes code. It protects the access token that the page's script
// holds.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

// setSecurityHeaders sets headers on every response, errors included (ASVS 3.4). No cache may store
// a response unless its handler says so.
func (h *Handler) setSecurityHeaders(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderContentSecurityPolicy, contentSecurityPolicy)
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		header.Set(echo.HeaderXFrameOptions, "DENY")
		header.Set(echo.HeaderReferrerPolicy, "no-referrer")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set(echo.HeaderCacheControl, "no-store")
		if h.isHTTPS(c.Request()) {
			header.Set(echo.HeaderStrictTransportSecurity, "max-age=31536000")
		}
		return next(c)
	}
}
