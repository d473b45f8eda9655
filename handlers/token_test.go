package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"latchkey/auth/authtest"
)

func (s *server) postForm(t *testing.T, path, body string, headers ...string) response {
	t.Helper()
	return s.send(t, "POST", path, body, append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

// credentialsForm is the form of the password grant for Marisol.
func credentialsForm() string {
	return url.Values{"username": {"marisol"}, "password": {testPassword}}.Encode()
}

func TestPasswordGrant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, row := range map[string]struct {
		body    string
		headers []string
	}{
		"as in FastAPI's documentation": {"grant_type=password&scope=&client_id=&client_secret=&" + credentialsForm(), nil},
		"without grant_type":            {credentialsForm(), nil},
		"with an empty grant_type":      {"grant_type=&" + credentialsForm(), nil},
		"with a Basic header":           {"grant_type=password&" + credentialsForm(), []string{"Authorization", "Basic Y2xpZW50OnNlY3JldA=="}},
		"with unknown parameters":       {"grant_type=password&x=1&y=&" + credentialsForm(), nil},
		"from another origin":           {"grant_type=password&" + credentialsForm(), []string{"Origin", "https://evil.example"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.postForm(t, "/token", row.body, row.headers...)
			wantStatus(t, r, 200)
			if r.field("token_type") != "bearer" || r.field("expires_in") != float64(900) {
				t.Errorf("the response is %s", r.body)
			}
			if r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Set-Cookie") != "" {
				t.Errorf("the headers are %v", r.Header)
			}
			wantStatus(t, s.get(t, "/user", r.field("access_token").(string)), 200)
		})
	}
}

func TestTokenErrorsHaveTheFormatOfOAuth(t *testing.T) {
	t.Parallel()
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
		"no username":         {"password=x", 400, "invalid_request"},
		"empty body":          {"", 400, "invalid_request"},
		"username twice":      {credentialsForm() + "&username=nobody", 400, "invalid_request"},
		"grant_type twice":    {credentialsForm() + "&grant_type=password&grant_type=password", 400, "invalid_request"},
		"unknown twice":       {credentialsForm() + "&x=1&x=2", 400, "invalid_request"},
		"unknown grant":       {"grant_type=" + canary, 400, "unsupported_grant_type"},
		"grant in upper case": {"grant_type=PASSWORD&" + credentialsForm(), 400, "unsupported_grant_type"},
		"authorization code":  {"grant_type=authorization_code&code=x", 400, "unsupported_grant_type"},
		"malformed escape":    {"username=%zz&password=x", 400, "invalid_request"},
		"semicolons":          {"username=marisol;password=x", 400, "invalid_request"},
		"invalid UTF-8":       {"username=marisol&password=%ff", 400, "invalid_request"},
		"NUL":                 {"username=marisol%00&password=x", 400, "invalid_request"},
		"too large":           {"username=marisol&password=" + strings.Repeat("x", 16384), 413, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.postForm(t, "/token", row.body)
			wantStatus(t, r, row.status)
			if r.field("error") != row.code || r.field("detail") == nil || r.field("detail") != r.field("error_description") {
				t.Errorf("the response is %s", r.body)
			}
			if challenge := r.Header.Get("WWW-Authenticate"); (challenge == challengeBearer) != (row.status == 401) {
				t.Errorf("WWW-Authenticate is %q", challenge)
			}
			if r.Header.Get("Cache-Control") != "no-store" || strings.Contains(r.body, canary) {
				t.Errorf("the response can be cached, or repeats what was sent: %s", r.body)
			}
		})
	}
	wrong := s.postForm(t, "/token", "username=marisol&password=wrong+horse+battery")
	if wrong.field("detail") != "Incorrect username or password" {
		t.Errorf("the detail is %v", wrong.field("detail"))
	}
}

func TestTokenReadsFormsOnly(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	json := `{"username":"marisol","password":"` + testPassword + `"}`
	for _, contentType := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", ""} {
		r := s.send(t, "POST", "/token", json, "Content-Type", contentType)
		wantStatus(t, r, 415)
		if r.field("error") != "invalid_request" {
			t.Errorf("%s: %s", contentType, r.body)
		}
	}
	inQuery := s.postForm(t, "/token?"+credentialsForm(), "")
	wantStatus(t, inQuery, 400)
	wantProblem(t, s.send(t, "GET", "/token?"+credentialsForm(), ""), 405)
	form := s.postForm(t, "/login", "name=marisol&password="+url.QueryEscape(testPassword))
	wantType(t, form, 415, "unsupported-media-type") // reading forms here does not make /login read them
}

