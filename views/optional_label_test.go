package views

import (
	"strings"
	"testing"
)

func TestEveryPageCallsAnOptionalFieldTheSame(t *testing.T) {
	found := 0
	for name, component := range pages() {
		for _, label := range byTag(render(t, component), "label") {
			if !strings.Contains(strings.ToLower(text(label)), "optional") {
				continue
			}
			found++
			if got := text(label); !strings.HasSuffix(got, " (optional)") {
				t.Errorf("%s: the label says %q", name, got)
			}
		}
	}
	if found == 0 {
		t.Error("no page has an optional field")
	}
}
