package cmd_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/cmd/cmdtest"
)

// TestDocumentedCodeIsThatOfTheExamples reads the blocks of code whose first line names a file, as
// in "```js examples/express/server.js". They must be in that file, which other tests run, apart
// from their indentation. Only what is typed into a shell may be without a file.
func TestDocumentedCodeIsThatOfTheExamples(t *testing.T) {
	t.Parallel()
	fence := regexp.MustCompile("(?ms)^[ ]*```(\\w*) ?([^\n]*)\n(.*?)\n[ ]*```$")
	compared := 0
	for _, page := range []string{"README.md", "docs/connect-your-app.md", "docs/proxy.md", "docs/verify-tokens.md"} {
		for _, block := range fence.FindAllStringSubmatch(cmdtest.ReadFile(t, page), -1) {
			language, file, code := block[1], block[2], block[3]
			switch {
			case file != "":
				compared++
				if !strings.Contains(unindented(cmdtest.ReadFile(t, file)), unindented(code)) {
					t.Errorf("%s shows code that %s does not have:\n%s", page, file, code)
				}
			case !slices.Contains([]string{"", "sh"}, language):
				t.Errorf("%s shows code without the name of its file:\n%s", page, code)
			}
		}
	}
	if compared < 12 {
		t.Errorf("only %d blocks were compared", compared)
	}
}

// unindented returns text without the white space at the beginning of its lines.
func unindented(text string) string {
	return regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(text, "")
}
