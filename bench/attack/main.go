// Command attack floods a Latchkey of its own, on loopback, and prints what an honest user notices:
//
//	go run ./bench/attack
//
// It builds the program, starts it in a temporary folder for each attack, and prints one line for
// each figure with what is required and what was measured. The exit code is 1 if a figure was
// missed. It runs on Linux, where every address in 127.0.0.0/8 can be the client's, and takes about
// six minutes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// errMissed means that the attacks ran, but that a figure is not as required.
var errMissed = errors.New("figures were missed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "attack:", err)
		}
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// run runs the attacks that the arguments ask for and writes the table to out.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("attack", flag.ContinueOnError)
	short := flags.Bool("short", false, "attack for a few seconds each, and do not judge times and memory")
	only := flags.String("only", "", "run only the `attack` with this name")
	attacker := flags.Bool("attacker", false, "be the attacker: used by the program itself")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("reading the arguments: %w", err)
	}
	if *attacker {
		return beAttacker(ctx, os.Stdin, out)
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Minute)
	defer cancel()
	size := fullSize()
	if *short {
		size = shortSize()
	}
	attacks := size.attacks(*only)
	if len(attacks) == 0 {
		return fmt.Errorf("there is no attack named %q: %v", *only, attackNames(size.attacks("")))
	}
	return runAttacks(ctx, attacks, size, out)
}

// runAttacks runs one attack after the other, each against a server of its own.
func runAttacks(ctx context.Context, attacks []attack, size size, out io.Writer) error {
	folder, err := os.MkdirTemp("", "latchkey-attack-")
	if err != nil {
		return fmt.Errorf("creating a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary, err := build(ctx, folder)
	if err != nil {
		return err
	}
	printMachine(out, size)
	table := table{judgeAll: size.judgeAll}
	for _, a := range attacks {
		fmt.Fprintf(os.Stderr, "%s: %s\n", a.name, a.what)
		server, err := startServer(ctx, binary, folder, size.hashMemory)
		if err != nil {
			return err
		}
		figures, err := a.run(ctx, server)
		if err := errors.Join(err, server.stop()); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
		table.add(a.name, figures...)
	}
	table.print(out)
	fmt.Fprint(out, elsewhere)
	if table.missed() {
		return errMissed
	}
	return nil
}

// elsewhere says where the figures are tested that depend on the service's clock.
const elsewhere = `
Figures that need the service's clock are Go tests:
  1,000 guesses at one account within an hour   go test -v ./models -run TestAnHourOfGuesses
  a thief with a copied cookie                  go test -v ./handlers -run TestThief
`
