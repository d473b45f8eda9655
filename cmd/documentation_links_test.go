package cmd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

func TestLinksOfTheDocumentationLeadToFilesAndHeadings(t *testing.T) {
	t.Parallel()
	root := cmdtest.Root(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	authtest.Must(t, err)
	readme := filepath.Join(root, "README.md")
	link := regexp.MustCompile(`(?:\]\(|src="|srcset=")([^)"\s]+)`)
	checked := 0
	for _, page := range append(pages, readme) {
		for _, match := range link.FindAllStringSubmatch(readMarkdown(t, page), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			path, anchor, _ := strings.Cut(match[1], "#")
			target := page
			if path != "" {
				target = filepath.Join(filepath.Dir(page), path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(page), match[1], err)
			} else if anchor != "" && !slices.Contains(anchors(readMarkdown(t, target)), anchor) {
				t.Errorf("%s links to %s, and there is no such heading", filepath.Base(page), match[1])
			}
			checked++
		}
	}
	if checked < 40 {
		t.Errorf("only %d links were found", checked)
	}
}

// readMarkdown returns a Markdown file without its blocks of code.
func readMarkdown(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	authtest.Must(t, err)
	return regexp.MustCompile("(?s)\n```.*?\n```").ReplaceAllString(string(text), "")
}

// anchors returns the anchors that GitHub gives the headings of a page: in lower case, with hyphens
// for spaces and without punctuation.
func anchors(markdown string) (list []string) {
	punctuation := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, heading := range regexp.MustCompile(`(?m)^#+ +(.*)$`).FindAllStringSubmatch(markdown, -1) {
		text := punctuation.ReplaceAllString(strings.ToLower(heading[1]), "")
		list = append(list, strings.ReplaceAll(text, " ", "-"))
	}
	return list
}
