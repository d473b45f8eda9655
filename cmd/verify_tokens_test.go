package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// sharedSecret is the setting that Latchkey shares with the services that verify its tokens.
const sharedSecret = "JWT_SECRET=a-secret-that-both-services-hold-and-no-one-else"

// TestDocumentedVerifiersAcceptOurTokensAndNoOthers runs the programs of docs/verify-tokens.md.
func TestDocumentedVerifiersAcceptOurTokensAndNoOthers(t *testing.T) {
	t.Parallel()
	t.Run("Go", func(t *testing.T) {
		t.Parallel()
		source := filepath.Join(t.TempDir(), "main.go")
		writeFile(t, source, codeBlock(t, "docs/verify-tokens.md", "```go\n// verify prints"))
		binary := filepath.Join(t.TempDir(), "verify")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wantVerifier(t, []string{sharedSecret}, binary)
	})
	t.Run("Python", func(t *testing.T) {
		t.Parallel()
		python := "/usr/bin/python3" // Debian's, which sees Debian's packages
		if exec.CommandContext(t.Context(), python, "-c", "import jwt, cryptography").Run() != nil {
			cmdtest.Missing(t, "this test needs PyJWT: apt-get install python3-jwt python3-cryptography")
		}
		source := filepath.Join(t.TempDir(), "verify.py")
		writeFile(t, source, codeBlock(t, "docs/verify-tokens.md", "```python\n# prints"))
		wantVerifier(t, []string{"JWT_ALG=ES256", sharedSecret}, python, source)
	})
	t.Run("JavaScript", func(t *testing.T) {
		t.Parallel()
		modules := filepath.Join(cmdtest.Root(t), ".ci", "node", "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "jose")); err != nil {
			cmdtest.Missing(t, "this test needs jose: npm ci --prefix .ci/node")
		}
		folder := t.TempDir()
		authtest.Must(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))
		source := filepath.Join(folder, "verify.mjs")
		writeFile(t, source, codeBlock(t, "docs/verify-tokens.md", "```js\n// prints"))
		wantVerifier(t, []string{"JWT_ALG=ES256", sharedSecret}, "node", source)
	})
}

// codeBlock returns the code block of a document that begins with start, without its fence.
func codeBlock(t *testing.T, document, start string) string {
	t.Helper()
	_, block, found := strings.Cut(cmdtest.ReadFile(t, document), start)
	if !found {
		t.Fatalf("%s has no block that begins with %q", document, start)
	}
	block, _, _ = strings.Cut(block, "```")
	_, first, _ := strings.Cut(start, "\n")
	return first + block
}

// wantVerifier starts Latchkey with settings and passes tokens to a verifier, which prints the
// username of a valid one and "refused" otherwise.
func wantVerifier(t *testing.T, settings []string, verifier ...string) {
	t.Helper()
	common := append([]string{"ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + adminPassword}, settings...)
	p := cmdtest.Start(t, t.TempDir(), common...)
	_, good := p.Login("marisol", adminPassword)
	other := cmdtest.Start(t, t.TempDir(), append(common, "JWT_AUDIENCE=billing", "PUBLIC_URL="+p.URL)...)
	_, forBilling := other.Login("marisol", adminPassword)
	parts := strings.Split(good, ".")
	for _, row := range []struct{ name, token, want string }{
		{"our token", good, "marisol"},
		{"altered signature", parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), "refused"},
		{"no signature", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".", "refused"},
		{"another audience", forBilling, "refused"},
		{"not a token", "hello", "refused"},
	} {
		command := exec.CommandContext(t.Context(), verifier[0], append(verifier[1:], row.token)...)
		command.Env = append(append(os.Environ(), "ISSUER="+p.URL), settings...)
		out, err := command.CombinedOutput()
		if strings.TrimSpace(string(out)) != row.want || (err == nil) != (row.want == "marisol") {
			t.Errorf("%s: %v, %s", row.name, err, out)
		}
	}
}
