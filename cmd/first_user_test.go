package cmd_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

func TestGeneratedAdminPasswordIsInAFileAndNotInTheLog(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder)
	password := adminPasswordIn(t, folder)
	status, token := p.Login("admin", password)
	if status != 200 || p.Who(token) != 200 {
		t.Errorf("the first user cannot log in: status %d", status)
	}
	log := p.Stop()
	if strings.Contains(log, password) {
		t.Error("the log contains the password")
	}
	if !strings.Contains(log, `"name":"admin"`) || !strings.Contains(log, "data/admin-password") {
		t.Errorf("the log does not say who the first user is and where the password is:\n%s", log)
	}
	if log := cmdtest.Start(t, folder).Stop(); strings.Contains(log, "first user") {
		t.Errorf("the second start created a user:\n%s", log)
	}
}

func TestAdminPasswordFromTheSettingsIsWrittenNowhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder, "ADMIN_NAME=zoe", "ADMIN_PASSWORD="+adminPassword)
	if status, _ := p.Login("zoe", adminPassword); status != 200 {
		t.Errorf("POST /login: status %d", status)
	}
	if log := p.Stop(); strings.Contains(log, adminPassword) {
		t.Error("the log contains ADMIN_PASSWORD")
	}
	for path, text := range readFolder(t, folder) {
		if filepath.Base(path) == "admin-password" || strings.Contains(text, adminPassword) {
			t.Errorf("%s contains ADMIN_PASSWORD", path)
		}
	}
}

func TestGeneratedAdminPasswordObeysThePolicy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	p := cmdtest.Start(t, folder, "PASSWORD_MIN_LENGTH=60", "ADMIN_NAME=abc")
	password := adminPasswordIn(t, folder)
	if status, _ := p.Login("abc", password); status != 200 || len(password) < 60 {
		t.Errorf("POST /login: status %d with a password of %d characters, want 60 or more", status, len(password))
	}
}

// invalidFirstUsers are settings that cannot create a user.
var invalidFirstUsers = map[string][]string{
	"ADMIN_PASSWORD": {"ADMIN_PASSWORD=short"},
	"ADMIN_NAME":     {"ADMIN_NAME=a b", "ADMIN_PASSWORD=" + adminPassword},
}

func TestInvalidFirstUserStopsTheStartBeforeAnythingIsCreated(t *testing.T) {
	t.Parallel()
	for name, settings := range invalidFirstUsers {
		folder := t.TempDir()
		message := wantNoStart(t, folder, name+": ", settings...)
		if !strings.Contains(message, "latchkey: invalid settings") || !strings.Contains(message, "used only to create the first user") {
			t.Errorf("%s: the message is %s", name, message)
		}
		if files := readFolder(t, folder); len(files) > 0 {
			t.Errorf("%s: it created %v", name, files)
		}
	}
}

func TestInvalidFirstUserStopsTheStartOnADatabaseWithoutUsers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder, "DATABASE_URL=sqlite:latchkey.db", "JWT_SECRET=a secret of forty characters............").Stop()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "latchkey.db"))
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec("DELETE FROM users")
	authtest.Must(t, err)
	wantNoStart(t, folder, "ADMIN_PASSWORD: ", "DATABASE_URL=sqlite:latchkey.db", "ADMIN_PASSWORD=short", "JWT_SECRET=")
	for path := range readFolder(t, folder) {
		if filepath.Base(path) == "jwt-secret" {
			t.Errorf("it created %s", path)
		}
	}
}

func TestInvalidFirstUserIsIgnoredOnceThereIsAUser(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder, "ADMIN_PASSWORD="+adminPassword).Stop()
	for name, settings := range invalidFirstUsers {
		p := cmdtest.Start(t, folder, settings...)
		if status, _ := p.Login("admin", adminPassword); status != 200 {
			t.Errorf("%s: POST /login: status %d", name, status)
		}
		p.Stop()
	}
	r := cmdtest.Command{Folder: folder, Args: []string{"user", "list"}, Settings: []string{"ADMIN_PASSWORD=short"}}.Run(t)
	if r.Exit != 0 {
		t.Errorf("user list: exit code %d: %s", r.Exit, r.Stderr)
	}
}
