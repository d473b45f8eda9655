package views

import (
	"strings"
	"testing"
)

func TestGuideSaysWhatAnAPIComparesTokensWith(t *testing.T) {
	const keySet = "https://login.example.org/.well-known/jwks.json"
	for algorithm, key := range map[string]string{"HS256": "", "ES256": keySet, "RS256": keySet} {
		p := docsPage()
		p.Algorithm = algorithm
		guide := byID(t, render(t, Docs(p)), "connect")
		checks := map[string]string{}
		names, values := byTag(guide, "dt"), byTag(guide, "dd")
		for i := range names {
			checks[text(names[i])] = text(values[i])
		}
		for name, want := range map[string]string{
			"Issuer iss": "https://login.example.org", "Audience aud": "acme", "Algorithm alg": algorithm, "Type typ": "at+jwt", "Key set": key,
		} {
			if checks[name] != want {
				t.Errorf("%s: %s is %q, want %q", algorithm, name, checks[name], want)
			}
		}
		if namesSecret := strings.Contains(text(guide), "JWT_SECRET"); namesSecret != (key == "") {
			t.Errorf("%s: the guide names the secret: %v", algorithm, namesSecret)
		}
	}
}

func TestGuideGetsATokenByTheWayThatIsOpen(t *testing.T) {
	for open, want := range map[bool]string{
		true: "curl https://login.example.org/token ", false: "curl https://login.example.org/login ",
	} {
		p := docsPage()
		p.PasswordGrant = open
		doc := render(t, Docs(p))
		if guide := text(byID(t, doc, "connect")); !strings.Contains(guide, want) {
			t.Errorf("password grant %v: the guide doesn't say %q: %s", open, want, guide)
		}
		if asks := strings.Contains(text(byID(t, doc, "authorize")), "Password"); asks != open {
			t.Errorf("password grant %v: the dialog asks for a password: %v", open, asks)
		}
	}
}

func TestDocsLeadBack(t *testing.T) {
	p := docsPage()
	p.AppName = "Acme"
	for _, link := range byTag(render(t, Docs(p)), "a") {
		if href, _ := attr(link, "href"); href == "/" && strings.Contains(text(link), "Back to Acme") {
			return
		}
	}
	t.Error("there is no link back to the home page")
}
