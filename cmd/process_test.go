package cmd

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// program is Latchkey as a process of its own, in a folder of its own.
type program struct {
	*exec.Cmd
	url    string // the address that was bound
	stderr *strings.Builder
	lines  chan string
}

// command prepares the program; settings are NAME=value.
func command(t *testing.T, folder string, args []string, settings ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Dir = folder
	cmd.Env = append([]string{"LATCHKEY_TEST_RUN=1", "ADDR=127.0.0.1:0"}, settings...)
	return cmd
}

// launch starts the server; ready must follow.
func launch(t *testing.T, folder string, settings ...string) *program {
	t.Helper()
	p := &program{Cmd: command(t, folder, nil, settings...), stderr: &strings.Builder{}, lines: make(chan string, 1000)}
	pipe, err := p.StderrPipe()
	must(t, err)
	must(t, p.Start())
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(pipe); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	return p
}

// start starts the server and waits until it says that it is ready.
func start(t *testing.T, folder string, settings ...string) *program {
	t.Helper()
	p := launch(t, folder, settings...)
	p.ready(t)
	return p
}

func (p *program) ready(t *testing.T) {
	t.Helper()
	var entry struct{ Msg, Address string }
	json.Unmarshal([]byte(p.waitFor(t, "Latchkey is ready")), &entry)
	p.url = "http://" + entry.Address
}

// waitFor returns the first line of the log that holds text.
func (p *program) waitFor(t *testing.T, text string) string {
	t.Helper()
	for line := range p.lines {
		p.stderr.WriteString(line + "\n")
		if strings.Contains(line, text) {
			return line
		}
	}
	t.Fatalf("the server ended without a word of %q:\n%s", text, p.stderr)
	return ""
}

// stop ends the server as an operator does and returns what it wrote.
func (p *program) stop(t *testing.T) string {
	t.Helper()
	must(t, p.Process.Signal(syscall.SIGTERM))
	for line := range p.lines {
		p.stderr.WriteString(line + "\n")
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the server ended with %v:\n%s", err, p.stderr)
	}
	return p.stderr.String()
}

// failStart runs the program, which must refuse to start: exit code 1 and a
// message that holds want. It returns the message.
func failStart(t *testing.T, folder, want string, settings ...string) string {
	t.Helper()
	out, err := command(t, folder, nil, settings...).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want exit code 1:\n%s", err, out)
	}
	if !strings.HasPrefix(string(out), "latchkey: ") || !strings.Contains(string(out), want) {
		t.Errorf("the message has no %q:\n%s", want, out)
	}
	return string(out)
}

func login(t *testing.T, url, name, password string) (status int, token string) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "password": password})
	response, err := http.Post(url+"/login", "application/json", strings.NewReader(string(body)))
	must(t, err)
	defer response.Body.Close()
	var answer struct{ Token string }
	json.NewDecoder(response.Body).Decode(&answer)
	return response.StatusCode, answer.Token
}

// who asks the server at url who the bearer of token is.
func who(t *testing.T, url, token string) int {
	t.Helper()
	return get(t, url+"/user", token)
}

func get(t *testing.T, url, token string) (status int) {
	t.Helper()
	status, _ = ask(t, url, token)
	return status
}

// ask sends a GET request of the bearer of token.
func ask(t *testing.T, url, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequest("GET", url, nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	must(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// snapshot reads all files below folder.
func snapshot(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files[path] = read(t, path)
		}
		return err
	}))
	return files
}
