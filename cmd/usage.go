package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// usageTemplate is how every command prints its usage.
const usageTemplate = `Usage:
  {{.UseLine}}{{if .HasExample}}

Examples:
{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableFlags}}

Flags:
{{.Flags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

Run "{{.CommandPath}} COMMAND --help" for more about a command.{{end}}
`

// usageError is why a command line is incorrect, as opposed to a command that failed.
type usageError string

func (e usageError) Error() string { return string(e) }

// arguments accepts from least to most arguments, none of them empty.
func arguments(least, most int) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usageError("an argument is missing")
		case len(args) > most:
			return usageError("too many arguments")
		case slices.Contains(args, ""):
			return usageError("an argument is empty")
		}
		return nil
	}
}

// newGroup returns a command that only holds other commands.
func newGroup(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:                   name + " COMMAND",
		Short:                 short,
		DisableFlagsInUseLine: true,
		Args:                  refuseArguments,
		RunE: func(*cobra.Command, []string) error {
			return usageError("a command is missing after " + name)
		},
	}
}

// refuseArguments is for commands that hold other commands: an argument is a misspelled one.
func refuseArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	reason := fmt.Sprintf("unknown command %q", args[0])
	c.SuggestionsMinimumDistance = 2 // up to two letters may differ
	if similar := c.SuggestionsFor(args[0]); len(similar) > 0 {
		reason += "; did you mean " + strings.Join(similar, " or ") + "?"
	}
	return usageError(reason)
}
