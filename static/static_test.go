package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func mustFiles(t *testing.T, fsys fstest.MapFS) *Files {
	t.Helper()
	files, err := newFiles(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestHashChangesWithNamesAndContents(t *testing.T) {
	base := fstest.MapFS{"a.js": {Data: []byte("one")}, "b.js": {Data: []byte("two")}}
	want := mustFiles(t, base).hash
	if !regexp.MustCompile(`^[0-9a-f]{12,}$`).MatchString(want) {
		t.Errorf("hash = %q, want 12 or more hex digits", want)
	}

	tests := []struct {
		name   string
		folder fstest.MapFS
		same   bool
	}{
		{"the same folder", fstest.MapFS{"b.js": {Data: []byte("two")}, "a.js": {Data: []byte("one")}}, true},
		{"different content", fstest.MapFS{"a.js": {Data: []byte("one")}, "b.js": {Data: []byte("twO")}}, false},
		{"different name", fstest.MapFS{"a.js": {Data: []byte("one")}, "c.js": {Data: []byte("two")}}, false},
		{"contents swapped", fstest.MapFS{"a.js": {Data: []byte("two")}, "b.js": {Data: []byte("one")}}, false},
		{"a byte moved to the next file", fstest.MapFS{"a.js": {Data: []byte("on")}, "b.js": {Data: []byte("etwo")}}, false},
		{"one file fewer", fstest.MapFS{"a.js": {Data: []byte("one")}}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustFiles(t, tt.folder).hash; (got == want) != tt.same {
				t.Errorf("hash = %s, base = %s, want same = %v", got, want, tt.same)
			}
		})
	}
}

func TestFileOfUnknownTypeIsAnError(t *testing.T) {
	if _, err := newFiles(fstest.MapFS{"notes.md": {Data: []byte("x")}}); err == nil {
		t.Error("no error")
	}
}

func TestURL(t *testing.T) {
	files := New()
	if got, want := files.URL("app.css"), "/static/"+files.hash+"/app.css"; got != want {
		t.Errorf("URL = %q, want %q", got, want)
	}

	defer func() {
		if recover() == nil {
			t.Error("URL did not panic on a file that does not exist")
		}
	}()
	files.URL("missing.css")
}

func TestLookup(t *testing.T) {
	files := New()
	tests := []struct {
		name      string
		path      string
		found     bool
		immutable bool
	}{
		{"current hash", files.hash + "/app.css", true, true},
		{"hash of another build", "0123456789abcdef/app.css", true, false},
		{"file in a folder", files.hash + "/swagger-ui/swagger-ui.css", true, true},
		{"licence of Swagger UI", files.hash + "/swagger-ui/LICENSE", true, true},
		{"licences of its dependencies", files.hash + "/swagger-ui/swagger-ui-bundle.js.LICENSE.txt", true, true},
		{"our notes on Swagger UI", files.hash + "/swagger-ui/README.md", false, false},
		{"folder of Swagger UI", files.hash + "/swagger-ui", false, false},
		{"unknown name", files.hash + "/missing.css", false, false},
		{"name without a hash", "app.css", false, false},
		{"hash without a name", files.hash, false, false},
		{"the folder", files.hash + "/", false, false},
		{"empty path", "", false, false},
		{"Go source of this package", files.hash + "/static.go", false, false},
		{"folder of the bundle", files.hash + "/bundle/app.css", false, false},
		{"module that is part of others", files.hash + "/request.js", false, false},
		{"hashes of the sources", files.hash + "/sources.sha256", false, false},
		{"configuration of the type checker", files.hash + "/jsconfig.json", false, false},
		{"parent folder", files.hash + "/../app.css", false, false},
		{"path outside the folder", files.hash + "/../../../etc/passwd", false, false},
		{"escaped parent folder", files.hash + "/..%2fapp.css", false, false},
		{"backslash", files.hash + `/..\app.css`, false, false},
		{"absolute name", files.hash + "//app.css", false, false},
		{"dot", files.hash + "/./app.css", false, false},
		{"NUL", files.hash + "/app.css\x00", false, false},
		{"different case", files.hash + "/APP.CSS", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file, ok := files.Lookup(tt.path)
			if ok != tt.found || file.Immutable != tt.immutable {
				t.Errorf("Lookup(%q) = found %v, immutable %v; want %v, %v", tt.path, ok, file.Immutable, tt.found, tt.immutable)
			}
			if !ok && file.Body != nil {
				t.Error("a file that was not found has a body")
			}
		})
	}
}

func TestFilesHaveContentTypesAndETags(t *testing.T) {
	types := map[string]string{
		".css": "text/css; charset=utf-8",
		".js":  "text/javascript; charset=utf-8",
		".svg": "image/svg+xml",
		".ico": "image/vnd.microsoft.icon",
		".png": "image/png",
		".txt": "text/plain; charset=utf-8",
		"":     "text/plain; charset=utf-8",
	}
	etags := make(map[string]string)
	for name, file := range New().byName {
		t.Run(name, func(t *testing.T) {
			if want := types[path.Ext(name)]; file.ContentType != want {
				t.Errorf("content type = %q, want %q", file.ContentType, want)
			}
			if len(file.Body) == 0 {
				t.Error("the file is empty")
			}
			if !strings.HasPrefix(file.ETag, `W/"`) || !strings.HasSuffix(file.ETag, `"`) {
				t.Errorf("ETag = %s, want a weak ETag", file.ETag)
			}
			if other, taken := etags[file.ETag]; taken {
				t.Errorf("%s has the same ETag", other)
			}
			etags[file.ETag] = name
		})
	}
}

