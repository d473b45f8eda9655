package cmd_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestReadmeServersAcceptOurTokensAndNoOthers runs the servers of README.md, "An API that verifies
// tokens".
func TestReadmeServersAcceptOurTokensAndNoOthers(t *testing.T) {
	t.Parallel()
	t.Run("FastAPI", func(t *testing.T) {
		t.Parallel()
		python := "/usr/bin/python3" // Debian's, which sees Debian's packages
		if exec.CommandContext(t.Context(), python, "-c", "import fastapi, jwt, uvicorn").Run() != nil {
			cmdtest.Missing(t, "this test needs FastAPI: apt-get install python3-fastapi python3-jwt uvicorn")
		}
		address := cmdtest.FreeAddress(t)
		source := writeReadmeServer(t, "```python\nimport os", "main.py", address)
		_, port, _ := strings.Cut(address, ":")
		wantServer(t, address, filepath.Dir(source), python, "-m", "uvicorn", "main:app", "--port", port)
	})
	t.Run("Express", func(t *testing.T) {
		t.Parallel()
		modules := filepath.Join(cmdtest.Root(t), ".ci", "node", "node_modules")
		if _, err := os.Stat(filepath.Join(modules, "express")); err != nil {
			cmdtest.Missing(t, "this test needs Express: npm ci --prefix .ci/node")
		}
		address := cmdtest.FreeAddress(t)
		source := writeReadmeServer(t, "```js\nimport express", "server.mjs", address)
		authtest.Must(t, os.Symlink(modules, filepath.Join(filepath.Dir(source), "node_modules")))
		wantServer(t, address, filepath.Dir(source), "node", source)
	})
	t.Run("Go", func(t *testing.T) {
		t.Parallel()
		address := cmdtest.FreeAddress(t)
		source := writeReadmeServer(t, "```go\npackage main", "main.go", address)
		binary := filepath.Join(t.TempDir(), "server")
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, source).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		wantServer(t, address, t.TempDir(), binary)
	})
}

// writeReadmeServer writes the code block of README.md that begins with start to a file called name
// in a new folder. Its server listens on the port of address instead of 3000.
func writeReadmeServer(t *testing.T, start, name, address string) (path string) {
	t.Helper()
	_, port, _ := strings.Cut(address, ":")
	path = filepath.Join(t.TempDir(), name)
	writeFile(t, path, strings.Replace(codeBlock(t, "README.md", start), "3000", port, 1))
	return path
}

// wantServer runs a server, which must greet the user of a valid token and refuse everything else,
// and must not start without its settings.
func wantServer(t *testing.T, address, folder string, server ...string) {
	t.Helper()
	common := []string{"ADMIN_NAME=marisol", "ADMIN_PASSWORD=" + adminPassword, sharedSecret}
	p := cmdtest.Start(t, t.TempDir(), common...)
	_, good := p.Login("marisol", adminPassword)
	other := cmdtest.Start(t, t.TempDir(), append(common, "JWT_AUDIENCE=billing", "PUBLIC_URL="+p.URL)...)
	_, forBilling := other.Login("marisol", adminPassword)
	elsewhere := cmdtest.Start(t, t.TempDir(), common...)
	_, ofAnotherIssuer := elsewhere.Login("marisol", adminPassword)

	for _, missing := range []string{"ISSUER=", "JWT_SECRET="} {
		wantServerNotToStart(t, folder, server, "ISSUER="+p.URL, sharedSecret, missing)
	}
	command := serverCommand(t.Context(), folder, server, "ISSUER="+p.URL, sharedSecret)
	authtest.Must(t, command.Start())
	t.Cleanup(func() { command.Process.Kill(); command.Wait() })
	parts := strings.Split(good, ".")
	for _, row := range []struct {
		name, authorization string
		want                int
	}{
		{"our token", "Bearer " + good, http.StatusOK},
		{"our token, signed again", "Bearer " + resign(t, good, "", nil), http.StatusOK},
		{"altered signature", "Bearer " + parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2])), http.StatusUnauthorized},
		{"no signature", "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".", http.StatusUnauthorized},
		{"another audience", "Bearer " + forBilling, http.StatusUnauthorized},
		{"another issuer", "Bearer " + ofAnotherIssuer, http.StatusUnauthorized},
		{"another type of JWT", "Bearer " + resign(t, good, "typ", "JWT"), http.StatusUnauthorized},
		{"expired", "Bearer " + resign(t, good, "exp", 1_700_000_000), http.StatusUnauthorized},
		{"not a token", "Bearer hello", http.StatusUnauthorized},
		{"no token", "", http.StatusUnauthorized},
	} {
		status, challenge, body := hello(t, address, row.authorization)
		greets := strings.Contains(body, "hello") && strings.Contains(body, "marisol")
		if status != row.want || greets != (row.want == http.StatusOK) || (challenge == "Bearer") == greets {
			t.Errorf("%s: status %d, WWW-Authenticate %q, %s", row.name, status, challenge, body)
		}
	}
}

// resign returns the token with another value for one name in its header or claims, and signed with
// the shared secret.
func resign(t *testing.T, token, name string, value any) string {
	t.Helper()
	parts := strings.Split(token, ".")[:2]
	for i, part := range parts {
		text, err := base64.RawURLEncoding.DecodeString(part)
		authtest.Must(t, err)
		var fields map[string]any
		authtest.Must(t, json.Unmarshal(text, &fields))
		if _, found := fields[name]; found {
			fields[name] = value
		}
		text, err = json.Marshal(fields)
		authtest.Must(t, err)
		parts[i] = base64.RawURLEncoding.EncodeToString(text)
	}
	signed := strings.Join(parts, ".")
	mac := hmac.New(sha256.New, []byte(strings.TrimPrefix(sharedSecret, "JWT_SECRET=")))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// wantServerNotToStart runs a server, which must fail at once.
func wantServerNotToStart(t *testing.T, folder string, server []string, settings ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := serverCommand(ctx, folder, server, settings...).Run(); err == nil || ctx.Err() != nil {
		t.Errorf("the server started with %s", settings[len(settings)-1])
	}
}

// serverCommand returns the command that runs a server in folder with these settings.
func serverCommand(ctx context.Context, folder string, server []string, settings ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, server[0], server[1:]...)
	command.Dir = folder
	command.Env = append(os.Environ(), settings...)
	return command
}

// hello sends GET /hello as soon as the server at address accepts connections.
func hello(t *testing.T, address, authorization string) (status int, challenge, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+address+"/hello", nil)
	authtest.Must(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	for deadline := time.Now().Add(time.Minute); err != nil && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
		response, err = http.DefaultClient.Do(request)
	}
	authtest.Must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	authtest.Must(t, err)
	return response.StatusCode, response.Header.Get("WWW-Authenticate"), string(text)
}
