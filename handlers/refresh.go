package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
	"latchkey/models"
)

type refreshRequest struct{ caller }

// refreshResponse is that of a login, or no content.
type refreshResponse struct {
	Status    int
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The next refresh cookie (HttpOnly, SameSite=Strict)"`
	Body      accessToken
}

func refreshDocs(op *huma.Operation) {
	op.Summary = "Renew the access token"
	op.Description = "Exchanges the refresh cookie for a new access token and the next refresh cookie. Each cookie works once; a request " +
		"that is repeated because the response was lost receives the same new cookie.\n\n" +
		"If the session is bound to a key, the request needs a proof made with it.\n\n" +
		"Clients without cookies send `grant_type=refresh_token` to `/token`."
	op.Tags = []string{tagAuthentication}
	op.Responses = map[string]*huma.Response{
		"204": {Description: "The request has no refresh cookie that this server made, so there is nothing to renew."},
	}
	readsCookie(op)
	canFail(op, auth.ErrInvalidRefreshToken, models.ErrUnavailable, context.DeadlineExceeded)
}

// refresh exchanges the refresh cookie.
func (h *Handler) refresh(ctx context.Context, in *refreshRequest) (*refreshResponse, error) {
	if !in.hasRefreshToken {
		return &refreshResponse{Status: http.StatusNoContent}, nil
	}
	t, err := h.renewSession(ctx, in.caller, in.refreshToken)
	if errors.Is(err, models.ErrSessionEnded) { // no access token was sent, so none is to blame
		return nil, fmt.Errorf("%w: %w", auth.ErrInvalidRefreshToken, err)
	}
	if err != nil {
		return nil, err
	}
	return &refreshResponse{http.StatusOK, []http.Cookie{in.sessionCookie(t)}, h.newAccessToken(t)}, nil
}
