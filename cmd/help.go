package cmd

import (
	"strings"

	"github.com/spf13/cobra"
)

// newHelp returns "latchkey help", which prints what --help prints.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Print the help of a command",
		Example: "  latchkey help user add",
		RunE: func(c *cobra.Command, args []string) error {
			command, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usageError("no such command")
			}
			command.InitDefaultHelpFlag() // which the help lists
			return command.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if command, _, err := c.Root().Find(args); err == nil {
				for _, child := range command.Commands() {
					if strings.HasPrefix(child.Name(), typed) {
						names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
