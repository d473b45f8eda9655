package handlers

import "testing"

func TestSamplesOfTheTutorials(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	token := s.login(t, "marisol")
	for path, want := range map[string]string{
		"/protected-data": `{"message":"Hello Marisol, this is sensitive data!"}`,
		"/items":          `{"owner":"Marisol","items":["item1","item2"]}`,
	} {
		for _, slash := range []string{"", "/"} {
			r := s.get(t, path+slash, token)
			wantStatus(t, r, 200)
			if r.body != want+"\n" {
				t.Errorf("%s: %s", path, r.body)
			}
			wantType(t, s.send(t, "GET", path+slash, ""), 401, "token-required")
		}
	}
}
