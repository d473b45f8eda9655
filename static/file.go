package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
)

// File is content as it is sent, prepared once: a static file, a page or a document. Its slices are
// shared and must not be modified.
type File struct {
	Body        []byte
	Gzip        []byte // the compressed body; nil if compression doesn't make it smaller
	ContentType string
	ETag        string // weak, since it is the same for the compressed body
	Immutable   bool   // whether the content at this URL never changes, so that it may be cached forever
}

// NewFile prepares a file.
func NewFile(contentType string, body []byte) File {
	return File{Body: body, Gzip: compress(body), ContentType: contentType, ETag: `W/"` + shortHash(body) + `"`}
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

// shortHash returns 64 bits of a hash in hexadecimal. That is enough to tell versions apart.
func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
