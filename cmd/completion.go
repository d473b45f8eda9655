package cmd

import "github.com/spf13/cobra"

// newCompletion returns "latchkey completion", whose output a shell reads.
func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Print a completion script for bash, zsh, fish or powershell.

To complete commands in every new session, save it where the shell looks for it:

  bash        /etc/bash_completion.d/latchkey
  zsh         _latchkey in a folder of $fpath
  fish        ~/.config/fish/completions/latchkey.fish
  powershell  append it to the file named by $PROFILE`,
		Example: `  source <(latchkey completion bash)
  latchkey completion fish > ~/.config/fish/completions/latchkey.fish`,
		ValidArgs: []string{"bash", "zsh", "fish", "powershell"},
		Args:      arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return usageError("the shell must be bash, zsh, fish or powershell")
		},
	}
}
