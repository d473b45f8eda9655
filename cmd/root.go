// Package cmd is the program: the command line, the settings, and the files that the first start
// creates.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// process is what a run gets from the operating system.
type process struct {
	Args    []string // without the program's name
	Environ []string // NAME=value
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// Main runs the program and ends the process: with exit code 0 after success, 2 after incorrect
// usage, and 1 after any other failure.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, process{os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr}))
}

// run executes one command and returns the exit code. The server runs until ctx ends.
func run(ctx context.Context, p process) (exit int) {
	root := newRoot(p.Environ)
	root.SetIn(p.Stdin)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	root.SetArgs(escapeKeyID(p.Args))
	command, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(p.Stderr, "latchkey:", err)
	if _, incorrect := errors.AsType[usageError](err); incorrect {
		fmt.Fprintf(p.Stderr, "\n%s", command.UsageString())
		return 2
	}
	return 1
}

// newRoot returns the command line. environ is what the commands read their settings from.
func newRoot(environ []string) *cobra.Command {
	root := newServe(environ)
	root.Use = "latchkey [COMMAND]"
	root.Short = "The login page, the token issuer and the user store for an app"
	root.Long = root.Short + `

Without a command, latchkey starts the server. Settings come from the
environment or from .env in the working directory; the README lists them.`
	root.Example = `  latchkey
  ADDR=:8000 latchkey serve
  latchkey user add jonas`
	root.Args = refuseArguments
	root.SilenceErrors, root.SilenceUsage = true, true // run prints both
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err.Error()) })
	root.SetUsageTemplate(usageTemplate)
	root.CompletionOptions.DisableDefaultCmd = true // newCompletion replaces it
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(newHelp())
	root.AddCommand(newServe(environ), newUser(environ), newKeys(environ), newVersion(), newCompletion())
	return root
}
