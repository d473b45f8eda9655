package cmd_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// mayImport lists, for each of our packages, which of the others it may import. Only packages for
// tests may import packages for tests.
var mayImport = map[string][]string{
	"latchkey":               {"latchkey/cmd"},
	"latchkey/cmd":           {"latchkey/auth", "latchkey/handlers", "latchkey/models"},
	"latchkey/handlers":      {"latchkey/auth", "latchkey/models", "latchkey/static", "latchkey/views"},
	"latchkey/models":        {"latchkey/auth"},
	"latchkey/views":         {"latchkey/static"},
	"latchkey/auth":          nil,
	"latchkey/static":        nil,
	"latchkey/bench/attack":  nil,                                        // attacks a server of its own
	"latchkey/browser":       nil,                                        // tests only
	"latchkey/examples/go":   nil,                                        // an app of somebody else
	"latchkey/auth/authtest": nil,                                        // for tests
	"latchkey/cmd/cmdtest":   {"latchkey/auth/authtest", "latchkey/cmd"}, // for tests
}

// onlyImportedBy maps packages, by the beginning of their import path, to those of ours that may
// import them. Most libraries have one owner, so that they can be replaced in one place. auth owns
// only what it computes with, and must not import net/http, gorm or echo, so that it can be audited
// on its own.
var onlyImportedBy = map[string][]string{
	"database/sql":                   {"latchkey/models"},
	"github.com/a-h/templ":           {"latchkey/handlers", "latchkey/views"},
	"github.com/caarlos0/env":        {"latchkey/cmd"},
	"github.com/danielgtaylor/huma":  {"latchkey/handlers"},
	"github.com/go-gormigrate/":      {"latchkey/models"},
	"github.com/golang-jwt/jwt":      {"latchkey/auth", "latchkey/auth/authtest", "latchkey/examples/go"},
	"github.com/google/uuid":         {"latchkey/handlers", "latchkey/models"},
	"github.com/joho/godotenv":       {"latchkey/cmd"},
	"github.com/labstack/echo":       {"latchkey/handlers"},
	"github.com/mattn/go-sqlite3":    {"latchkey/models"},
	"github.com/spf13/":              {"latchkey/cmd"},
	"golang.org/x/crypto":            {"latchkey/auth"},
	"golang.org/x/term":              {"latchkey/cmd"},
	"golang.org/x/text/unicode/norm": {"latchkey/auth"},
	"gorm.io/":                       {"latchkey/models"},
	"net/http":                       {"latchkey/bench/attack", "latchkey/cmd", "latchkey/cmd/cmdtest", "latchkey/examples/go", "latchkey/handlers", "latchkey/views"},
	"testing":                        {"latchkey/auth/authtest", "latchkey/cmd/cmdtest"},
}

func TestImportsRunOneWay(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir = cmdtest.Root(t)
	out, err := command.Output()
	authtest.Must(t, err)
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); seen++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		authtest.Must(t, decoder.Decode(&p))
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s is a new package: add to mayImport what it may import", p.ImportPath)
		}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, "latchkey") && !slices.Contains(allowed, path) {
				t.Errorf("%s must not import %s", p.ImportPath, path)
			}
			for prefix, importers := range onlyImportedBy {
				if strings.HasPrefix(path, prefix) && !slices.Contains(importers, p.ImportPath) {
					t.Errorf("%s must not import %s", p.ImportPath, path)
				}
			}
		}
	}
	if seen != len(mayImport) {
		t.Errorf("there are %d packages, but mayImport lists %d", seen, len(mayImport))
	}
}

func TestMainIsTheOnlyGoFileAtTheRoot(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(cmdtest.Root(t), "*.go"))
	authtest.Must(t, err)
	if len(files) != 1 || filepath.Base(files[0]) != "main.go" {
		t.Errorf("the Go files at the root are %v, want main.go alone", files)
	}
}

// TestReadmeLayoutNamesExistingFiles reads the first code block below the heading "Layout", in
// which a line begins with the name of a file or folder.
func TestReadmeLayoutNamesExistingFiles(t *testing.T) {
	t.Parallel()
	_, layout, found := strings.Cut(cmdtest.ReadFile(t, "README.md"), "\n## Layout\n")
	if !found {
		t.Fatal(`README.md has no heading "Layout"`)
	}
	_, layout, _ = strings.Cut(layout, "```")
	layout, _, _ = strings.Cut(layout, "```")
	names := regexp.MustCompile(`(?m)^[\w./-]+[/.][\w./-]*`).FindAllString(layout, -1)
	if len(names) < 8 {
		t.Errorf("the layout names only %v", names)
	}
	for _, name := range names {
		if found, _ := filepath.Glob(filepath.Join(cmdtest.Root(t), name)); len(found) == 0 {
			t.Errorf("README.md names %s, which does not exist", name)
		}
	}
}
