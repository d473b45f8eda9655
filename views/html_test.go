package views

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"
)

func render(t *testing.T, c templ.Component) *html.Node {
	t.Helper()
	var buf bytes.Buffer
	if err := c.Render(t.Context(), &buf); err != nil {
		t.Fatal(err)
	}
	// Parse as a browser without JavaScript would, so that the content of noscript becomes
	// elements.
	doc, err := html.ParseWithOptions(&buf, html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// all returns the elements that match, including those in templates.
func all(doc *html.Node, match func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			found = append(found, n)
		}
	}
	return found
}

func byTag(doc *html.Node, tag string) []*html.Node {
	return all(doc, func(n *html.Node) bool { return n.Data == tag })
}

func byID(t *testing.T, doc *html.Node, id string) *html.Node {
	t.Helper()
	found := all(doc, func(n *html.Node) bool { v, _ := attr(n, "id"); return v == id })
	if len(found) != 1 {
		t.Fatalf("%d elements have the id %q, want 1", len(found), id)
	}
	return found[0]
}

func attr(n *html.Node, key string) (string, bool) {
	i := slices.IndexFunc(n.Attr, func(a html.Attribute) bool { return a.Key == key })
	if i < 0 {
		return "", false
	}
	return n.Attr[i].Val, true
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// attributes are those that the element with an id must have.
type attributes struct {
	id    string
	attrs map[string]string
}

func wantAttributes(t *testing.T, doc *html.Node, elements []attributes) {
	t.Helper()
	for _, tt := range elements {
		t.Run(tt.id, func(t *testing.T) {
			n := byID(t, doc, tt.id)
			for key, want := range tt.attrs {
				if got, ok := attr(n, key); !ok || got != want {
					t.Errorf("%s = %q (present: %v), want %q", key, got, ok, want)
				}
			}
			if _, prefilled := attr(n, "value"); prefilled {
				t.Error("the field is prefilled")
			}
		})
	}
}

func wantLabels(t *testing.T, doc *html.Node, ids ...string) {
	t.Helper()
	for _, id := range ids {
		labels := all(doc, func(n *html.Node) bool { v, _ := attr(n, "for"); return n.Data == "label" && v == id })
		if len(labels) != 1 || text(labels[0]) == "" {
			t.Errorf("the field %s has %d labels, want one with text", id, len(labels))
		}
	}
}

func wantNoScript(t *testing.T, doc *html.Node) {
	t.Helper()
	if notes := byTag(doc, "noscript"); len(notes) != 1 || !strings.Contains(text(notes[0]), "This page needs JavaScript") {
		t.Error("the page doesn't say that it needs JavaScript")
	}
}

func wantPrefix(t *testing.T, doc *html.Node, id, prefix string) {
	t.Helper()
	if got := text(byID(t, doc, id)); !strings.HasPrefix(got, prefix) {
		t.Errorf("#%s says %q, want it to begin with %q", id, got, prefix)
	}
}
