package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheREADMEsVerifiersAcceptOurTokensAndNoOthers runs the snippets of
// "Verify our tokens in your API" as they stand there.
func TestTheREADMEsVerifiersAcceptOurTokensAndNoOthers(t *testing.T) {
	const secret = "a-secret-that-both-services-hold-and-no-one-else"
	t.Run("Go", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "main.go")
		write(t, file, snippet(t, "```go\n// verify prints"))
		binary := filepath.Join(t.TempDir(), "verify")
		out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, file).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wantVerifier(t, []string{"JWT_SECRET=" + secret}, binary)
	})
	t.Run("Python", func(t *testing.T) {
		python := "/usr/bin/python3" // Debian's, which has Debian's packages
		if exec.CommandContext(t.Context(), python, "-c", "import jwt, cryptography").Run() != nil {
			missing(t, "there is no PyJWT: apt-get install python3-jwt python3-cryptography")
		}
		file := filepath.Join(t.TempDir(), "verify.py")
		write(t, file, snippet(t, "```python\n# prints"))
		wantVerifier(t, []string{"JWT_ALG=ES256", "JWT_SECRET=" + secret}, python, file)
	})
	t.Run("JavaScript", func(t *testing.T) {
		modules, err := filepath.Abs(".ci/node/node_modules")
		must(t, err)
		if _, err := os.Stat(filepath.Join(modules, "jose")); err != nil {
			missing(t, "there is no jose: npm install --prefix .ci/node jose")
		}
		folder := t.TempDir()
		must(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))
		file := filepath.Join(folder, "verify.mjs")
		write(t, file, snippet(t, "```js\n// prints"))
		wantVerifier(t, []string{"JWT_ALG=ES256", "JWT_SECRET=" + secret}, "node", file)
	})
}

// snippet returns the code block of README.md that begins like start.
func snippet(t *testing.T, start string) string {
	t.Helper()
	_, block, found := strings.Cut(read(t, "README.md"), start)
	if !found {
		t.Fatalf("README.md has no %q", start)
	}
	block, _, _ = strings.Cut(block, "```")
	_, first, _ := strings.Cut(start, "\n")
	return first + block
}

// missing skips a test for the lack of something that .ci/run installs.
func missing(t *testing.T, advice string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(advice)
	}
	t.Skip(advice)
}

// wantVerifier starts Latchkey with settings and lets verify judge tokens.
func wantVerifier(t *testing.T, settings []string, verify ...string) {
	t.Helper()
	p := start(t, t.TempDir(), append(settings, "ADMIN_NAME=marisol", "ADMIN_PASSWORD=correct horse battery", "ACCESS_TOKEN_TTL=15m")...)
	_, good := login(t, p.url, "marisol", "correct horse battery")
	elsewhere := start(t, t.TempDir(), append(settings, "ADMIN_NAME=marisol", "ADMIN_PASSWORD=correct horse battery", "JWT_AUDIENCE=billing", "PUBLIC_URL="+p.url)...)
	_, forBilling := login(t, elsewhere.url, "marisol", "correct horse battery")
	parts := strings.Split(good, ".")
	for _, row := range []struct{ name, token, want string }{
		{"our token", good, "marisol"},
		{"altered signature", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "refused"},
		{"no signature", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".", "refused"},
		{"another audience", forBilling, "refused"},
		{"not a token", "hello", "refused"},
	} {
		cmd := exec.CommandContext(t.Context(), verify[0], append(verify[1:], row.token)...)
		cmd.Env = append(os.Environ(), "ISSUER="+p.url)
		cmd.Env = append(cmd.Env, settings...)
		out, err := cmd.CombinedOutput()
		if strings.TrimSpace(string(out)) != row.want || (err == nil) != (row.want == "marisol") {
			t.Errorf("%s: %v, %s", row.name, err, out)
		}
	}
}
