package handlers

import (
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
)

// caller is the sender of a request. Operations that need to know it embed it in their input:
// in.UserID, in.Username and in.Roles then come from its Principal.
type caller struct {
	auth.Principal                    // who the request acts for; the zero value on public routes
	provenKey       string            // the thumbprint of the key that made its proof; empty without one
	refreshToken    auth.RefreshToken // from its cookie; the zero value without one
	hasRefreshToken bool
	browser         auth.KnownBrowser // from its cookie; the zero value without one
	device          string            // what it was sent with, in words
	address         string            // the client's, as clientAddress returns it
	https           bool              // whether the browser used https; see isHTTPS
	origin          string            // where it reached this server; see publicOrigin
	requestID       string            // the id that the log and the response carry
}

// callerKey is where an Echo context holds the sender of an admitted request, a caller.
const callerKey = "caller"

// newCaller returns the sender of a request that the guard has admitted.
func (h *Handler) newCaller(c echo.Context, p auth.Principal, provenKey string) caller {
	token, sent := h.refreshToken(c.Request())
	return caller{
		Principal:       p,
		provenKey:       provenKey,
		refreshToken:    token,
		hasRefreshToken: sent,
		browser:         h.knownBrowser(c.Request()),
		device:          describeDevice(c.Request().UserAgent()),
		address:         c.RealIP(),
		https:           h.isHTTPS(c.Request()),
		origin:          h.publicOrigin(c.Request()),
		requestID:       requestID(c),
	}
}

// Resolve implements huma.Resolver.
func (c *caller) Resolve(ctx huma.Context) []error {
	*c = callerOf(humaecho.Unwrap(ctx))
	return nil
}

// callerOf returns the sender of a request that the guard has admitted.
func callerOf(c echo.Context) caller { return c.Get(callerKey).(caller) }

// actor returns the caller as the one who asks for a change.
func (c *caller) actor() models.Actor {
	return models.Actor{
		UserID: c.UserID, SessionID: c.SessionID,
		Device: c.device, Address: c.address, RequestID: c.requestID, Browser: c.browser,
	}
}
