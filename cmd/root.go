// Latchkey is a login service: it shows the login page, keeps the users,
// issues the tokens that the page and other services use, and ends them when
// somebody says so.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// process is what a run has from the operating system.
type process struct {
	Args    []string // without the program's name
	Environ []string // KEY=value
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
}

// Main runs the program and ends the process with its exit code.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, process{os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, "latchkey:", err)
		os.Exit(exitCode(err))
	}
}

const usage = `usage:
  latchkey [serve]                starts the service
  latchkey user add NAME          adds a user; [--email ADDRESS] [--role ROLE]...
  latchkey user list              lists all users
  latchkey user disable NAME      ends the user's sessions and lets nobody log in
  latchkey user enable NAME
  latchkey user password NAME     sets another password and ends the sessions
  latchkey user role NAME ROLE... gives the user these roles and no others,
                                  or with --none no role at all
  latchkey user delete NAME
  latchkey keys list              lists the keys that sign and verify tokens
  latchkey keys rotate            makes the next key sign; [--force] at once
  latchkey keys compromised KID   takes a stolen key out of use at once
  latchkey version
The user and keys commands answer in JSON with --json. A password is asked for,
or read from standard input`

// errUsage tells that the command line is not understood.
var errUsage = errors.New(usage)

func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

// run is the program. It returns when the command is done or, for serve, when
// ctx has ended and running requests were answered.
func run(ctx context.Context, p process) error {
	switch {
	case len(p.Args) == 0, len(p.Args) == 1 && p.Args[0] == "serve":
		return serve(ctx, p)
	case len(p.Args) == 1 && p.Args[0] == "version":
		_, err := fmt.Fprintln(p.Stdout, "latchkey", version())
		return err
	case p.Args[0] == "help", p.Args[0] == "-h", p.Args[0] == "--help":
		_, err := fmt.Fprintln(p.Stdout, usage)
		return err
	case p.Args[0] == "user":
		return runUser(ctx, p, p.Args[1:])
	case p.Args[0] == "keys":
		return runKeys(ctx, p, p.Args[1:])
	}
	return errUsage
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}
