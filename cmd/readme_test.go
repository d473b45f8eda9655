package cmd

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestTheREADMEsCurlLinesAnswerAsPrinted runs the console of "Coming from a
// tutorial" against a server that was just started.
func TestTheREADMEsCurlLinesAnswerAsPrinted(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		missing(t, "there is no curl: apt-get install curl")
	}
	_, console, _ := strings.Cut(read(t, "README.md"), "```console\n")
	console, _, _ = strings.Cut(console, "```")
	p := start(t, t.TempDir(), "ADMIN_PASSWORD=correct horse battery")
	script, want := "", ""
	for line := range strings.Lines(console) {
		if command, isCommand := strings.CutPrefix(line, "$ "); isCommand {
			script += strings.ReplaceAll(command, "127.0.0.1:8000", strings.TrimPrefix(p.url, "http://"))
		} else {
			want += line
		}
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
	must(t, err)
	pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.TrimSpace(want)), "…", `[^"]+`)
	if len(want) == 0 || !regexp.MustCompile(`\A`+pattern+`\z`).MatchString(strings.TrimSpace(string(out))) {
		t.Errorf("the README says\n%s\nand this is\n%s", want, out)
	}
}
