package cmd_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestTutorialCommandsPrintWhatTheDocumentSays runs the console session of docs/from-a-tutorial.md.
func TestTutorialCommandsPrintWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		cmdtest.Missing(t, "this test needs curl: apt-get install curl")
	}
	p := cmdtest.Start(t, t.TempDir(), "ADMIN_PASSWORD="+adminPassword)
	_, console, _ := strings.Cut(cmdtest.ReadFile(t, "docs/from-a-tutorial.md"), "```console\n")
	console, _, _ = strings.Cut(console, "```")
	script, want := "", ""
	for line := range strings.Lines(console) {
		if command, isCommand := strings.CutPrefix(line, "$ "); isCommand {
			script += strings.ReplaceAll(command, "127.0.0.1:8000", strings.TrimPrefix(p.URL, "http://"))
		} else {
			want += line
		}
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	authtest.Must(t, err)
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", `[^"]+`)
	if want == "" || !regexp.MustCompile(`\A`+pattern+`\z`).MatchString(strings.TrimSpace(string(out))) {
		t.Errorf("the document says\n%s\nthe commands print\n%s", want, out)
	}
}
