package cmdtest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// CopyExamples copies examples/ to a new folder, where their npm packages are found.
func CopyExamples(t testing.TB) (folder string) {
	t.Helper()
	modules := filepath.Join(Root(t), ".ci", "node", "node_modules")
	folder = t.TempDir()
	authtest.Must(t, os.CopyFS(folder, os.DirFS(filepath.Join(Root(t), "examples"))))
	authtest.Must(t, os.RemoveAll(filepath.Join(folder, "node_modules")))
	authtest.Must(t, os.Symlink(modules, filepath.Join(folder, "node_modules")))
	return folder
}

// NeedExpress skips a test that needs Node with Express and jose where these are missing.
func NeedExpress(t testing.TB) {
	t.Helper()
	for _, name := range []string{"express", "jose"} {
		if _, err := os.Stat(filepath.Join(Root(t), ".ci", "node", "node_modules", name)); err != nil {
			Missing(t, "this test needs Node, Express and jose: npm ci --prefix .ci/node")
		}
	}
}

// StartApp starts a program that is not Latchkey, such as an example or a proxy, and waits until it
// accepts connections at address. The command must have the context of the test, and ends with it.
func StartApp(t testing.TB, command *exec.Cmd, address string) {
	t.Helper()
	var output bytes.Buffer // read only after the program has ended
	command.Stdout, command.Stderr = &output, &output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) } // so that nginx ends its workers
	command.WaitDelay = 20 * time.Second
	authtest.Must(t, command.Start())
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // the test only needs to know that it has ended
		close(ended)
	}()
	t.Cleanup(func() { <-ended })
	for limit := time.Now().Add(2 * time.Minute); ; {
		connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended:\n%s", command.Path, output.String())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(limit) {
			t.Fatalf("%s does not listen at %s: %v", command.Path, address, err)
		}
	}
}
