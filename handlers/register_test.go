package handlers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestSignUpCreatesAUserWhoCanLogIn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.postJSON(t, "/register", `{"username":"Jonas","password":"`+testPassword+`","email":"jonas@example.org"}`)
	wantStatus(t, r, 201)
	if r.field("username") != "Jonas" || r.field("email") != "jonas@example.org" || r.field("disabled") != false || r.field("id") == "" {
		t.Errorf("the response is %s", r.body)
	}
	if r.Header.Get("Set-Cookie") != "" {
		t.Error("signing up set a cookie")
	}
	me := s.get(t, "/users/me", s.login(t, "jonas"))
	wantStatus(t, me, 200)
	if me.field("id") != r.field("id") || len(me.field("roles").([]any)) != 0 || me.field("created_at") == nil {
		t.Errorf("/users/me is %s", me.body)
	}
}

func TestEmailAddressIsOptional(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, email := range map[string]string{"absent": "", "null": `,"email":null`} {
		r := s.postJSON(t, "/register", `{"username":"u-`+name+`","password":"`+testPassword+`"`+email+`}`)
		wantStatus(t, r, 201)
		if !strings.Contains(r.body, `"email":null`) {
			t.Errorf("%s: %s", name, r.body)
		}
	}
}

func TestUsernameIsTakenInAnyCase(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, name := range []string{"Marisol", "marisol", "MARISOL"} {
		r := s.register(t, name)
		wantType(t, r, 409, "username-taken")
		wantFieldError(t, r, "body.username")
	}
}

// wantFieldError checks that the problem is about one field and says so with its detail.
func wantFieldError(t *testing.T, r response, location string) {
	t.Helper()
	want := fieldError{location, r.field("detail").(string)}
	if got := r.fieldError(0); got != want || len(r.field("errors").([]any)) != 1 {
		t.Errorf("errors are %v, want %v", r.field("errors"), want)
	}
}

// register signs a user up.
func (s *server) register(t *testing.T, name string) response {
	t.Helper()
	return s.postJSON(t, "/register", fmt.Sprintf(`{"username":%q,"password":%q}`, name, testPassword))
}

func TestInvalidUsernameIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	names := []string{
		"", "ab", strings.Repeat("a", 65), "a b", " abc", "abc ", "abc\t", "abc\n", "abc\x7f", "a\u0301bc", "аdmin", // Cyrillic а
		"ad\u200bmin", "\u202enimda", "ａｂｃ", "naïve", "abc\u00a0", "a/b/c", "a\\b", "a:b", "a;b", "a,b", "(abc)", "a|bc", "a*bc", "a%20b",
		"a\"b", "a'b", "a`b", "a&b", "a=b", "a?b", "a#b", "a$b", "a!b", "a^b", "a~b",
	}
	for _, name := range append(names, xssStrings()...) {
		text, err := json.Marshal(map[string]string{"username": name, "password": testPassword})
		authtest.Must(t, err)
		r := s.postJSON(t, "/register", string(text))
		wantType(t, r, 422, "invalid-username")
		wantFieldError(t, r, "body.username")
		if len(name) > 8 && strings.Contains(r.body, name) {
			t.Errorf("the response repeats %q", name)
		}
	}
	for _, escape := range []string{`\u0000`, `\ud800`} {
		r := s.postJSON(t, "/register", `{"username":"abc`+escape+`","password":"`+testPassword+`"}`)
		wantType(t, r, 400, "malformed-body")
	}
}

func TestInvalidEmailAddressIs422(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	emails := []string{
		"", " ", "a", "a@", "@b", "a@b@c", "a b@c.org", "a@b.org ", "a@b.org\n", `"a"@b.org`, "a@[127.0.0.1]", strings.Repeat("a", 250) + "@b.org",
	}
	for i, email := range append(emails, xssStrings()...) {
		text, err := json.Marshal(map[string]string{"username": fmt.Sprintf("user%d", i), "password": testPassword, "email": email})
		authtest.Must(t, err)
		r := s.postJSON(t, "/register", string(text))
		wantType(t, r, 422, "invalid-email")
		wantFieldError(t, r, "body.email")
	}
}

