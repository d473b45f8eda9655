// Package static holds the files that the pages load: style sheets, ES modules and icons. Its
// folder bundle is generated from the modules and style sheets beside it, so that a page loads one
// of each. Its folder swagger-ui is a copy of Swagger UI.
//
// The URL of every file contains one hash of all of them: /static/<hash>/<name>. If one file
// changes, all URLs change. Browsers may therefore cache every file forever.
package static

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:generate go run ../.ci/generate_bundle.go
//go:generate go run ../.ci/generate_icons.go

//go:embed bundle/*.css bundle/*.js *.svg *.ico *.png
//go:embed swagger-ui/*.css swagger-ui/*.js swagger-ui/*.txt swagger-ui/LICENSE swagger-ui/NOTICE
var embedded embed.FS

// prefix is the path below which the server serves this package.
const prefix = "/static/"

// Files is the set of embedded files. It is immutable and safe for concurrent use.
type Files struct {
	hash   string
	byName map[string]File
}

// New returns the embedded files. The first call prepares them. It panics if a file has an unknown
// type, which a test rules out.
func New() *Files { return embeddedFiles() }

//nolint:gochecknoglobals // a constant, like the embedded files, but one that takes time to compute
var embeddedFiles = sync.OnceValue(func() *Files {
	files, err := newFiles(embedded)
	if err != nil {
		panic(err)
	}
	return files
})

// URL returns the path of the named file. It panics if there is no such file: names are constants
// in the pages, so a wrong one is a bug.
func (f *Files) URL(name string) string {
	f.Get(name)
	return prefix + f.hash + "/" + name
}

// Lookup finds a file by the part of its URL after /static/, which is <hash>/<name>, and reports
// whether it exists.
//
// With a hash that isn't the current one, it returns the current file, but not as Immutable: during
// a rolling upgrade, the page of one server may request its files from another. Names are looked
// up in a map and never in a file system.
func (f *Files) Lookup(path string) (File, bool) {
	hash, name, _ := strings.Cut(path, "/")
	file, ok := f.byName[name]
	file.Immutable = ok && hash == f.hash
	return file, ok
}

// Get returns the named file. Like URL, it panics if there is no such file.
func (f *Files) Get(name string) File {
	file, ok := f.byName[name]
	if !ok {
		panic(fmt.Sprintf("static: there is no file %q", name))
	}
	return file
}

func newFiles(fsys fs.FS) (*Files, error) {
	files := &Files{byName: make(map[string]File)}
	var folder bytes.Buffer
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		contentType, ok := contentTypeOf(name)
		if !ok {
			return fmt.Errorf("unknown content type of %q", name)
		}
		name = strings.TrimPrefix(name, "bundle/")
		files.byName[name] = NewFile(contentType, body)
		// With the lengths, no other split into names and contents has the same hash.
		fmt.Fprintf(&folder, "%d %s %d ", len(name), name, len(body))
		folder.Write(body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the static files: %w", err)
	}
	files.hash = shortHash(folder.Bytes())
	return files, nil
}

// contentTypeOf doesn't use package mime, which reads a table of the operating system: browsers run
// no module that has the wrong type.
func contentTypeOf(name string) (string, bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	case ".ico":
		return "image/vnd.microsoft.icon", true
	case ".png":
		return "image/png", true
	case "", ".txt": // the licences of Swagger UI
		return "text/plain; charset=utf-8", true
	}
	return "", false
}
