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
		"that is repeated within a few seconds receives the same new cookie.\n\n" +
		"Clients without cookies send `grant_type=refresh_token` to `/token`."
	op.Tags = []string{tagAuthentication}
	op.Responses = map[string]*huma.Response{
		"204": {Description: "The request has no refresh cookie, so there is nothing to renew."},
	}
	readsCookie(op)
	canFail(op, auth.ErrInvalidRefreshToken, models.ErrUnavailable, context.DeadlineExceeded)
}

// refresh exchanges the refresh cookie. To a browser, a cookie that is not valid and one whose
// session has ended are the same.
func (h *Handler) refresh(ctx context.Context, in *refreshRequest) (*refreshResponse, error) {
	token, err := h.parseRefreshCookie(in.cookies)
	if errors.Is(err, errNoCookie) {
		return &refreshResponse{Status: http.StatusNoContent}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", auth.ErrInvalidRefreshToken, err)
	}
	t, err := h.renewSession(ctx, in.actor(), token)
	if errors.Is(err, models.ErrSessionEnded) {
		return nil, fmt.Errorf("%w: %w", auth.ErrInvalidRefreshToken, err)
	}
	if err != nil {
		return nil, err
	}
	return &refreshResponse{http.StatusOK, in.sessionCookie(t), h.newAccessToken(t)}, nil
}
