package handlers

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestLoginAnswersWithATokenForTheUser(t *testing.T) {
	s := newServer(t)
	a := s.postJSON(t, "/login", `{"name":"mariSOL","password":"`+testPassword+`"}`)
	wantStatus(t, a, 200)
	if a.field("token_type") != "bearer" || a.field("expires_in") != float64(900) {
		t.Errorf("token_type or expires_in are wrong: %s", a.body)
	}
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(a.field("token").(string), claims, func(*jwt.Token) (any, error) { return []byte(testSecret), nil })
	must(t, err) // any library can verify with the secret's raw bytes
	if claims["name"] != "Marisol" {
		t.Errorf("the name in the token is %v, want it as it was typed at sign-up", claims["name"])
	}
	me := s.get(t, "/user", a.field("token").(string))
	wantStatus(t, me, 200)
	if me.field("name") != "Marisol" || me.field("id") != claims["sub"] {
		t.Errorf("/user and the token differ: %s, %v", me.body, claims)
	}
}

func TestEveryWrongPairGetsTheSameAnswer(t *testing.T) {
	s := newServer(t)
	pairs := map[string]string{
		"wrong password":      `{"name":"marisol","password":"wrong horse battery"}`,
		"password cut short":  `{"name":"marisol","password":"` + testPassword[:len(testPassword)-1] + `"}`,
		"password and space":  `{"name":"marisol","password":"` + testPassword + ` "}`,
		"password other case": `{"name":"marisol","password":"` + strings.ToUpper(testPassword) + `"}`,
		"unknown user":        `{"name":"nobody","password":"` + testPassword + `"}`,
		"empty name":          `{"name":"","password":"` + testPassword + `"}`,
		"empty password":      `{"name":"marisol","password":""}`,
		"name with space":     `{"name":"marisol ","password":"` + testPassword + `"}`,
		"SQL":                 `{"name":"' OR '1'='1","password":"' OR '1'='1"}`,
		"very long password":  `{"name":"marisol","password":"` + strings.Repeat("x", 16000) + `"}`,
	}
	var first *answer
	for name, body := range pairs {
		a := s.postJSON(t, "/login", body)
		wantProblem(t, a, 401)
		if a.field("detail") != "Incorrect username or password" || a.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: %s", name, a.body)
		}
		if first == nil {
			first = &a
		}
		compareAnswers(t, name, *first, a)
	}
	s.exec(t, "UPDATE users SET disabled = 1")
	disabled := s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`)
	compareAnswers(t, "disabled user", *first, disabled)
}

// compareAnswers checks that two answers differ in nothing but the date and
// the request's id.
func compareAnswers(t *testing.T, name string, a, b answer) {
	t.Helper()
	ida, idb := a.Header.Get("X-Request-Id"), b.Header.Get("X-Request-Id")
	if a.StatusCode != b.StatusCode || strings.ReplaceAll(a.body, ida, "") != strings.ReplaceAll(b.body, idb, "") {
		t.Errorf("%s: another status or body: %d %s", name, b.StatusCode, b.body)
	}
	ha, hb := a.Header.Clone(), b.Header.Clone()
	for _, h := range []http.Header{ha, hb} {
		h.Del("X-Request-Id")
		h.Del("Date")
	}
	if !maps.EqualFunc(ha, hb, func(x, y []string) bool { return strings.Join(x, "\n") == strings.Join(y, "\n") }) {
		t.Errorf("%s: other headers: %v and %v", name, ha, hb)
	}
}

func TestLoginRefusesWhatIsNotTwoStrings(t *testing.T) {
	s := newServer(t)
	for name, body := range map[string]string{
		"array":            `[]`,
		"array of objects": `[{"name":"marisol","password":"canary-5309"}]`,
		"string":           `"canary-5309"`,
		"null":             `null`,
		"null fields":      `{"name":null,"password":null}`,
		"number as name":   `{"name":5309,"password":"canary-5309"}`,
		"object as name":   `{"name":{"canary_5309":1},"password":"x"}`,
		"no password":      `{"name":"canary-5309"}`,
		"no name":          `{"password":"canary-5309"}`,
		"empty object":     `{}`,
		"unknown field":    `{"name":"marisol","password":"canary-5309","canary_5309":true}`,
		"a user's id":      `{"name":"marisol","password":"canary-5309","id":"1","roles":["admin"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			a := s.postJSON(t, "/login", body)
			wantProblem(t, a, 422)
			if strings.Contains(a.body, "5309") {
				t.Errorf("the answer repeats what was sent: %s", a.body)
			}
			if !strings.Contains(a.body, `"location":"body`) {
				t.Errorf("the answer does not say which field is wrong: %s", a.body)
			}
		})
	}
	if strings.Contains(s.log.String(), "5309") {
		t.Error("the log repeats what was sent")
	}
}

func TestLoginKeepsSecretsOutOfTheLog(t *testing.T) {
	s := newServer(t)
	token := s.login(t)
	s.postJSON(t, "/login", `{"name":"canary-name","password":"canary-password"}`)
	s.get(t, "/user", token)
	s.send(t, "GET", "/canary-path?access_token=canary-query", "")
	for _, secret := range []string{"canary", testPassword, token, strings.Split(token, ".")[2], testSecret} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !strings.Contains(s.log.String(), "unknown user") {
		t.Error("the log does not say why a login was refused")
	}
}

func TestLoginFromAnotherSiteIsRefused(t *testing.T) {
	s := newServer(t)
	body := `{"name":"marisol","password":"` + testPassword + `"}`
	for _, row := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"curl sends no header", nil, 200},
		{"own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", s.URL}, 200},
		{"own page in an old browser", []string{"Origin", s.URL}, 200},
		{"typed by the person", []string{"Sec-Fetch-Site", "none"}, 200},
		{"another site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"another host of the same site", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://www.evil.example"}, 403},
		{"another site in an old browser", []string{"Origin", "https://evil.example"}, 403},
		{"a sandboxed frame", []string{"Origin", "null"}, 403},
		{"the same host by another port", []string{"Origin", "http://127.0.0.1:1"}, 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := s.postJSON(t, "/login", body, row.headers...)
			if row.status == 403 {
				wantProblem(t, a, 403)
			}
			wantStatus(t, a, row.status)
		})
	}
}

func TestAFullHashQueueAnswers503(t *testing.T) {
	s := newServer(t)
	s.reopen(t, cheapCost(), 0)
	a := s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`)
	wantProblem(t, a, 503)
	if a.Header.Get("Retry-After") == "" {
		t.Error("there is no Retry-After")
	}
}

func TestParallelLoginsAllSucceed(t *testing.T) {
	s := newServer(t)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			a := s.postJSON(t, "/login", `{"name":"marisol","password":"`+testPassword+`"}`)
			if a.StatusCode != 200 {
				t.Errorf("status %d: %s", a.StatusCode, a.body)
			}
		})
	}
	group.Wait()
}