func TestFileIsCompressedOnlyIfThatMakesItSmaller(t *testing.T) {
	if file := NewFile("text/css", []byte("a{}")); file.Gzip != nil {
		t.Errorf("%d bytes were compressed to %d", len(file.Body), len(file.Gzip))
	}
	long := strings.Repeat("body { margin: 0 }\n", 100)
	zipped := NewFile("text/css", []byte(long)).Gzip
	if len(zipped) == 0 || len(zipped) >= len(long) {
		t.Fatalf("%d bytes were compressed to %d", len(long), len(zipped))
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != long {
		t.Errorf("decompressed to %d bytes, error %v", len(got), err)
	}
}

// An upgrade of Swagger UI changes these sums and swagger-ui/README.md.
func TestSwaggerUIIsUnchanged(t *testing.T) {
	sums := map[string]string{
		"swagger-ui-bundle.js.LICENSE.txt": "37eb6e7e59aed57b2c1acf076574b818ea07b74265717e0bd67b59e0baf9abbb",
		"swagger-ui-bundle.js":             "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
		"swagger-ui.css":                   "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
		"LICENSE":                          "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30",
		"NOTICE":                           "0d20d1adef18aee3f40dd258172155521ce702ac445cb5f7b7d60ed32dad2fb2",
	}
	seen := 0
	for name, file := range New().byName {
		if !vendored(name) {
			continue
		}
		seen++
		sum := sha256.Sum256(file.Body)
		if got := hex.EncodeToString(sum[:]); got != sums[path.Base(name)] {
			t.Errorf("%s has the SHA-256 %s, want %q", name, got, sums[path.Base(name)])
		}
	}
	if seen != len(sums) {
		t.Errorf("there are %d files, want %d", seen, len(sums))
	}
}

// vendored reports whether a file is a copy from another project.
func vendored(name string) bool { return strings.HasPrefix(name, "swagger-ui/") }

// sources returns the modules and style sheets from which the bundle is generated.
func sources(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, pattern := range []string{"*.css", "*.js"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(text)
		}
	}
	return files
}

func TestBundleIsGeneratedFromTheSourcesAsTheyAre(t *testing.T) {
	sums, err := os.ReadFile("bundle/sources.sha256")
	if err != nil {
		t.Fatal(err)
	}
	bundled := map[string]string{}
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		bundled[name] = sum
	}
	now := map[string]string{}
	for name, text := range sources(t) {
		sum := sha256.Sum256([]byte(text))
		now[name] = hex.EncodeToString(sum[:])
	}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if now[name] != bundled[name] {
			t.Errorf("%s has changed: run go generate ./static", name)
		}
		delete(bundled, name)
	}
	if len(bundled) > 0 {
		t.Errorf("%v are no more: run go generate ./static", slices.Sorted(maps.Keys(bundled)))
	}
}

// Then nothing that a page needs waits for another file.
func TestEachFileIsComplete(t *testing.T) {
	imports := regexp.MustCompile(`(?:\bfrom|\bimport)\s*\(?\s*['"]|@import|\burl\(`)
	own := regexp.MustCompile(`\burl\(["']?data:`)
	for name, file := range New().byName {
		if match := imports.Find(own.ReplaceAll(file.Body, nil)); match != nil && !vendored(name) {
			t.Errorf("%s loads another file: %s", name, match)
		}
	}
}

func TestAppsCanImportWhatRenewsTokens(t *testing.T) {
	module := New().Get("renewal.js")
	for _, name := range []string{"renew", "usableToken"} {
		if !regexp.MustCompile(`export\{[^}]*\b` + name + `[,}]`).Match(module.Body) {
			t.Errorf("renewal.js doesn't export %s", name)
		}
	}
}

// Only one module each uses the network, the storage and the lock, which makes them easy to audit.
func TestEachBrowserAPIIsUsedByOneModule(t *testing.T) {
	tests := []struct {
		use   string
		owner string // empty if no module may use it
	}{
		{`\bfetch\(`, "request.js"},
		{`\bapi\.renew\(`, "renewal.js"},
		{`\bnavigator\.locks\b`, "lock.js"},
		{`\b(?:local|session)Storage\b`, "access-token.js"},
		{`\bindexedDB\b`, "session-key.js"},
		{`\bdocument\.cookie\b`, ""},
		{`\b(?:inner|outer)HTML\b|\binsertAdjacentHTML\b|\bdocument\.write\b|\beval\(|\balert\(`, ""},
	}
	for name, text := range sources(t) {
		for _, tt := range tests {
			if name != tt.owner && regexp.MustCompile(tt.use).MatchString(text) {
				t.Errorf("%s uses %s, which only %q may use", name, tt.use, tt.owner)
			}
		}
	}
}
