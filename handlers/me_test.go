package handlers

import (
	"strings"
	"testing"

	"latchkey/auth"
)

// TestUserDeletedDuringTheRequestHasNoSession calls the operations as if the user had been deleted
// after the guard admitted the request.
func TestUserDeletedDuringTheRequestHasNoSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	deleted := caller{Principal: auth.Principal{UserID: "deleted"}}
	_, reading := s.me(t.Context(), &meRequest{deleted})
	_, changing := s.updateMe(t.Context(), &updateMeRequest{caller: deleted})
	_, setting := s.Handler.changePassword(t.Context(), &changePasswordRequest{caller: deleted})
	_, deleting := s.Handler.deleteMe(t.Context(), &deleteMeRequest{caller: deleted})
	for _, err := range []error{reading, changing, setting, deleting} {
		if p := describe(err); err == nil || p.Status != 401 || p.Type != "/problems/session-ended" {
			t.Errorf("the error is %v", err)
		}
	}
}

// patchMe sends PATCH /users/me.
func (s *server) patchMe(t *testing.T, token, body string) response {
	t.Helper()
	return s.patch(t, token, "me", body)
}

func TestOwnEmailAddressIsChangedAndRemoved(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for body, want := range map[string]any{
		`{"email":"Marisol@example.org"}`: "Marisol@example.org", `{"email":null}`: nil,
	} {
		changed := s.patchMe(t, token, body)
		wantStatus(t, changed, 200)
		me := s.get(t, "/users/me", token)
		if me.field("email") != want || changed.body != me.body {
			t.Errorf("%s returns %s, and then /users/me %s", body, changed.body, me.body)
		}
	}
	if strings.Contains(s.logged.String(), "@example.org") {
		t.Error("the log contains the address")
	}
}

func TestInvalidChangeOfTheOwnAccountIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	wantStatus(t, s.patchMe(t, token, `{"email":"marisol@example.org"}`), 200)
	for body, kind := range map[string]string{
		`{"email":""}`: "invalid-email", `{"email":"marisol"}`: "invalid-email", `{"email":" "}`: "invalid-email",
		`{}`: "invalid-fields", `{"email":1}`: "invalid-fields", `{"email":[]}`: "invalid-fields",
		`{"email":null,"roles":["admin"]}`: "invalid-fields", `{"email":null,"disabled":true}`: "invalid-fields",
	} {
		r := s.patchMe(t, token, body)
		wantType(t, r, 422, kind)
		if kind == "invalid-email" {
			wantFieldError(t, r, "body.email")
		}
	}
	if me := s.get(t, "/users/me", token); me.field("email") != "marisol@example.org" {
		t.Errorf("the user has become %s", me.body)
	}
}
