// Package static holds the files that the pages load: style sheets, ES modules and the icon. Its
// folder swagger-ui is a copy of Swagger UI.
//
// The URL of every file contains one hash of the whole folder: /static/<hash>/<name>. If one file
// changes, all URLs change. Relative imports between modules therefore work unchanged, and browsers
// may cache every file forever.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed *.css *.js *.svg
//go:embed swagger-ui/*.css swagger-ui/*.js swagger-ui/*.txt swagger-ui/LICENSE swagger-ui/NOTICE
var embedded embed.FS

// prefix is the path below which the server serves this package.
const prefix = "/static/"

// File is a file as it is sent. Body is shared and must not be modified.
type File struct {
	Body        []byte
	ContentType string
	ETag        string // weak, since it is the same for the compressed file
	Immutable   bool   // whether the URL contained the current hash, so that the file may be cached forever
	gzip        func() []byte
}

// Gzip returns the compressed body, or nil if compression doesn't make it smaller. A file is
// compressed on the first call only.
func (f File) Gzip() []byte { return f.gzip() }

// Files is the set of embedded files. It is immutable and safe for concurrent use.
type Files struct {
	hash   string
	byName map[string]File
}

// New returns the embedded files. It panics if a file has an unknown type, which a test rules out.
func New() *Files {
	files, err := newFiles(embedded)
	if err != nil {
		panic(err)
	}
	return files
}

// URL returns the path of the named file. It panics if there is no such file: names are constants
// in the pages, so a wrong one is a bug.
func (f *Files) URL(name string) string {
	if _, ok := f.byName[name]; !ok {
		panic(fmt.Sprintf("static: there is no file %q", name))
	}
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

func newFiles(fsys fs.FS) (*Files, error) {
	files := &Files{byName: make(map[string]File)}
	folder := sha256.New()
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		file, err := newFile(name, body)
		if err != nil {
			return err
		}
		files.byName[name] = file
		// With the lengths, no other split into names and contents has the same hash.
		fmt.Fprintf(folder, "%d %s %d ", len(name), name, len(body))
		folder.Write(body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the static files: %w", err)
	}
	files.hash = shortHex(folder.Sum(nil))
	return files, nil
}

func newFile(name string, body []byte) (File, error) {
	contentType, ok := contentTypeOf(name)
	if !ok {
		return File{}, fmt.Errorf("unknown content type of %q", name)
	}
	sum := sha256.Sum256(body)
	return File{
		Body:        body,
		ContentType: contentType,
		ETag:        `W/"` + shortHex(sum[:]) + `"`,
		gzip:        sync.OnceValue(func() []byte { return compress(body) }),
	}, nil
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
	case "", ".txt": // the licences of Swagger UI
		return "text/plain; charset=utf-8", true
	}
	return "", false
}

// compress returns nil if the result isn't smaller.
func compress(body []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // fails only for an unknown level
	_, _ = w.Write(body)                                    // a bytes.Buffer never fails
	_ = w.Close()
	if buf.Len() >= len(body) {
		return nil
	}
	return buf.Bytes()
}

// shortHex returns the first 64 bits of a hash. That is enough to tell versions apart.
func shortHex(sum []byte) string {
	return hex.EncodeToString(sum[:8])
}
