package cmd

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImportsRunOneWay holds the packages to what README.md says of them.
func TestImportsRunOneWay(t *testing.T) {
	mayImport := map[string][]string{
		"latchkey":          {"latchkey/auth", "latchkey/handlers", "latchkey/models"},
		"latchkey/handlers": {"latchkey/auth", "latchkey/models", "latchkey/static", "latchkey/views"},
		"latchkey/models":   {"latchkey/auth"},
		"latchkey/views":    {"latchkey/static"},
		"latchkey/auth":     nil,
		"latchkey/static":   nil,
	}
	// Libraries that belong to one room. net/http is in auth's list because a
	// security core that knows no requests cannot be fooled by one.
	onlyIn := map[string][]string{
		"gorm.io/":                       {"latchkey/models"},
		"github.com/mattn/go-sqlite3":    {"latchkey/models"},
		"github.com/labstack/echo":       {"latchkey/handlers"},
		"github.com/danielgtaylor/huma":  {"latchkey/handlers"},
		"github.com/golang-jwt/jwt":      {"latchkey/auth"},
		"golang.org/x/crypto":            {"latchkey/auth"},
		"github.com/caarlos0/env":        {"latchkey"},
		"github.com/joho/godotenv":       {"latchkey"},
		"net/http":                       {"latchkey", "latchkey/handlers", "latchkey/views"},
		"github.com/go-gormigrate/":      {"latchkey/models"},
		"github.com/a-h/templ":           {"latchkey/handlers", "latchkey/views"},
		"database/sql":                   {"latchkey/models"},
		"github.com/google/uuid":         {"latchkey/handlers", "latchkey/models"},
		"golang.org/x/term":              {"latchkey"},
		"golang.org/x/text/unicode/norm": {"latchkey/auth"},
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	must(t, err)
	seen := 0
	for decoder := json.NewDecoder(strings.NewReader(string(out))); decoder.More(); seen++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		must(t, decoder.Decode(&p))
		allowed, known := mayImport[p.ImportPath]
		if !known {
			t.Errorf("%s is a new package: say here what it may import", p.ImportPath)
		}
		for _, path := range p.Imports {
			if strings.HasPrefix(path, "latchkey") && !slices.Contains(allowed, path) {
				t.Errorf("%s may not import %s", p.ImportPath, path)
			}
			for prefix, rooms := range onlyIn {
				if strings.HasPrefix(path, prefix) && !slices.Contains(rooms, p.ImportPath) {
					t.Errorf("%s may not import %s", p.ImportPath, path)
				}
			}
		}
	}
	if seen != len(mayImport) {
		t.Errorf("%d packages were seen, %d are known", seen, len(mayImport))
	}
}
