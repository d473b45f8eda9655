package cmd_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// TestUserCommandsWorkWhileTheServerRuns follows one user from adding to deleting.
func TestUserCommandsWorkWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder, "ADMIN_PASSWORD="+adminPassword)
	const password = "some other words"
	wantDone(t, folder, password+"\n", "jonas has been added.",
		"user", "add", "jonas", "--role", "editor", "--email", "jonas@example.org", "--role=reader")
	status, token := p.Login("jonas", password)
	if status != 200 || p.Who(token) != 200 {
		t.Fatalf("the new user cannot log in: status %d", status)
	}
	wantDone(t, folder, "", "roles now: admin", "user", "role", "JONAS", "admin")
	if status, _ := p.Get("/users", token); status != 200 {
		t.Errorf("GET /users after the user has become an admin: status %d", status)
	}
	wantDone(t, folder, "", "no roles now", "user", "role", "jonas", "--none")
	wantDone(t, folder, "", "jonas has been disabled", "user", "disable", "jonas")
	if status := p.Who(token); status != 401 {
		t.Errorf("GET /user of a disabled user: status %d", status)
	}
	wantDone(t, folder, "", "jonas has been enabled", "user", "enable", "jonas")
	_, token = p.Login("jonas", password)
	wantDone(t, folder, "yet other words\r\n", "new password", "user", "password", "jonas")
	if status := p.Who(token); status != 401 {
		t.Errorf("GET /user with a session from before the new password: status %d", status)
	}
	if status, _ := p.Login("jonas", password); status != 401 {
		t.Errorf("POST /login with the old password: status %d", status)
	}
	if status, _ := p.Login("jonas", "yet other words"); status != 200 {
		t.Errorf("POST /login with the new password: status %d", status)
	}
	wantDone(t, folder, "", "jonas has been deleted", "user", "delete", "jonas")
	wantFailure(t, folder, "", "user not found", "user", "delete", "jonas")
	wantFailure(t, folder, "", "last administrator", "user", "delete", "admin")
	if log := p.Stop(); strings.Contains(log, password) {
		t.Error("the log contains a password")
	}
}

func TestUserListPrintsATableOrJSON(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder, "ADMIN_NAME=zoe").Stop()
	wantDone(t, folder, "some other words", "added", "user", "add", "jonas", "--email", "jonas@example.org")
	wantDone(t, folder, "some other words", `"username":"Petra"`, "user", "add", "--json", "Petra", "--role", "editor")
	array := cmdtest.Command{Folder: folder, Args: []string{"user", "list", "--json"}}.Run(t).Stdout
	var users []map[string]any
	if err := json.Unmarshal([]byte(array), &users); err != nil || len(users) != 3 {
		t.Fatalf("%v: %s", err, array)
	}
	jonas, petra := users[0], users[1]
	if jonas["username"] != "jonas" || jonas["email"] != "jonas@example.org" || petra["roles"].([]any)[0] != "editor" || petra["email"] != nil {
		t.Errorf("the users are %v", users)
	}
	table := cmdtest.Command{Folder: folder, Args: []string{"user", "list"}}.Run(t).Stdout
	if lines := strings.Split(strings.TrimSpace(table), "\n"); len(lines) != 4 || !strings.HasPrefix(lines[0], "NAME") || !strings.HasPrefix(lines[2], "Petra") || !strings.HasSuffix(lines[2], "never") {
		t.Errorf("the table is\n%s", table)
	}
}

func TestUserListHasTheFieldsOfTheAPI(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder, "ADMIN_PASSWORD="+adminPassword)
	_, token := p.Login("admin", adminPassword)
	_, body := p.Get("/users", token)
	var page struct{ Users json.RawMessage }
	authtest.Must(t, json.Unmarshal([]byte(body), &page))
	array := cmdtest.Command{Folder: folder, Args: []string{"user", "list", "--json"}}.Run(t).Stdout
	if got, want := fieldsOf(t, array), fieldsOf(t, string(page.Users)); got != want {
		t.Errorf("the command prints the fields %s, GET /users has %s", got, want)
	}
}

// fieldsOf lists the fields of each object in a JSON array.
func fieldsOf(t *testing.T, array string) string {
	t.Helper()
	var objects []map[string]any
	authtest.Must(t, json.Unmarshal([]byte(array), &objects))
	var names []string
	for _, object := range objects {
		names = append(names, fmt.Sprint(slices.Sorted(maps.Keys(object))))
	}
	return strings.Join(names, "\n")
}

func TestUserCommandsNeverCreateADatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	wantFailure(t, folder, "", "the database does not exist", "user", "list")
	wantFailure(t, folder, "some other words", "the database does not exist", "user", "add", "jonas")
	if files := readFolder(t, folder); len(files) > 0 {
		t.Errorf("the commands created %v", files)
	}
}

func TestUserCommandsRefuseInvalidInput(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	wantDone(t, folder, "some other words", "added", "user", "add", "jonas")
	wantFailure(t, folder, "some other words", "taken", "user", "add", "Jonas")
	wantFailure(t, folder, "short", "too short", "user", "add", "petra")
	wantFailure(t, folder, "", "too short", "user", "password", "jonas")
	wantFailure(t, folder, "some other words", "username", "user", "add", "a b")
	wantFailure(t, folder, "some other words", "role", "user", "add", "petra", "--role", "Admin")
	wantFailure(t, folder, "some other words", "e-mail", "user", "add", "petra", "--email", "petra")
	wantFailure(t, folder, "", "user not found", "user", "disable", "petra")
}

// TestUserListQuotesControlCharacters writes a name to the database that would colour a terminal.
func TestUserListQuotesControlCharacters(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "data", "latchkey.db"))
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE users SET username = ?, email = ?", "\x1b[31mred", "a\u009b31m@example.org")
	authtest.Must(t, err)
	table := cmdtest.Command{Folder: folder, Args: []string{"user", "list"}}.Run(t).Stdout
	if strings.ContainsAny(table, "\x1b\u009b") || !strings.Contains(table, `"\x1b[31mred"`) {
		t.Errorf("the table is %q", table)
	}
}
