package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The user of every server.
const (
	username = "marisol"
	password = "a lamp, two chairs and rain"
)

// server is a running Latchkey.
type server struct {
	url     string
	address string
	command *exec.Cmd
	folder  string
	ended   chan error
}

// build compiles Latchkey into folder.
func build(ctx context.Context, folder string) (binary string, err error) {
	binary = filepath.Join(folder, "latchkey")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "latchkey").CombinedOutput(); err != nil {
		return "", fmt.Errorf("building Latchkey: %w: %s", err, out)
	}
	return binary, nil
}

// startServer starts Latchkey in a new folder below parent and waits until it is ready. It has one
// user, and hashes with this many KiB.
func startServer(ctx context.Context, binary, parent string, hashMemory int) (*server, error) {
	folder, err := os.MkdirTemp(parent, "server-")
	if err != nil {
		return nil, fmt.Errorf("creating a folder: %w", err)
	}
	logFile, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		return nil, fmt.Errorf("creating a log file: %w", err)
	}
	defer func() { _ = logFile.Close() }() // the process has a descriptor of its own
	command := exec.CommandContext(ctx, binary)
	command.Dir = folder
	command.Stderr = logFile
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	command.Env = []string{
		"ADDR=127.0.0.1:0", "LOG_FORMAT=json", "ADMIN_NAME=" + username, "ADMIN_PASSWORD=" + password,
		"ARGON2_MEMORY=" + strconv.Itoa(hashMemory),
	}
	for _, name := range []string{"GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG"} {
		if value, found := os.LookupEnv(name); found {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting Latchkey: %w", err)
	}
	s := &server{command: command, folder: folder, ended: make(chan error, 1)}
	go func() { s.ended <- command.Wait() }()
	if err := s.waitUntilReady(ctx); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// waitUntilReady reads the server's address from its log.
func (s *server) waitUntilReady(ctx context.Context) error {
	for range 300 {
		text, err := os.ReadFile(filepath.Join(s.folder, "log"))
		if err != nil {
			return fmt.Errorf("reading the log: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			var entry struct{ Msg, Address string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "Latchkey is ready" {
				s.address, s.url = entry.Address, "http://"+entry.Address
				return nil
			}
		}
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server did not start: %s", text)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
	return errors.New("the server was not ready within 30 s")
}

// stop stops the server and waits until it has ended.
func (s *server) stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM) // fails if it has ended already
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("the server ended with an error: %w", err)
		}
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("the server did not stop within 30 s"), s.command.Process.Kill())
	}
}

// peakMemory returns the most resident memory that the server has had so far, in MiB.
func (s *server) peakMemory() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading the server's memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			return kib >> 10, err
		}
	}
	return 0, errors.New("the system does not report VmHWM")
}
