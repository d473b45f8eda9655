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
	TokenTypeHint string `json:"token_type_hint,omitempty" doc:"Accepted and ignored: the server recognises the kind of token"`
}

func (h *Handler) revokeDocs(op *huma.Operation) {
	op.Summary = "Revoke a token"
	op.Description = "Ends the session of a refresh token or access token (RFC 7009), so that both are refused from then on.\n\n" +
		"Anyone who has the token may revoke it. A token that is not valid is not an error."
	op.Tags = []string{tagAuthentication}
	h.describeForm(op, reflect.TypeFor[revokeForm]())
	op.Responses = map[string]*huma.Response{"200": {Description: "The token is no longer valid."}}
}

// revoke ends the session of a token (RFC 7009).
func (h *Handler) revoke(c echo.Context) error {
	form, err := readForm(c.Request())
	if err != nil {
		return err
	}
	if form["token"] == "" {
		return newOAuthError(http.StatusBadRequest, invalidRequest, "Send the token in the body.")
	}
	if err := h.revokeToken(c.Request().Context(), callerOf(c), form["token"]); err != nil {
		return err
	}
	return c.NoContent(http.StatusOK)
}

// revokeToken ends the session of a token. A token that is not valid is no error (RFC 7009 2.2).
func (h *Handler) revokeToken(ctx context.Context, from caller, text string) error {
	var session string
	if token, err := h.refreshTokens.Parse(text); err == nil {
		if err := h.noticeReplay(ctx, from, token); err != nil {
			return err
		}
		session = token.SessionID
	} else if claims, err := h.issuer.Parse(text); err == nil {
		session = claims.SessionID
	} else {
		return nil
	}
	if err := h.store.EndSessions(ctx, from.actor(), session); err != nil {
		return fmt.Errorf("revoking a token: %w", err)
	}
	h.logEvent(from.actor(), "token revoked", "session", session)
	return nil
}
