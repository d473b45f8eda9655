package handlers

import (
	"context"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// revokeForm is the body of POST /revoke, for the document.
type revokeForm struct {
	Token         string `json:"token" doc:"A refresh token or an access token"`
	TokenTypeHint string `json:"token_type_hint,omitempty" doc:"Accepted and ignored: the token says what it is"`
}

// revoke ends the session of a token (RFC 7009). Whoever has the token may.
func (h *Handler) revoke(c echo.Context) error {
	form, err := readForm(c.Request())
	if err == nil && form["token"] == "" {
		err = oauthRefusal(http.StatusBadRequest, invalidRequest, "Send the token in the body.")
	}
	if err == nil {
		err = h.revokeToken(c.Request().Context(), form["token"])
	}
	if err != nil {
		return h.refuseGrant(c, err)
	}
	return c.NoContent(http.StatusOK)
}

// revokeToken ends the session that a token names. A token that is not valid
// any more needs no end, and so is no error (RFC 7009 2.2).
func (h *Handler) revokeToken(ctx context.Context, text string) error {
	var session string
	if token, err := h.RefreshTokens.Parse(text); err == nil {
		session = token.SessionID
	} else if claims, err := h.Issuer.Parse(text); err == nil {
		session = claims.SessionID
	} else {
		return nil
	}
	if err := h.Store.EndSessions(ctx, actorOf(ctx), session); err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	h.note(ctx, "revoked a token", "session", session)
	return nil
}

// documentRevoke adds the endpoint to the document, and to what other origins
// may use, by hand.
func (h *Handler) documentRevoke() {
	h.documentForm(huma.Operation{
		Path: "/revoke", Summary: "Revoke a token",
		Description: "Ends the session of a refresh or access token (RFC 7009); both are refused from then on. " +
			"A token that is not valid is a 200 too.",
		Responses: map[string]*huma.Response{"200": {Description: "The token is not valid any more."}},
	}, reflect.TypeFor[revokeForm]())
}
