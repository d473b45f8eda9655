package handlers

import (
	"context"

	"github.com/labstack/echo/v4"

	"latchkey/auth"
	"latchkey/models"
)

// actorOf returns who sent the request of ctx, and from where.
func actorOf(ctx context.Context) models.Actor {
	c := echoContext(ctx)
	p, _ := ctx.Value(principalKey{}).(auth.Principal) // absent in public operations
	return models.Actor{
		UserID: p.UserID, SessionID: p.SessionID,
		Device: deviceOf(c.Request().UserAgent()), Address: c.RealIP(),
		RequestID: c.Response().Header().Get(echo.HeaderXRequestID),
	}
}
