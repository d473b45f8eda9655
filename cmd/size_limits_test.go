package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// Limits that keep the code readable.
const (
	maxFunctionLines = 60
	maxFileLines     = 300
	maxTestFileLines = 500
)

// handWritten returns the text of every Go, templ and JavaScript file that a person maintains, by
// its path from the root of the module.
func handWritten(t *testing.T) map[string]string {
	t.Helper()
	root := cmdtest.Root(t)
	files := map[string]string{}
	authtest.Must(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		authtest.Must(t, err)
		name, err := filepath.Rel(root, path)
		authtest.Must(t, err)
		if entry.IsDir() && slices.Contains([]string{".git", "data", "node_modules", "testdata", "swagger-ui", "bundle"}, entry.Name()) {
			return filepath.SkipDir
		}
		if entry.IsDir() || !slices.Contains([]string{".go", ".templ", ".js"}, filepath.Ext(name)) {
			return nil
		}
		if text := cmdtest.ReadFile(t, name); !strings.HasPrefix(text, "// Code generated ") {
			files[name] = text
		}
		return nil
	}))
	if len(files) < 100 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for name, text := range handWritten(t) {
		limit := maxFileLines
		if strings.HasSuffix(name, "_test.go") {
			limit = maxTestFileLines
		}
		if lines := strings.Count(text, "\n"); lines > limit {
			t.Errorf("%s has %d lines, at most %d are allowed", name, lines, limit)
		}
	}
}

func TestFunctionsAreShort(t *testing.T) {
	t.Parallel()
	for name, text := range handWritten(t) {
		if filepath.Ext(name) != ".go" {
			continue
		}
		positions := token.NewFileSet()
		file, err := parser.ParseFile(positions, name, text, parser.SkipObjectResolution)
		authtest.Must(t, err)
		for _, declaration := range file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction {
				continue
			}
			lines := positions.Position(function.End()).Line - positions.Position(function.Pos()).Line + 1
			if lines > maxFunctionLines {
				t.Errorf("%s: %s has %d lines, at most %d are allowed", name, function.Name.Name, lines, maxFunctionLines)
			}
		}
	}
}

// TestCommentsWrapAtOneWidth allows a longer line only for a comment that cannot be broken, such as
// an address.
func TestCommentsWrapAtOneWidth(t *testing.T) {
	t.Parallel()
	const width = 100
	for name, text := range handWritten(t) {
		for line := range strings.Lines(text) {
			comment := strings.TrimSpace(line)
			isComment := strings.HasPrefix(comment, "//") || strings.HasPrefix(comment, "*") || strings.HasPrefix(comment, "/*")
			columns := utf8.RuneCountInString(strings.TrimRight(line, "\n"))
			if isComment && columns > width && strings.Count(comment, " ") > 1 {
				t.Errorf("%s: a comment is %d columns wide, at most %d are allowed: %s", name, columns, width, comment)
			}
		}
	}
}
