package cmd_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// adminPassword is the password of the first user in tests that log in.
const adminPassword = "correct horse battery"

// wantDone runs a command that must succeed and print text.
func wantDone(t *testing.T, folder, stdin, text string, args ...string) {
	t.Helper()
	r := cmdtest.Command{Folder: folder, Args: args, Stdin: stdin}.Run(t)
	if r.Exit != 0 || !strings.Contains(r.Stdout, text) || r.Stderr != "" {
		t.Errorf("%v: exit code %d, want 0 and %q:\n%s%s", args, r.Exit, text, r.Stdout, r.Stderr)
	}
}

// wantFailure runs a command that must fail with exit code 1 and a message that contains text.
func wantFailure(t *testing.T, folder, stdin, text string, args ...string) {
	t.Helper()
	r := cmdtest.Command{Folder: folder, Args: args, Stdin: stdin}.Run(t)
	if r.Exit != 1 || !strings.HasPrefix(r.Stderr, "latchkey: ") || !strings.Contains(r.Stderr, text) || r.Stdout != "" {
		t.Errorf("%v: exit code %d, want 1 and %q:\n%s%s", args, r.Exit, text, r.Stdout, r.Stderr)
	}
}

// wantNoStart starts a server, which must fail with exit code 1 and a message that contains text.
// It returns the message.
func wantNoStart(t *testing.T, folder, text string, settings ...string) (message string) {
	t.Helper()
	r := cmdtest.Command{Folder: folder, Settings: settings}.Run(t)
	if r.Exit != 1 || !strings.HasPrefix(r.Stderr, "latchkey: ") || !strings.Contains(r.Stderr, text) || r.Stdout != "" {
		t.Errorf("exit code %d, want 1 and %q:\n%s%s", r.Exit, text, r.Stdout, r.Stderr)
	}
	return r.Stderr
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	authtest.Must(t, os.WriteFile(path, []byte(text), 0o600))
}

// readFolder returns the text of every file below folder, by path.
func readFolder(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	authtest.Must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files[path] = cmdtest.ReadFile(t, path)
		}
		return err
	}))
	return files
}

// adminPasswordIn returns the password that the first start generated in folder.
func adminPasswordIn(t *testing.T, folder string) string {
	t.Helper()
	return strings.TrimSpace(cmdtest.ReadFile(t, filepath.Join(folder, "data", "admin-password")))
}
