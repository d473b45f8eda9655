package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/danielgtaylor/huma/v2"

	"latchkey/auth"
	"latchkey/models"
	"latchkey/views"
)

type issueLinkRequest struct {
	caller
	ID string `path:"id" doc:"The id of the user"`
}

type issueLinkResponse struct {
	Body struct {
		URL       string    `json:"url" format:"uri" doc:"The link. It is not stored, so no one can read it again" example:"https://login.example.org/set-password#01a20018-5a0f-7568-bfcd-6fba71a04bd4.1.1795348800.bm90LWEtcmVhbC1vbmU"`
		ExpiresAt time.Time `json:"expires_at" example:"2026-11-22T12:00:00Z"`
	}
}

func issueLinkDocs(op *huma.Operation) {
	op.Summary = "Make a set-password link"
	op.Description = "Returns a link with which the user sets a password, without knowing the current one. Hand it over in a way that nobody " +
		"else can read: anyone who has it can set the password.\n\n" +
		"It works once, for 24 hours. It is void as soon as you make another one, disable the user, or the user gets a new password in any way."
	op.Tags = []string{tagAdministration}
	op.DefaultStatus = http.StatusCreated
	canFail(op, models.ErrUserNotFound)
}

// issueLink makes a set-password link for a user.
func (h *Handler) issueLink(ctx context.Context, in *issueLinkRequest) (*issueLinkResponse, error) {
	link, err := h.store.IssueLink(ctx, in.actor(), in.ID)
	if err != nil {
		return nil, fmt.Errorf("making a set-password link: %w", err)
	}
	h.logEvent(in.actor(), "set-password link made", "user", link.UserID, "by", in.UserID)
	out := &issueLinkResponse{}
	out.Body.URL = h.links.URL(in.origin, link)
	out.Body.ExpiresAt = link.ExpiresAt
	return out, nil
}

// setPasswordPage is the form that sends POST /set-password. It is the same for every link: the
// browser keeps the link's token to itself until the form is sent.
func (h *Handler) setPasswordPage() templ.Component {
	return views.SetPassword(views.SetPasswordPage{
		Page:     h.pageData("Set your password", "Set a password for "+h.appName+" with the link that an administrator gave you."),
		Password: h.passwordRules(),
	})
}

type setPasswordRequest struct {
	caller
	Body struct {
		Token string `json:"token" doc:"What follows the # in the link" example:"01a20018-5a0f-7568-bfcd-6fba71a04bd4.1.1795348800.bm90LWEtcmVhbC1vbmU"`
		New   string `json:"new_password" format:"password" doc:"At least 8 characters, or more if the operator requires it, and at most 256. The rules of sign-up apply" example:"another horse battery"`
	}
}

func setPasswordDocs(op *huma.Operation) {
	op.Summary = "Set a password with a link"
	op.Description = "Sets the password of the user that a set-password link was made for, and ends all their sessions. It does not log in.\n\n" +
		"Every link that does not work produces the same response, whatever the reason."
	op.Tags = []string{tagAccount}
	canFail(op, models.ErrLinkExpired, errWeakPassword, models.ErrBusy)
}

// setPassword sets the password of the user of a link. The page needs no cookie for it, so it does
// not matter which page sends the request.
func (h *Handler) setPassword(ctx context.Context, in *setPasswordRequest) (*struct{}, error) {
	link, err := h.links.Parse(in.Body.Token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", models.ErrLinkExpired, err)
	}
	err = h.store.SetPasswordByLink(ctx, in.actor(), link, in.Body.New)
	if _, weak := errors.AsType[*auth.WeakPasswordError](err); weak {
		err = &locatedError{err, "body.new_password"}
	}
	if err != nil {
		return nil, fmt.Errorf("setting a password with a link: %w", err)
	}
	h.logEvent(in.actor(), "password set with a link", "user", link.UserID)
	return nil, nil
}
