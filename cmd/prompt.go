package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// maxPasswordInput bounds what is read from standard input, in bytes. It is far more than any
// password that the policy accepts.
const maxPasswordInput = 64 << 10

// readPassword reads a new password: from a hidden prompt if stdin is a terminal, and otherwise all
// of stdin without a single trailing line ending. The prompt is written to stderr.
func readPassword(ctx context.Context, stdin io.Reader, stderr io.Writer) (string, error) {
	if file, isFile := stdin.(*os.File); isFile && term.IsTerminal(int(file.Fd())) {
		return askPassword(ctx, int(file.Fd()), stderr)
	}
	text, err := io.ReadAll(io.LimitReader(stdin, maxPasswordInput))
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	password, ended := strings.CutSuffix(string(text), "\n")
	if ended {
		password = strings.TrimSuffix(password, "\r")
	}
	return password, nil
}

// askPassword asks twice, since nobody sees what they type.
func askPassword(ctx context.Context, terminal int, stderr io.Writer) (string, error) {
	first, err := ask(ctx, terminal, stderr, "New password: ")
	if err != nil {
		return "", err
	}
	second, err := ask(ctx, terminal, stderr, "Repeat the password: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the passwords are not the same; nothing has been changed")
	}
	return first, nil
}

func ask(ctx context.Context, terminal int, stderr io.Writer, question string) (string, error) {
	fmt.Fprint(stderr, question)
	defer fmt.Fprintln(stderr)
	answer, err := readHidden(ctx, terminal)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return answer, nil
}

// readHidden reads a line from a terminal without echo. If ctx ends first, it restores the terminal
// and leaves a goroutine behind that waits for input.
func readHidden(ctx context.Context, terminal int) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", err
	}
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	case answer := <-read:
		return string(answer.text), answer.err
	}
}