func TestPasswordGrantCanBeTurnedOff(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.PasswordGrant = false })
	for _, body := range []string{credentialsForm(), "grant_type=password&" + credentialsForm()} {
		r := s.postForm(t, "/token", body)
		wantStatus(t, r, 400)
		if r.field("error") != "unsupported_grant_type" {
			t.Errorf("the response is %s", r.body)
		}
	}
	b, _ := s.newBrowser(t) // neither the page nor the other grant is affected
	wantStatus(t, s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+b.cookie), 200)
}

func TestTokenIsTemporarilyUnavailableWhileBusy(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.options.Store = s.openStore(t, cheapCost(), 0)
	s.restart(t)
	r := s.postForm(t, "/token", credentialsForm())
	wantStatus(t, r, 503)
	if r.field("error") != "temporarily_unavailable" || r.Header.Get("Retry-After") != "1" {
		t.Errorf("the response is %s", r.body)
	}
	if line := s.logLine(r.Header.Get("X-Request-Id")); !strings.Contains(line, "level=INFO") { // no fault of the server
		t.Errorf("it is logged as %s", line)
	}
}

func TestFaultInTokenIsAServerError(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.exec(t, "ALTER TABLE users RENAME TO elsewhere")
	r := s.postForm(t, "/token", credentialsForm())
	wantStatus(t, r, 500)
	if r.field("error") != "server_error" || r.field("detail") == nil {
		t.Errorf("the response is %s", r.body)
	}
}

func TestRefreshTokenGrant(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first := s.postForm(t, "/token", credentialsForm())
	wantStatus(t, first, 200)
	old := first.field("refresh_token").(string)
	second := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	wantStatus(t, second, 200)
	again := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	if again.field("refresh_token") != second.field("refresh_token") {
		t.Error("the retry got another successor")
	}
	s.clock.Advance(time.Minute + time.Second)
	replay := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+old)
	wantStatus(t, replay, 400)
	if replay.field("error") != "invalid_grant" || replay.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("the response is %s", replay.body)
	}
	dead := s.postForm(t, "/token", "grant_type=refresh_token&refresh_token="+second.field("refresh_token").(string))
	wantStatus(t, dead, 400)
	for body, code := range map[string]string{
		"grant_type=refresh_token":                                          "invalid_request",
		"grant_type=refresh_token&refresh_token=":                           "invalid_request",
		"grant_type=refresh_token&refresh_token=hello":                      "invalid_grant",
		"grant_type=refresh_token&refresh_token=" + s.login(t, "marisol"):   "invalid_grant",
		"grant_type=refresh_token&refresh_token=a&refresh_token=a":          "invalid_request",
		"grant_type=refresh_token&refresh_token=a.1.b&" + credentialsForm(): "invalid_grant",
	} {
		r := s.postForm(t, "/token", body)
		wantStatus(t, r, 400)
		if r.field("error") != code {
			t.Errorf("%s: %s", body, r.body)
		}
	}
}

// TestGoOAuth2ClientWorksUnchanged uses golang.org/x/oauth2.
func TestGoOAuth2ClientWorksUnchanged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleAutoDetect, oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := oauth2.Config{ClientID: "anything", ClientSecret: "ignored", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/token", AuthStyle: style}}
		token, err := config.PasswordCredentialsToken(t.Context(), "marisol", testPassword)
		authtest.Must(t, err)
		response, err := config.Client(t.Context(), token).Get(s.URL + "/users/me")
		authtest.Must(t, err)
		response.Body.Close()
		if response.StatusCode != 200 {
			t.Errorf("status %d", response.StatusCode)
		}
		if _, err := config.PasswordCredentialsToken(t.Context(), "marisol", "wrong"); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
			t.Errorf("a wrong password is %v", err)
		}
	}
}

func TestGoOAuth2ClientRefreshesAnExpiredToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	config := oauth2.Config{ClientID: "anything", Endpoint: oauth2.Endpoint{TokenURL: s.URL + "/token"}}
	token, err := config.PasswordCredentialsToken(t.Context(), "marisol", testPassword)
	authtest.Must(t, err)
	for range 3 {
		before := token.RefreshToken
		token.Expiry = time.Now().Add(-time.Minute)
		token, err = config.TokenSource(t.Context(), token).Token()
		authtest.Must(t, err)
		if token.RefreshToken == before || token.RefreshToken == "" {
			t.Error("the refresh token did not change")
		}
		wantStatus(t, s.get(t, "/user", token.AccessToken), 200)
	}
}
