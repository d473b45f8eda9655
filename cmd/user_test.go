package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// latchkey runs a command in folder and returns what it said and its exit
// code.
func latchkey(t *testing.T, folder, stdin string, args ...string) (stdout, stderr string, exit int) {
	t.Helper()
	cmd := command(t, folder, args)
	cmd.Stdin = strings.NewReader(stdin)
	var out, diagnostics strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	err := cmd.Run()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return out.String(), diagnostics.String(), cmd.ProcessState.ExitCode()
}

func wantDone(t *testing.T, folder, stdin, want string, args ...string) {
	t.Helper()
	stdout, stderr, exit := latchkey(t, folder, stdin, args...)
	if exit != 0 || !strings.Contains(stdout, want) || stderr != "" {
		t.Errorf("%v: exit code %d, %q, %q", args, exit, stdout, stderr)
	}
}

func wantRefused(t *testing.T, folder, stdin string, exit int, want string, args ...string) {
	t.Helper()
	stdout, stderr, got := latchkey(t, folder, stdin, args...)
	if got != exit || !strings.HasPrefix(stderr, "latchkey: ") || !strings.Contains(stderr, want) || stdout != "" {
		t.Errorf("%v: exit code %d, want %d and %q: %q, %q", args, got, exit, want, stdout, stderr)
	}
}

// TestUserCommandsWorkWhileTheServerRuns takes one user through its life.
func TestUserCommandsWorkWhileTheServerRuns(t *testing.T) {
	folder := t.TempDir()
	p := start(t, folder, "ADMIN_PASSWORD=correct horse battery")
	const password = "some other words"
	wantDone(t, folder, password+"\n", "jonas is added.", "user", "add", "jonas", "--role", "editor", "--email", "jonas@example.org", "--role=reader")
	status, token := login(t, p.url, "jonas", password)
	if status != 200 || who(t, p.url, token) != 200 {
		t.Fatalf("the new user cannot log in: %d", status)
	}
	wantDone(t, folder, "", "now: admin", "user", "role", "JONAS", "admin")
	if status := get(t, p.url+"/users", token); status != 200 {
		t.Errorf("the role does not count: %d", status)
	}
	listed, _, _ := latchkey(t, folder, "", "user", "list", "--json")
	var page struct{ Users json.RawMessage }
	_, byHTTP := ask(t, p.url+"/users", token)
	must(t, json.Unmarshal([]byte(byHTTP), &page))
	if fieldsOf(t, listed) != fieldsOf(t, string(page.Users)) {
		t.Errorf("the command lists %s, and GET /users %s", listed, byHTTP)
	}
	wantDone(t, folder, "", "without a role", "user", "role", "jonas", "--none")
	wantDone(t, folder, "", "jonas is disabled", "user", "disable", "jonas")
	if status := who(t, p.url, token); status != 401 {
		t.Errorf("a disabled user: %d", status)
	}
	wantDone(t, folder, "", "jonas is enabled", "user", "enable", "jonas")
	_, token = login(t, p.url, "jonas", password)
	wantDone(t, folder, "yet other words\r\n", "new password", "user", "password", "jonas")
	if status := who(t, p.url, token); status != 401 {
		t.Errorf("a session from before the new password: %d", status)
	}
	if status, _ := login(t, p.url, "jonas", password); status != 401 {
		t.Errorf("the old password: %d", status)
	}
	if status, _ := login(t, p.url, "jonas", "yet other words"); status != 200 {
		t.Errorf("the new password: %d", status)
	}
	wantDone(t, folder, "", "jonas is deleted", "user", "delete", "jonas")
	wantRefused(t, folder, "", 1, "no such user", "user", "delete", "jonas")
	wantRefused(t, folder, "", 1, "last enabled administrator", "user", "delete", "admin")
	if log := p.stop(t); strings.Contains(log, password) {
		t.Error("the log holds a password")
	}
}

func TestUserListIsATableOrJSON(t *testing.T) {
	folder := t.TempDir()
	start(t, folder, "ADMIN_NAME=zoe").stop(t)
	wantDone(t, folder, "some other words", "added", "user", "add", "jonas", "--email", "jonas@example.org")
	wantDone(t, folder, "some other words", `"username":"Petra"`, "user", "add", "--json", "Petra", "--role", "editor")
	stdout, _, _ := latchkey(t, folder, "", "user", "list", "--json")
	var users []map[string]any
	if err := json.Unmarshal([]byte(stdout), &users); err != nil || len(users) != 3 {
		t.Fatalf("%v: %s", err, stdout)
	}
	if users[0]["username"] != "jonas" || users[0]["email"] != "jonas@example.org" || users[1]["roles"].([]any)[0] != "editor" || users[1]["email"] != nil {
		t.Errorf("the users are %v", users)
	}
	table, _, _ := latchkey(t, folder, "", "user", "list")
	if lines := strings.Split(strings.TrimSpace(table), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "NAME") || !strings.HasPrefix(lines[2], "Petra") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestUserCommandsThatAreRefused(t *testing.T) {
	folder := t.TempDir()
	wantRefused(t, folder, "", 1, "no database", "user", "list")
	wantRefused(t, folder, "some other words", 1, "no database", "user", "add", "jonas")
	if files := snapshot(t, folder); len(files) > 0 {
		t.Errorf("a command in the wrong place made %v", files)
	}
	start(t, folder).stop(t)
	wantDone(t, folder, "some other words", "added", "user", "add", "jonas")
	wantRefused(t, folder, "some other words", 1, "taken", "user", "add", "Jonas")
	wantRefused(t, folder, "short", 1, "too short", "user", "add", "petra")
	wantRefused(t, folder, "", 1, "too short", "user", "password", "jonas")
	wantRefused(t, folder, "some other words", 1, "username", "user", "add", "a b")
	wantRefused(t, folder, "some other words", 1, "role", "user", "add", "petra", "--role", "Admin")
	wantRefused(t, folder, "some other words", 1, "e-mail", "user", "add", "petra", "--email", "petra")
	wantRefused(t, folder, "", 1, "no such user", "user", "disable", "petra")
	for _, args := range [][]string{
		{"user"}, {"user", "rename"}, {"user", "add"}, {"user", "add", "petra", "secret"}, {"user", "disable", "a", "b"},
		{"user", "list", "jonas"}, {"user", "add", "petra", "--password", "x"}, {"user", "delete", "jonas", "--role", "x"}, {"user", "--json"},
		{"user", "role", "jonas"}, {"user", "role", "jonas", "editor", "--none"},
	} {
		wantRefused(t, folder, "some other words", 2, "usage:", args...)
	}
}

// fieldsOf names the fields of the users in a JSON array.
func fieldsOf(t *testing.T, array string) string {
	t.Helper()
	var users []map[string]any
	must(t, json.Unmarshal([]byte(array), &users))
	var names []string
	for _, user := range users {
		names = append(names, fmt.Sprint(slices.Sorted(maps.Keys(user))))
	}
	return strings.Join(names, "\n")
}
