package handlers

import "testing"

func TestRevokeEndsTheSessionOfEitherToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, kind := range []string{"access_token", "refresh_token"} {
		r := s.postForm(t, "/token", credentialsForm())
		access, refresh := r.field("access_token").(string), r.field("refresh_token").(string)
		wantStatus(t, s.postForm(t, "/revoke", "token_type_hint=nonsense&token="+r.field(kind).(string)), 200)
		wantType(t, s.get(t, "/user", access), 401, "session-ended")
		wantStatus(t, s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+refresh), 400)
		wantStatus(t, s.postForm(t, "/revoke", "token="+r.field(kind).(string)), 200) // a second time is no error
	}
}

func TestRevokeWithoutOneTokenIs400(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for body, status := range map[string]int{"token=hello": 200, "token=": 400, "": 400, "token=a&token=b": 400} {
		wantStatus(t, s.postForm(t, "/revoke", body), status)
	}
	wantStatus(t, s.send(t, "POST", "/revoke", `{"token":"`+token+`"}`, "Content-Type", "application/json"), 415)
	wantStatus(t, s.get(t, "/user", token), 200)
}
