package cmd

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// runHere runs a command in this process, in an empty folder.
func runHere(t *testing.T, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	t.Chdir(t.TempDir())
	var out, diagnostics bytes.Buffer
	exit = run(t.Context(), process{args, nil, strings.NewReader("some other words"), &out, &diagnostics})
	return out.String(), diagnostics.String(), exit
}

// incorrectUsage is command lines with what the message must contain. ” is an empty argument.
var incorrectUsage = map[string]string{
	"frobnicate":                    `unknown command "frobnicate"`,
	"srve":                          "did you mean serve?",
	"--addr=:8000":                  "unknown flag",
	"serve now":                     "too many arguments",
	"version 2":                     "too many arguments",
	"help frobnicate":               "no such command",
	"help user rename":              "no such command",
	"completion":                    "an argument is missing",
	"completion tcsh":               "the shell must be",
	"completion bash zsh":           "too many arguments",
	"user":                          "a command is missing",
	"user --json":                   "a command is missing",
	"user rename":                   "unknown command",
	"user ad petra":                 "did you mean add?",
	"user list jonas":               "too many arguments",
	"user add":                      "an argument is missing",
	"user add ''":                   "an argument is empty",
	"user add petra secret":         "too many arguments",
	"user add petra --password x":   "unknown flag",
	"user add petra --role":         "needs an argument",
	"user disable":                  "an argument is missing",
	"user disable a b":              "too many arguments",
	"user enable":                   "an argument is missing",
	"user password jonas secret":    "too many arguments",
	"user delete jonas --role x":    "unknown flag",
	"user role":                     "an argument is missing",
	"user role jonas":               "an argument is missing",
	"user role jonas ''":            "an argument is empty",
	"user role jonas editor --none": "not both",
	"user role --none":              "an argument is missing",
	"keys":                          "a command is missing",
	"keys --json":                   "a command is missing",
	"keys drop":                     "unknown command",
	"keys list x":                   "too many arguments",
	"keys list --force":             "unknown flag",
	"keys rotate x":                 "too many arguments",
	"keys compromised":              "an argument is missing",
	"keys compromised ''":           "an argument is empty",
	"keys compromised --json":       "an argument is missing",
	"keys compromised a b":          "too many arguments",
	"keys compromised -a -b":        "too many arguments",
	"keys compromised a --force":    "too many arguments",
}

func TestIncorrectUsagePrintsTheUsageOfTheCommandAndExitsWith2(t *testing.T) {
	for line, reason := range incorrectUsage {
		args := strings.Fields(strings.ReplaceAll(line, "''", "\x00"))
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "\x00", "")
		}
		stdout, stderr, exit := runHere(t, args...)
		if exit != 2 || stdout != "" || !strings.HasPrefix(stderr, "latchkey: ") || !strings.Contains(stderr, reason) {
			t.Errorf("%s: exit code %d, want 2 and %q:\n%s%s", line, exit, reason, stdout, stderr)
		}
		root := newRoot(nil)
		root.InitDefaultHelpCmd()
		command, _, _ := root.Find(args)
		if usage := "\n\nUsage:\n  " + command.UseLine(); !strings.Contains(stderr, usage) {
			t.Errorf("%s: the usage is not that of %q:\n%s", line, command.CommandPath(), stderr)
		}
	}
}

func TestOtherFailuresExitWith1AndNoUsage(t *testing.T) {
	for _, line := range []string{"user list", "user add jonas", "user delete jonas --json", "keys list", "keys compromised -abc"} {
		stdout, stderr, exit := runHere(t, strings.Fields(line)...)
		if exit != 1 || stdout != "" || !strings.HasPrefix(stderr, "latchkey: ") || strings.Contains(stderr, "Usage:") {
			t.Errorf("%s: exit code %d, want 1:\n%s%s", line, exit, stdout, stderr)
		}
	}
}

// commands returns the command and all below it, except those that cobra hides.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, child := range c.Commands() {
		if child.IsAvailableCommand() {
			all = append(all, commands(child)...)
		}
	}
	return all
}

