package handlers

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"
)

// nullableText is a text in the body of a PATCH, where null means something else than leaving the
// field out.
type nullableText struct {
	sent **string // nil if the field was left out, and a pointer to nil if it was null
}

// UnmarshalJSON implements json.Unmarshaler. It is not called for a field that was left out.
func (n *nullableText) UnmarshalJSON(data []byte) error {
	n.sent = new(*string)
	return json.Unmarshal(data, n.sent)
}

// Schema implements huma.SchemaProvider.
func (nullableText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Nullable: true}
}
