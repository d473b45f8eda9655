// Package static holds the files that the pages load: the style sheets, the ES modules and the icon, and in a folder of
// its own Swagger UI, which is not ours.
//
// Every address carries one hash over the whole folder, /static/<hash>/<name>. A changed file therefore moves all of
// them at once, relative imports between modules stay as they are written, and a browser may keep what it has for ever.
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

//go:embed *.css *.js *.svg swagger-ui/*.css swagger-ui/*.js swagger-ui/*.txt swagger-ui/LICENSE swagger-ui/NOTICE
var embedded embed.FS

// prefix is the path under which the server answers for this package.
const prefix = "/static/"

// File is one file as it goes over the wire. Its bytes are shared and must not be changed.
type File struct {
	Body        []byte
	ContentType string
	ETag        string // weak, because it names the content in either encoding
	Immutable   bool   // whether it was asked for by the present hash and may be kept for ever
	gzip        func() []byte
}

// Gzip returns the compressed body, or nil when compressing would not make it smaller. The first call for a file does
// the work and all others wait for it: few visitors ever load the largest files.
func (f File) Gzip() []byte { return f.gzip() }

// Files is the set of embedded files. It never changes once made, so any number of requests may share it.
type Files struct {
	hash   string
	byName map[string]File
}

// New returns the embedded files, hashed once for the life of the program.
// It panics on a file whose type the package does not know, which no finished build contains.
func New() *Files {
	files, err := newFiles(embedded)
	if err != nil {
		panic(err)
	}
	return files
}

// URL returns the address of the named file. It panics when there is no such file: names are written in the
// program's own pages, so a wrong one is a mistake of the programmer and should not wait for a visitor to find it.
func (f *Files) URL(name string) string {
	if _, ok := f.byName[name]; !ok {
		panic(fmt.Sprintf("static: there is no file %q", name))
	}
	return prefix + f.hash + "/" + name
}

// Lookup finds a file by the part of its address after /static/, which is <hash>/<name>.
//
// Any hash finds the present file: while replicas are being upgraded, a page of one may ask another for its files.
// Only the present hash makes the answer Immutable. Names are keys of a map and never paths of a file system.
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
		// The lengths keep two folders apart whose names and contents merely join to the same bytes.
		fmt.Fprintf(folder, "%d %s %d ", len(name), name, len(body))
		folder.Write(body)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("static: %w", err)
	}
	files.hash = shortHex(folder.Sum(nil))
	return files, nil
}

func newFile(name string, body []byte) (File, error) {
	contentType, ok := contentTypeOf(name)
	if !ok {
		return File{}, fmt.Errorf("no content type is known for %q", name)
	}
	sum := sha256.Sum256(body)
	return File{
		Body:        body,
		ContentType: contentType,
		ETag:        `W/"` + shortHex(sum[:]) + `"`,
		gzip:        sync.OnceValue(func() []byte { return compress(body) }),
	}, nil
}

// contentTypeOf is a table of our own because the one of the operating system differs between machines, and a
// browser runs no module that is served with the wrong type.
func contentTypeOf(name string) (string, bool) {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	case "", ".txt": // LICENSE, NOTICE and those of its parts, which every copy of Swagger UI carries
		return "text/plain; charset=utf-8", true
	}
	return "", false
}

// compress returns nil when the result would not be smaller. Neither the level nor a buffer in memory can fail.
func compress(body []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	if buf.Len() >= len(body) {
		return nil
	}
	return buf.Bytes()
}

// shortHex keeps 64 bits: the hash tells versions of a folder apart, it protects nothing.
func shortHex(sum []byte) string {
	return hex.EncodeToString(sum[:8])
}
