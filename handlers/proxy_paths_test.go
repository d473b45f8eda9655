package handlers

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestProxiesPassOnOurPaths reads the pattern of paths in the proxy configurations of
// examples/same-origin. All other paths belong to the app.
func TestProxiesPassOnOurPaths(t *testing.T) {
	t.Parallel()
	pattern := proxyPattern(t, "Caddyfile")
	if nginx := proxyPattern(t, "nginx.conf"); nginx != pattern {
		t.Errorf("Caddyfile and nginx.conf differ:\n%s\n%s", pattern, nginx)
	}
	ours := regexp.MustCompile(pattern)
	notOnTheOrigin := []string{"/", "/favicon.ico", "/healthz", "/readyz", "/protected-data", "/items"}
	paths := []string{"/static/latest/renewal.js"}
	s := newServer(t)
	for _, route := range s.echo.Routes() {
		path := strings.NewReplacer("/static/*", s.assets.URL("app.css"), ":id", "5").Replace(route.Path)
		if !slices.Contains(notOnTheOrigin, path) {
			paths = append(paths, path, path+"/")
		}
	}
	for _, path := range paths {
		if !ours.MatchString(path) {
			t.Errorf("%s does not match %s", path, pattern)
		}
	}
	apps := []string{"/hello", "/users-guide", "/login.html", "/static/app.js", "/static/css/app.css", "/static/fa/x.css", "/static/2024/x.css", "/admin", "/api/users", "/.well-known/security.txt"}
	for _, path := range slices.Concat(notOnTheOrigin, apps) {
		if ours.MatchString(path) {
			t.Errorf("%s of the app matches %s", path, pattern)
		}
	}
	list, _, _ := strings.Cut(strings.TrimPrefix(pattern, "^/("), "|static/")
	for name := range strings.SplitSeq(list, "|") {
		without := regexp.MustCompile(strings.Replace(pattern, name+"|", "", 1))
		if !slices.ContainsFunc(paths, func(path string) bool { return !without.MatchString(path) }) {
			t.Errorf("%s matches none of our paths", name)
		}
	}
}

// proxyPattern returns the pattern of a configuration: its one line that begins as such a pattern.
func proxyPattern(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../examples/same-origin/" + name)
	if err != nil {
		t.Fatal(err)
	}
	patterns := regexp.MustCompile(`\^/\([^\s\"]+`).FindAllString(string(text), -1)
	if len(patterns) != 1 {
		t.Fatalf("%s has the patterns %q, want one", name, patterns)
	}
	return patterns[0]
}
