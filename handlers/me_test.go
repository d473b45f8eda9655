package handlers

import (
	"testing"

	"latchkey/auth"
)

// TestUserDeletedDuringTheRequestHasNoSession calls the operation as if the user had been deleted
// after the guard admitted the request.
func TestUserDeletedDuringTheRequestHasNoSession(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	_, err := s.me(t.Context(), &meRequest{caller{Principal: auth.Principal{UserID: "deleted"}}})
	if p := describe(err); err == nil || p.Status != 401 || p.Type != "/problems/session-ended" {
		t.Errorf("the error is %v", err)
	}
}