func TestWeakPasswordIs422WithTheReason(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for password, reason := range map[string]string{
		"":                        "too short",
		"1234567":                 "too short",
		"日本語日本語日":                 "too short", // 7 characters in 21 bytes
		strings.Repeat("x ", 129): "too long",
		"password":                "too common",
		"PassWord":                "too common",
		"qwertyuiop":              "too common",
		"abcd1234":                "simple pattern",
		"editor12":                "Names are easy to guess",
		"my jonas 99":             "the username",
		"my JONAS 99":             "the username",
	} {
		text, err := json.Marshal(map[string]string{"username": "jonas", "password": password})
		authtest.Must(t, err)
		r := s.postJSON(t, "/register", string(text))
		wantType(t, r, 422, "weak-password")
		wantFieldError(t, r, "body.password")
		if detail := r.field("detail").(string); !strings.Contains(detail, reason) || len(password) > 8 && strings.Contains(detail, password) {
			t.Errorf("%q: %s", password, detail)
		}
	}
	for _, password := range []string{"日本語は難しいです", strings.Repeat("kX9#mQ2v", 32), "      a b c", "пароль для входа"} {
		text, err := json.Marshal(map[string]string{"username": fmt.Sprint("user", len(password)), "password": password})
		authtest.Must(t, err)
		wantStatus(t, s.postJSON(t, "/register", string(text)), 201)
	}
}

func TestSignUpCannotSetOtherFields(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, field := range []string{
		`"id":"1"`, `"roles":["admin"]`, `"disabled":true`, `"is_admin":true`, `"created_at":"2020-01-01T00:00:00Z"`, `"password_hash":"x"`,
	} {
		r := s.postJSON(t, "/register", `{"username":"jonas","password":"`+testPassword+`",`+field+`}`)
		wantType(t, r, 422, "invalid-fields")
	}
	wantStatus(t, s.register(t, "jonas"), 201) // none of them created the user
	r := s.postJSON(t, "/register?roles=admin", `{"username":"petra","password":"`+testPassword+`"}`)
	wantStatus(t, r, 201)
	if user := s.get(t, "/user", s.login(t, "petra")); !strings.Contains(user.body, `"roles":[]`) {
		t.Errorf("the query gave a role: %s", user.body)
	}
}

func TestClosedSignUpIs403(t *testing.T) {
	t.Parallel()
	s := newServer(t, func(o *Options) { o.Signup = false })
	wantType(t, s.register(t, "jonas"), 403, "signup-closed")
	wantType(t, s.register(t, "marisol"), 403, "signup-closed") // not 409, which would reveal who exists
}

// xssStrings is what scanners send to find out whether text becomes code.
func xssStrings() []string {
	return []string{
		"<script>alert(1)</script>", "<ScRiPt>alert(1)</sCrIpT>", "<script src=//x.example/x.js></script>", "<script>alert`1`</script>",
		"<img src=x onerror=alert(1)>", "<img src=x onerror=alert`1`>", "<img/src=x/onerror=alert(1)>", "<svg onload=alert(1)>",
		"<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href=javascript:alert(1)>x</a></svg>",
		"<body onload=alert(1)>", "<body onpageshow=alert(1)>", "<iframe src=javascript:alert(1)>", "<iframe srcdoc='<script>alert(1)</script>'>",
		"<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<math href=javascript:alert(1)>x</math>",
		"<a href=javascript:alert(1)>x</a>", "<a href='java\tscript:alert(1)'>x</a>", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
		"data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>",
		"<audio src=x onerror=alert(1)>", "<input autofocus onfocus=alert(1)>", "<select autofocus onfocus=alert(1)>", "<textarea autofocus onfocus=alert(1)>",
		"<marquee onstart=alert(1)>", "<isindex type=image src=1 onerror=alert(1)>", "<form action=javascript:alert(1)><button>x", "<button formaction=javascript:alert(1)>x",
		"<base href=//x.example/>", "<link rel=stylesheet href=//x.example/x.css>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
		"<style>@import '//x.example/x.css'</style>", "<template><script>alert(1)</script></template>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
		"'\"><script>alert(1)</script>", "\" onmouseover=\"alert(1)", "' onmouseover='alert(1)", "\"><svg/onload=alert(1)>", "</title><script>alert(1)</script>",
		"</textarea><script>alert(1)</script>", "{{constructor.constructor('alert(1)')()}}", "${alert(1)}", "<%= alert(1) %>", "\u003cscript\u003ealert(1)\u003c/script\u003e",
		"<!--><script>alert(1)</script>-->", "<x onclick=alert(1)>x", "%3Cscript%3Ealert(1)%3C/script%3E",
	}
}
