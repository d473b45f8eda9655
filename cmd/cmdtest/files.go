package cmdtest

import (
	"os"
	"path/filepath"
	"testing"

	"latchkey/auth/authtest"
)

// Root returns the folder of the module: the one that holds go.mod.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	authtest.Must(t, err)
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("there is no go.mod above the working directory")
		}
		folder = filepath.Dir(folder)
	}
}

// ReadFile returns the text of a file. A relative path starts at the root of the module.
func ReadFile(t testing.TB, path string) string {
	t.Helper()
	if !filepath.IsAbs(path) {
		path = filepath.Join(Root(t), path)
	}
	text, err := os.ReadFile(path)
	authtest.Must(t, err)
	return string(text)
}

// Missing skips a test that needs something which is not installed. With CI=true it fails instead.
// advice says how to get it.
func Missing(t testing.TB, advice string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(advice)
	}
	t.Skip(advice)
}
