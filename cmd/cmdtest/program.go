// Package cmdtest starts Latchkey as a process of its own, for tests in cmd/ and browser/.
package cmdtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd"
)

// childVariable tells a copy of the test binary to run Latchkey instead of the tests.
const childVariable = "LATCHKEY_TEST_RUN"

// Main runs Latchkey and ends the process if this package started it. Otherwise it returns at once.
// TestMain must call it before anything else.
func Main() {
	if os.Getenv(childVariable) == "1" {
		cmd.Main()
		os.Exit(0)
	}
}

// Program is a running server.
type Program struct {
	URL    string // http:// and the address that was bound; set by WaitUntilReady
	Folder string // its working directory

	t       testing.TB
	command *exec.Cmd
	log     log
	ended   chan struct{}
	err     error // of the process; set before ended is closed
}

// Launch starts a server in folder with settings such as "SIGNUP=closed", on any free port unless
// ADDR is among the settings. The server is killed when the test ends.
func Launch(t testing.TB, folder string, settings ...string) *Program {
	t.Helper()
	server := Command{Folder: folder, Settings: settings}
	p := &Program{Folder: folder, t: t, command: server.prepare(t), ended: make(chan struct{})}
	p.log.changed = sync.NewCond(&p.log)
	p.command.Stderr = &p.log
	authtest.Must(t, p.command.Start())
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
		p.log.close()
	}()
	t.Cleanup(p.Kill)
	return p
}

// Start starts a server like Launch and waits until it is ready.
func Start(t testing.TB, folder string, settings ...string) *Program {
	t.Helper()
	p := Launch(t, folder, settings...)
	p.WaitUntilReady()
	return p
}

// WaitUntilReady returns when the server accepts requests.
func (p *Program) WaitUntilReady() {
	p.t.Helper()
	var entry struct{ Address string }
	authtest.Must(p.t, json.Unmarshal([]byte(p.WaitFor("Latchkey is ready")), &entry))
	p.URL = "http://" + entry.Address
}

// WaitFor returns the first line of the log that contains text, and waits until there is one. If
// the server ends before that, the test fails.
func (p *Program) WaitFor(text string) string {
	p.t.Helper()
	line, found := p.log.waitFor(text)
	if !found {
		p.t.Fatalf("the server ended without logging %q:\n%s", text, p.Log())
	}
	return line
}

// Log returns what the server has logged so far.
func (p *Program) Log() string {
	p.log.Lock()
	defer p.log.Unlock()
	return p.log.text.String()
}

// Signal asks the server to stop, as an operator does, and does not wait.
func (p *Program) Signal() {
	p.t.Helper()
	authtest.Must(p.t, p.command.Process.Signal(syscall.SIGTERM))
}

// Wait waits until the server has ended, fails the test unless its exit code is 0, and returns the
// whole log.
func (p *Program) Wait() string {
	p.t.Helper()
	<-p.ended
	if p.err != nil {
		p.t.Errorf("the server ended with %v:\n%s", p.err, p.Log())
	}
	return p.Log()
}

// Stop stops the server as an operator does and returns the whole log.
func (p *Program) Stop() string {
	p.t.Helper()
	p.Signal()
	return p.Wait()
}

// Kill ends the server without giving it time to finish anything.
func (p *Program) Kill() {
	_ = p.command.Process.Kill() // fails if the server has ended already
	<-p.ended
}

// Command is a run of the program that ends by itself.
type Command struct {
	Folder   string // its working directory
	Args     []string
	Settings []string // such as "SIGNUP=closed"; the process has no other environment
	Stdin    string
}

// Result is what a command did.
type Result struct {
	Stdout, Stderr string
	Exit           int
}

// Run runs the command and waits until it has ended.
func (c Command) Run(t testing.TB) Result {
	t.Helper()
	command := c.prepare(t)
	command.Stdin = strings.NewReader(c.Stdin)
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		authtest.Must(t, err)
	}
	return Result{stdout.String(), stderr.String(), command.ProcessState.ExitCode()}
}

// prepare returns a process that is killed when the test ends.
func (c Command) prepare(t testing.TB) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0], c.Args...)
	command.Dir = c.Folder
	command.Env = append([]string{childVariable + "=1", "ADDR=127.0.0.1:0"}, c.Settings...)
	return command
}

// log collects what a process writes, for readers that wait for it.
type log struct {
	sync.Mutex
	text    bytes.Buffer
	closed  bool
	changed *sync.Cond
}

func (l *log) Write(text []byte) (int, error) {
	l.Lock()
	defer l.Unlock()
	defer l.changed.Broadcast()
	return l.text.Write(text)
}

func (l *log) close() {
	l.Lock()
	defer l.Unlock()
	l.closed = true
	l.changed.Broadcast()
}

// waitFor returns the first whole line that contains text, or false once the log is closed.
func (l *log) waitFor(text string) (line string, found bool) {
	l.Lock()
	defer l.Unlock()
	for {
		for line := range strings.Lines(l.text.String()) {
			if strings.HasSuffix(line, "\n") && strings.Contains(line, text) {
				return line, true
			}
		}
		if l.closed {
			return "", false
		}
		l.changed.Wait()
	}
}