func TestEveryCommandHasHelpAndAnExample(t *testing.T) {
	all := commands(newRoot(nil))
	if len(all) != 17 {
		t.Errorf("there are %d commands, want 17", len(all))
	}
	for _, c := range all {
		path := strings.Fields(c.CommandPath())[1:]
		for _, args := range [][]string{append(path, "--help"), append(path, "-h"), append([]string{"help"}, path...)} {
			stdout, stderr, exit := runHere(t, args...)
			if exit != 0 || stderr != "" || !strings.Contains(stdout, c.Short) && !strings.Contains(stdout, c.Long) {
				t.Errorf("%v: exit code %d:\n%s%s", args, exit, stdout, stderr)
			}
			for _, want := range []string{"Usage:\n  " + c.UseLine(), "Examples:\n  ", "--help"} {
				if !strings.Contains(stdout, want) {
					t.Errorf("%v does not print %q:\n%s", args, want, stdout)
				}
			}
		}
		for line := range strings.Lines(c.Long + "\n" + c.Example) {
			if len(line) > 81 {
				t.Errorf("%s: a line of the help is too wide: %s", c.CommandPath(), line)
			}
		}
	}
}

func TestExamplesAreCorrectUsage(t *testing.T) {
	for _, c := range commands(newRoot(nil)) {
		for line := range strings.Lines(c.Example) {
			_, command, found := strings.Cut(strings.TrimRight(line, ")\n"), "latchkey")
			if strings.Contains(command, "|") {
				_, command, _ = strings.Cut(command, "| latchkey")
			}
			command, _, _ = strings.Cut(command, ">") // what the shell does with the output
			args := strings.Fields(command)
			target, rest, err := newRoot(nil).Find(escapeKeyID(args))
			if !found || err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := target.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := target.ValidateArgs(target.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

func TestVersionIsPrinted(t *testing.T) {
	if stdout, stderr, exit := runHere(t, "version"); exit != 0 || stderr != "" || stdout != "latchkey "+version()+"\n" {
		t.Errorf("exit code %d: %s%s", exit, stdout, stderr)
	}
}

func TestCompletionScriptsArePrinted(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		stdout, stderr, exit := runHere(t, "completion", shell)
		if exit != 0 || stderr != "" || !strings.Contains(stdout, "latchkey") || !strings.Contains(stdout, "__complete") {
			t.Errorf("%s: exit code %d, %d bytes: %s", shell, exit, len(stdout), stderr)
		}
	}
}

func TestShellCompletionOffersCommandsAndFlagsButNoFiles(t *testing.T) {
	for _, row := range []struct {
		typed string // before the word to complete
		word  string
		want  []string
	}{
		{"", "", []string{"completion", "help", "keys", "serve", "user", "version"}},
		{"", "k", []string{"keys"}},
		{"user", "", []string{"add", "delete", "disable", "enable", "link", "list", "password", "role"}},
		{"keys", "", []string{"compromised", "list", "rotate"}},
		{"keys rotate", "--f", []string{"--force"}},
		{"user add petra", "--", []string{"--email", "--help", "--json", "--link", "--role"}},
		{"user add", "", nil},
		{"user disable", "", nil},
		{"user role jonas", "", nil},
		{"user add petra --role", "", nil},
		{"keys compromised", "", nil},
		{"completion", "", []string{"bash", "fish", "powershell", "zsh"}},
		{"help user", "d", []string{"delete", "disable"}},
		{"serve", "", nil},
	} {
		args := append(append([]string{"__complete"}, strings.Fields(row.typed)...), row.word)
		stdout, _, exit := runHere(t, args...)
		offered, directive, _ := strings.Cut(stdout, ":")
		var words []string
		for line := range strings.Lines(offered) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			words = append(words, word)
		}
		slices.Sort(words)
		if exit != 0 || !slices.Equal(words, row.want) || directive != "4\n" { // 4: complete no files
			t.Errorf("%q %q: exit code %d, %q with directive %q, want %q", row.typed, row.word, exit, words, directive, row.want)
		}
	}
}

func TestKeyIDMayBeginWithAHyphen(t *testing.T) {
	for line, want := range map[string]string{
		"keys compromised -abc":          "keys compromised -- -abc",
		"keys compromised --abc --json":  "keys compromised --json -- --abc",
		"keys compromised --json -h-abc": "keys compromised --json -- -h-abc",
		"keys compromised -- -abc":       "keys compromised -- -abc",
		"keys --json compromised -abc":   "keys --json compromised -- -abc",
		"user add keys compromised -abc": "user add keys compromised -abc",
		"keys compromised --help":        "keys compromised --help --",
		"keys rotate -abc":               "keys rotate -abc",
		"keys":                           "keys",
	} {
		if got := strings.Join(escapeKeyID(strings.Fields(line)), " "); got != want {
			t.Errorf("%s becomes %s, want %s", line, got, want)
		}
	}
}
