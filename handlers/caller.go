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
	auth.Principal          // who the request acts for; the zero value on public routes
	device         string   // what the request was sent with, in words
	address        string   // the client's, as clientAddress returns it
	https          bool     // whether the browser used https; see isHTTPS
	requestID      string   // the id that the log and the response carry
	cookies        []string // the values of the refresh cookie
}

// Resolve implements huma.Resolver.
func (c *caller) Resolve(ctx huma.Context) []error {
	*c = callerOf(humaecho.Unwrap(ctx))
	return nil
}

// callerOf returns the sender of a request that a guard has admitted.
func callerOf(c echo.Context) caller {
	https := c.Get(httpsKey).(bool)
	p, _ := c.Request().Context().Value(principalKey{}).(auth.Principal)
	return caller{
		Principal: p,
		device:    describeDevice(c.Request().UserAgent()),
		address:   c.RealIP(),
		https:     https,
		requestID: requestID(c),
		cookies:   cookieValues(c.Request(), cookieName(https)),
	}
}

// actor returns the caller as the one who asks for a change.
func (c *caller) actor() models.Actor {
	return models.Actor{
		UserID: c.UserID, SessionID: c.SessionID,
		Device: c.device, Address: c.address, RequestID: c.requestID,
	}
}
