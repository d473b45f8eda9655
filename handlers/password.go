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

type changePasswordRequest struct {
	caller
	Body struct {
		Current string `json:"current_password" format:"password" example:"correct horse battery"`
		New     string `json:"new_password" format:"password" doc:"At least 8 characters, or more if the operator requires it, and at most 256. The rules of sign-up apply, and it must differ from the current one" example:"another horse battery"`
	}
}

func changePasswordDocs(op *huma.Operation) {
	op.Summary = "Change your password"
	op.Description = "Sets a new password and ends all your sessions, the one of the request too, so that anyone who shares it is logged out. " +
		"Log in again with the new password."
	op.Tags = []string{tagAccount}
	canFail(op, models.ErrWrongPassword, errWeakPassword, models.ErrThrottled, models.ErrBusy)
}

// changePasswordResponse keeps the browser known with the new password, so that nobody's guesses
// can get in the way of the login that follows.
type changePasswordResponse struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The cookie of a known browser, if this is one (HttpOnly, SameSite=Strict)"`
}

// changePassword sets a new password of the user of the access token.
func (h *Handler) changePassword(ctx context.Context, in *changePasswordRequest) (*changePasswordResponse, error) {
	err := withoutUser(h.store.ChangePassword(ctx, in.actor(), in.Body.Current, in.Body.New))
	if _, weak := errors.AsType[*auth.WeakPasswordError](err); weak {
		err = &locatedError{err, "body.new_password"}
	}
	if err != nil {
		return nil, fmt.Errorf("changing the password of the current user: %w", err)
	}
	h.logEvent(in.actor(), "password changed", "user", in.UserID, "session", in.SessionID)
	out := &changePasswordResponse{}
	if in.browser.UserID == in.UserID {
		out.SetCookie = []http.Cookie{h.knownBrowserCookie(in.caller, withNextPassword(in.browser))}
	}
	return out, nil
}
