package handlers

import "testing"

func TestSamplesOfTheTutorials(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	for path, want := range map[string]string{
		"/protected-data": `{"message":"Hello Marisol, this is sensitive data!"}`,
		"/items":          `{"owner":"Marisol","items":["item1","item2"]}`,
	} {
		for _, slash := range []string{"", "/"} {
			a := s.get(t, path+slash, token)
			wantStatus(t, a, 200)
			if a.body != want+"\n" {
				t.Errorf("%s: %s", path, a.body)
			}
			wantProblem(t, s.send(t, "GET", path+slash, ""), 401)
		}
	}
}
