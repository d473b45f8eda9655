package handlers

import (
	"strings"
	"testing"
)

func TestOnesOwnSessions(t *testing.T) {
	s := newServer(t)
	a := s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`,
		"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
	first := a.field("token").(string)
	second := s.login(t)
	s.addUser(t, "jonas")
	theirs := s.loginAs(t, "jonas")

	list := s.get(t, "/sessions", second)
	wantStatus(t, list, 200)
	sessions := list.field("sessions").([]any)
	if len(sessions) != 2 {
		t.Fatalf("the list is %s", list.body)
	}
	mine, other := sessions[0].(map[string]any), sessions[1].(map[string]any)
	if mine["current"] != true || other["current"] != false || other["device"] != "Firefox on Linux" || other["address"] != "127.0.0.1" {
		t.Errorf("the list is %s", list.body)
	}
	theirID := s.get(t, "/sessions", theirs).field("sessions").([]any)[0].(map[string]any)["id"].(string)
	end := func(token, path string) answer {
		return s.send(t, "DELETE", path, "", "Authorization", "Bearer "+token)
	}
	wantProblem(t, end(second, "/sessions/"+theirID), 404) // not 403: it does not tell that there is one
	wantProblem(t, end(second, "/sessions/01a20000-0000-7000-8000-000000000000"), 404)
	wantStatus(t, s.get(t, "/user", theirs), 200)
	wantStatus(t, end(second, "/sessions/"+other["id"].(string)), 204)
	wantProblem(t, s.get(t, "/user", first), 401)
	third := s.login(t)
	wantStatus(t, end(third, "/sessions"), 204)
	wantProblem(t, s.get(t, "/user", second), 401)
	wantStatus(t, s.get(t, "/user", third), 200)
	wantStatus(t, s.get(t, "/user", theirs), 200)
}

func TestChangingThePassword(t *testing.T) {
	s := newServer(t)
	mine, thiefs := s.login(t), s.login(t)
	change := func(current, next string) answer {
		return s.postJSON(t, "/users/me/password", `{"current_password":"`+current+`","new_password":"`+next+`"}`, "Authorization", "Bearer "+mine)
	}
	wantProblem(t, change("wrong horse battery", "another horse battery"), 422)
	wantProblem(t, change(testPassword, "short"), 422)
	wantProblem(t, change(testPassword, "marisol's words"), 422)
	wantStatus(t, s.get(t, "/user", thiefs), 200)
	wantStatus(t, change(testPassword, "another horse battery"), 204)
	wantProblem(t, s.get(t, "/user", thiefs), 401)
	wantStatus(t, s.get(t, "/user", mine), 200)
	wantProblem(t, s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`), 401)
	wantStatus(t, s.postJSON(t, "/login", `{"name":"marisol","password":"another horse battery"}`), 200)
	if strings.Contains(s.log.String(), "another horse") {
		t.Error("the log holds the password")
	}
}

func TestDevicesAreToldInOurWords(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown device",
		"Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36":                         "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0":               "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15":                   "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36":                   "Chrome on Android",
		"curl/7.88.1":                     "curl",
		"Go-http-client/1.1":              "a Go program",
		"python-requests/2.32":            "a Python program",
		"<script>alert(1)</script>":       "Unknown device",
		"Firefox/1 <script>\x1b[31m":      "Firefox",
		strings.Repeat("Mozilla ", 10000): "Unknown device",
	} {
		if got := deviceOf(agent); got != want {
			t.Errorf("%.60q is %q, want %q", agent, got, want)
		}
	}
}
