package handlers

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

func (s *server) postForm(t *testing.T, path, body string, headers ...string) answer {
	t.Helper()
	return s.send(t, "POST", path, body, append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func credentials() string {
	return url.Values{"username": {"marisol"}, "password": {testPassword}}.Encode()
}

func TestTokenTakesThePasswordGrant(t *testing.T) {
	s := newServer(t)
	for name, row := range map[string]struct {
		body    string
		headers []string
	}{
		"as FastAPI's docs send it": {"grant_type=password&scope=&client_id=&client_secret=&" + credentials(), nil},
		"without grant_type":        {credentials(), nil},
		"with an empty grant_type":  {"grant_type=&" + credentials(), nil},
		"with a Basic header":       {"grant_type=password&" + credentials(), []string{"Authorization", "Basic Y2xpZW50OnNlY3JldA=="}},
		"with unknown parameters":   {"grant_type=password&x=1&y=&" + credentials(), nil},
		"from another origin":       {"grant_type=password&" + credentials(), []string{"Origin", "https://evil.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.postForm(t, "/token", row.body, row.headers...)
			wantStatus(t, a, 200)
			if a.field("token_type") != "bearer" || a.field("expires_in") != float64(900) {
				t.Errorf("the answer is %s", a.body)
			}
			if a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("Content-Type") != "application/json" || a.Header.Get("Set-Cookie") != "" {
				t.Errorf("the headers are %v", a.Header)
			}
			wantStatus(t, s.get(t, "/user", a.field("access_token").(string)), 200)
		})
	}
}

func TestTokenRefuses(t *testing.T) {
	s := newServer(t)
	for name, row := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"wrong password":      {"username=marisol&password=wrong+horse+battery", 401, "invalid_grant"},
		"unknown user":        {"username=nobody&password=wrong+horse+battery", 401, "invalid_grant"},
		"no password":         {"username=marisol", 400, "invalid_request"},
		"empty password":      {"username=marisol&password=", 400, "invalid_request"},
		"no name":             {"password=x", 400, "invalid_request"},
		"nothing":             {"", 400, "invalid_request"},
		"name twice":          {credentials() + "&username=nobody", 400, "invalid_request"},
		"grant_type twice":    {credentials() + "&grant_type=password&grant_type=password", 400, "invalid_request"},
		"unknown twice":       {credentials() + "&x=1&x=2", 400, "invalid_request"},
		"unknown grant":       {"grant_type=canary-5309", 400, "unsupported_grant_type"},
		"grant in capitals":   {"grant_type=PASSWORD&" + credentials(), 400, "unsupported_grant_type"},
		"authorization code":  {"grant_type=authorization_code&code=x", 400, "unsupported_grant_type"},
		"bad escape":          {"username=%zz&password=x", 400, "invalid_request"},
		"semicolons":          {"username=marisol;password=x", 400, "invalid_request"},
		"invalid UTF-8":       {"username=marisol&password=%ff", 400, "invalid_request"},
		"NUL":                 {"username=marisol%00&password=x", 400, "invalid_request"},
		"larger than allowed": {"username=marisol&password=" + strings.Repeat("x", 16384), 413, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.postForm(t, "/token", row.body)
			wantStatus(t, a, row.status)
			if a.field("error") != row.code || a.field("detail") == nil || a.field("detail") != a.field("error_description") {
				t.Errorf("the answer is %s", a.body)
			}
			if challenge := a.Header.Get("WWW-Authenticate"); (challenge == "Bearer") != (row.status == 401) {
				t.Errorf("WWW-Authenticate is %q", challenge)
			}
			if a.Header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, "5309") {
				t.Errorf("it may be stored, or repeats what was sent: %s", a.body)
			}
		})
	}
	wrong := s.postForm(t, "/token", "username=marisol&password=wrong+horse+battery")
	if wrong.field("detail") != "Incorrect username or password" {
		t.Errorf("the detail is %v", wrong.field("detail"))
	}
}

func TestTokenTakesFormsAlone(t *testing.T) {
	s := newServer(t)
	json := `{"username":"marisol","password":"` + testPassword + `"}`
	for _, contentType := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", ""} {
		a := s.send(t, "POST", "/token", json, "Content-Type", contentType)
		wantStatus(t, a, 415)
		if a.field("error") != "invalid_request" {
			t.Errorf("%s: %s", contentType, a.body)
		}
	}
	inQuery := s.postForm(t, "/token?"+credentials(), "")
	wantStatus(t, inQuery, 400)
	wantProblem(t, s.send(t, "GET", "/token?"+credentials(), ""), 405)
	form := s.postForm(t, "/login", "name=marisol&password="+url.QueryEscape(testPassword))
	wantProblem(t, form, 415) // the form here opens no door there
}

func TestThePasswordGrantCanBeSwitchedOff(t *testing.T) {
	s := newServer(t)
	s.PasswordGrant = false
	for _, body := range []string{credentials(), "grant_type=password&" + credentials()} {
		a := s.postForm(t, "/token", body)
		wantStatus(t, a, 400)
		if a.field("error") != "unsupported_grant_type" {
			t.Errorf("the answer is %s", a.body)
		}
	}
	s.login(t) // the page is not touched by it
}

func TestTokenIsBusyAsOAuthClientsReadIt(t *testing.T) {
	s := newServer(t)
	s.reopen(t, cheapCost(), 0)
	a := s.postForm(t, "/token", credentials())
	wantStatus(t, a, 503)
	if a.field("error") != "temporarily_unavailable" || a.Header.Get("Retry-After") == "" {
		t.Errorf("the answer is %s", a.body)
	}
}

// TestTheUsualOAuth2ClientRunsUnchanged uses Go's own client library.
func TestTheUsualOAuth2ClientRunsUnchanged(t *testing.T) {
	s := newServer(t)
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := oauth2.Config{ClientID: "anything", ClientSecret: "ignored", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/token", AuthStyle: style}}
		token, err := config.PasswordCredentialsToken(t.Context(), "marisol", testPassword)
		must(t, err)
		response, err := config.Client(t.Context(), token).Get(s.URL + "/users/me")
		must(t, err)
		response.Body.Close()
		if response.StatusCode != 200 {
			t.Errorf("status %d", response.StatusCode)
		}
		if _, err := config.PasswordCredentialsToken(t.Context(), "marisol", "wrong"); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a wrong password is %v", err)
		}
	}
}
