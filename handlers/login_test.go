package handlers

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/auth/authtest"
)

func TestLoginReturnsATokenOfTheUser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.postJSON(t, "/login", credentials("mariSOL"))
	wantStatus(t, r, 200)
	if r.field("token_type") != "bearer" || r.field("expires_in") != float64(900) {
		t.Errorf("token_type or expires_in is wrong: %s", r.body)
	}
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(r.field("token").(string), claims, func(*jwt.Token) (any, error) { return []byte(testSecret), nil })
	authtest.Must(t, err) // any library can verify with the raw bytes of the secret
	if claims["name"] != "Marisol" {
		t.Errorf("the name in the token is %v, want it as typed at sign-up", claims["name"])
	}
	user := s.get(t, "/user", r.field("token").(string))
	wantStatus(t, user, 200)
	if user.field("name") != "Marisol" || user.field("id") != claims["sub"] {
		t.Errorf("/user and the token differ: %s, %v", user.body, claims)
	}
}

func TestLoginWithAnyWrongCredentialsGetsTheSameResponse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var first *response
	for name, body := range map[string]string{
		"wrong password":         `{"name":"marisol","password":"wrong horse battery"}`,
		"password cut short":     `{"name":"marisol","password":"` + testPassword[:len(testPassword)-1] + `"}`,
		"password and a space":   `{"name":"marisol","password":"` + testPassword + ` "}`,
		"password in upper case": `{"name":"marisol","password":"` + strings.ToUpper(testPassword) + `"}`,
		"unknown user":           credentials("nobody"),
		"empty name":             credentials(""),
		"empty password":         `{"name":"marisol","password":""}`,
		"name and a space":       credentials("marisol "),
		"SQL":                    `{"name":"' OR '1'='1","password":"' OR '1'='1"}`,
		"very long password":     `{"name":"marisol","password":"` + strings.Repeat("x", 16000) + `"}`,
	} {
		r := s.postJSON(t, "/login", body)
		wantType(t, r, 401, "invalid-credentials")
		if r.field("detail") != "Incorrect username or password" || r.Header.Get("WWW-Authenticate") != challengeBearer {
			t.Errorf("%s: %s", name, r.body)
		}
		if first == nil {
			first = &r
		}
		compareResponses(t, name, *first, r)
	}
	s.exec(t, "UPDATE users SET disabled = 1")
	compareResponses(t, "disabled user", *first, s.postJSON(t, "/login", credentials("marisol")))
}

// compareResponses checks that two responses differ in nothing but the date, the request id and the
// nonce.
func compareResponses(t *testing.T, name string, a, b response) {
	t.Helper()
	idA, idB := a.Header.Get("X-Request-Id"), b.Header.Get("X-Request-Id")
	if a.StatusCode != b.StatusCode || strings.ReplaceAll(a.body, idA, "") != strings.ReplaceAll(b.body, idB, "") {
		t.Errorf("%s: the status or body differs: %d %s", name, b.StatusCode, b.body)
	}
	headersA, headersB := a.Header.Clone(), b.Header.Clone()
	for _, headers := range []http.Header{headersA, headersB} {
		headers.Del("X-Request-Id")
		headers.Del("Date")
		headers.Del("DPoP-Nonce")
	}
	if !maps.EqualFunc(headersA, headersB, slices.Equal) {
		t.Errorf("%s: the headers differ: %v and %v", name, headersA, headersB)
	}
}

func TestLoginWithInvalidFieldsIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, row := range map[string]struct{ body, location string }{
		"array":                     {`[]`, "body"},
		"array of objects":          {`[{"name":"marisol","password":"CANARY"}]`, "body"},
		"string":                    {`"CANARY"`, "body"},
		"null":                      {`null`, "body"},
		"null as name":              {`{"name":null,"password":"CANARY"}`, "body.name"},
		"number as name":            {`{"name":53095309530953095309,"password":"CANARY"}`, "body.name"},
		"object as name":            {`{"name":{"x":"CANARY"},"password":"x"}`, "body.name"},
		"missing password":          {`{"name":"CANARY"}`, "body.password"},
		"missing name":              {`{"password":"CANARY"}`, "body.name"},
		"empty object":              {`{}`, "body.name"},
		"unknown field":             {`{"name":"marisol","password":"CANARY","kanarie":true}`, "body"},
		"fields of another request": {`{"name":"marisol","password":"CANARY","id":"1","roles":["admin"]}`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			r := s.postJSON(t, "/login", strings.ReplaceAll(row.body, "CANARY", canary))
			wantType(t, r, 422, "invalid-fields")
			if strings.Contains(r.body, "kanarie") || strings.Contains(r.body, "53095309530953095309") {
				t.Errorf("the response repeats what was sent: %s", r.body)
			}
			if got := r.fieldError(0); got.Location != row.location || got.Message == "" {
				t.Errorf("the first field error is %+v, want one at %s", got, row.location)
			}
		})
	}
	if strings.Contains(s.logged.String(), canary) {
		t.Error("the log repeats what was sent")
	}
}

func TestCrossOriginLoginIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, row := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"curl sends no header", nil, 200},
		{"own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", s.URL}, 200},
		{"own page in an old browser", []string{"Origin", s.URL}, 200},
		{"address typed by the user", []string{"Sec-Fetch-Site", "none"}, 200},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"another host of the same site", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.evil.example"}, 403},
		{"another site in an old browser", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed frame", []string{"Origin", "null"}, 403},
		{"another port of the same host", []string{"Origin", "http://127.0.0.1:1"}, 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := s.postJSON(t, "/login", credentials("marisol"), row.headers...)
			wantStatus(t, r, row.status)
			if row.status == 403 {
				wantType(t, r, 403, "cross-origin")
			}
		})
	}
}

func TestLoginEndsTheEarlierSessionOfTheBrowser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	b, earlier := s.newBrowser(t)
	elsewhere := s.login(t, "marisol")
	failed := b.send(t, "POST", "/login", `{"name":"marisol","password":"wrong horse battery"}`, "Content-Type", "application/json")
	wantType(t, failed, 401, "invalid-credentials")
	wantEnded(t, s, "the earlier session, after a failed login,", earlier, false)
	wantStatus(t, b.send(t, "POST", "/login", credentials("marisol"), "Content-Type", "application/json"), 200)
	wantEnded(t, s, "the earlier session", earlier, true)
	wantEnded(t, s, "a session elsewhere", elsewhere, false)
	wantStatus(t, b.refresh(t), 200)
}

func TestFullHashQueueIs503(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.options.Store = s.openStore(t, cheapCost(), 0)
	s.restart(t)
	r := s.postJSON(t, "/login", credentials("marisol"))
	wantType(t, r, 503, "busy")
	if r.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", r.Header.Get("Retry-After"))
	}
}

func TestParallelLoginsAllSucceed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			r := s.postJSON(t, "/login", credentials("marisol"))
			if r.StatusCode != 200 {
				t.Errorf("status %d: %s", r.StatusCode, r.body)
			}
		})
	}
	group.Wait()
}

// "Keep me logged in": without it, the browser forgets the session when it is closed.
func TestSessionCookieLastsOnlyIfTheSessionIsRemembered(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for field, remembered := range map[string]bool{``: true, `,"remember":true`: true, `,"remember":false`: false} {
		b := &browser{server: s}
		r := b.send(t, "POST", "/login", `{"name":"marisol","password":"`+testPassword+`"`+field+`}`, "Content-Type", "application/json")
		wantStatus(t, r, 200)
		if device := cookieNamed(r, "latchkey-device"); device.MaxAge != 365*24*60*60 {
			t.Errorf("%s: the device cookie is %v", field, device)
		}
		wantLasting := func(r response) {
			t.Helper()
			wantStatus(t, r, 200)
			cookie := cookieNamed(r, "latchkey")
			if lasts := cookie.MaxAge != 0 || !cookie.Expires.IsZero(); lasts != remembered || cookie.Value == "" {
				t.Errorf("%s: %s sets %v", field, r.Request.URL.Path, cookie)
			}
		}
		wantLasting(r)
		wantLasting(b.refresh(t))
		replaced := b.cookie
		wantLasting(b.refresh(t))
		b.cookie = replaced
		wantLasting(b.refresh(t)) // the response before was lost
	}
}
