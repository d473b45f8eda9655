package cmd_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// chown gives a file to another user, which only root can do.
func chown(t *testing.T, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		cmdtest.Missing(t, "this test needs root, to give a file to another user")
	}
	authtest.Must(t, os.Chown(path, 65534, 65534))
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	authtest.Must(t, err)
	return info.Mode().Perm()
}

// warnings returns the lines of a log that warn about a path.
func warnings(log, path string) (lines []string) {
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"WARN"`) && strings.Contains(line, fmt.Sprintf("%q", path)) {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestOpenFilesOfOursAreMadePrivateAgainWithAWarning(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Kill() // which leaves the -wal and -shm files behind
	open := map[string]fs.FileMode{
		"data": 0o777, "data/latchkey.db": 0o644, "data/latchkey.db-wal": 0o666, "data/latchkey.db-shm": 0o640, "data/admin-password": 0o604,
	}
	for name, mode := range open {
		authtest.Must(t, os.Chmod(filepath.Join(folder, name), mode))
	}
	p := cmdtest.Start(t, folder)
	for name, mode := range open {
		path := filepath.Join(folder, name)
		if got := modeOf(t, path); got != mode&0o700 {
			t.Errorf("%s has mode %o", name, got)
		}
		logged := name
		if strings.HasPrefix(name, "data/latchkey.db") {
			logged = path
		}
		lines := warnings(p.Log(), name)
		if name != logged {
			lines = append(lines, warnings(p.Log(), logged)...)
		}
		if len(lines) != 1 || !strings.Contains(lines[0], fmt.Sprintf("%04o", mode)) {
			t.Errorf("%s: the warnings are %q", name, lines)
		}
	}
	p.Stop()
	if log := cmdtest.Start(t, folder).Stop(); strings.Contains(log, `"WARN"`) {
		t.Errorf("the next start still warns:\n%s", log)
	}
}

func TestDatabaseThatIsALinkIsMadePrivate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target := filepath.Join(folder, "real.db")
	cmdtest.Start(t, folder, "DATABASE_URL=sqlite:"+target).Stop()
	authtest.Must(t, os.Chmod(target, 0o644))
	authtest.Must(t, os.Symlink("real.db", filepath.Join(folder, "link.db")))
	cmdtest.Start(t, folder, "DATABASE_URL=sqlite:link.db").Stop()
	if got := modeOf(t, target); got != 0o600 {
		t.Errorf("the mode is %o", got)
	}
}

func TestFilesOfAnotherUserAreLeftAloneWithAWarning(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	for _, name := range []string{"data", "data/admin-password"} {
		path := filepath.Join(folder, name)
		before := modeOf(t, path)
		chown(t, path)
		log := cmdtest.Start(t, folder).Stop()
		if len(warnings(log, name)) != 1 || modeOf(t, path) != before {
			t.Errorf("%s: mode %o:\n%s", name, modeOf(t, path), log)
		}
	}
}

// secretFile returns a function that creates a secret file with this mode.
func secretFile(mode fs.FileMode, text string) func(*testing.T, string) {
	return func(t *testing.T, folder string) {
		authtest.Must(t, os.Mkdir(filepath.Join(folder, "data"), 0o700))
		path := filepath.Join(folder, "data", "jwt-secret")
		writeFile(t, path, text)
		authtest.Must(t, os.Chmod(path, mode))
	}
}

func TestUnusableSecretFilesStopTheStart(t *testing.T) {
	t.Parallel()
	wantNoStartWith(t, []obstacle{
		{"secret that is short", secretFile(0o600, "short"), "", "fewer than 32 bytes"},
		{"secret with a line ending", secretFile(0o600, privateText+"\n"), "", "white space"},
		{"secret that is empty", secretFile(0o600, ""), "", "no secret"},
		{"secret that can be guessed", secretFile(0o600, strings.Repeat("a", 32)), "", "not random"},
		{"secret that anyone can read", secretFile(0o604, privateText), "", "chmod 600"},
		{"secret that anyone can write", secretFile(0o602, privateText), "", "chmod 600"},
		{"secret of another user", func(t *testing.T, folder string) {
			secretFile(0o600, privateText)(t, folder)
			chown(t, filepath.Join(folder, "data", "jwt-secret"))
		}, "", "belongs to another user"},
		{"secret that is a link into a folder that anyone can write", func(t *testing.T, folder string) {
			secretFile(0o600, privateText)(t, folder)
			open := filepath.Join(folder, "open")
			authtest.Must(t, os.Mkdir(open, 0o700))
			authtest.Must(t, os.Chmod(open, 0o777))
			authtest.Must(t, os.Rename(filepath.Join(folder, "data", "jwt-secret"), filepath.Join(open, "secret")))
			authtest.Must(t, os.Symlink("../open/secret", filepath.Join(folder, "data", "jwt-secret")))
		}, "", "chmod o-w"},
		{"secret that is a folder", func(t *testing.T, folder string) {
			authtest.Must(t, os.MkdirAll(filepath.Join(folder, "data", "jwt-secret"), 0o700))
		}, "", "secret file"},
		{"secret that is a broken link", func(t *testing.T, folder string) {
			authtest.Must(t, os.Mkdir(filepath.Join(folder, "data"), 0o700))
			authtest.Must(t, os.Symlink("/nowhere/at/all", filepath.Join(folder, "data", "jwt-secret")))
		}, "", "jwt-secret is a link to a file that does not exist: restore"},
	})
}

func TestSecretInAFolderOfAnotherUserThatAnyoneCanWriteStopsTheStart(t *testing.T) {
	t.Parallel()
	for _, isLink := range []bool{false, true} { // others can replace a link too
		folder := t.TempDir()
		cmdtest.Start(t, folder).Stop()
		data := filepath.Join(folder, "data")
		if isLink {
			elsewhere := filepath.Join(folder, "elsewhere")
			authtest.Must(t, os.Mkdir(elsewhere, 0o700))
			authtest.Must(t, os.Rename(filepath.Join(data, "jwt-secret"), filepath.Join(elsewhere, "secret")))
			authtest.Must(t, os.Symlink(filepath.Join(elsewhere, "secret"), filepath.Join(data, "jwt-secret")))
		}
		chown(t, data)
		authtest.Must(t, os.Chmod(data, 0o777))
		r := cmdtest.Command{Folder: folder}.Run(t)
		if r.Exit != 1 || !strings.Contains(r.Stderr, "other users can replace the secret file") || len(warnings(r.Stderr, "data")) != 1 {
			t.Errorf("a link: %v: exit code %d:\n%s", isLink, r.Exit, r.Stderr)
		}
	}
}

// The settings of a volume may give a group to every file, and permissions to the group.
func TestSecretThatTheGroupCanReadIsOnlyWarnedAbout(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	path := filepath.Join(folder, "data", "jwt-secret")
	for _, mode := range []fs.FileMode{0o640, 0o660} {
		authtest.Must(t, os.Chmod(path, mode))
		log := cmdtest.Start(t, folder).Stop()
		if len(warnings(log, "data/jwt-secret")) != 1 || modeOf(t, path) != mode {
			t.Errorf("mode %o:\n%s", mode, log)
		}
	}
}

// In a folder with the sticky bit, others can add files but replace none.
func TestSecretBehindALinkInAStickyFolderIsAccepted(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmdtest.Start(t, folder).Stop()
	sticky := filepath.Join(folder, "sticky")
	authtest.Must(t, os.Mkdir(sticky, 0o700))
	authtest.Must(t, os.Chmod(sticky, 0o777|fs.ModeSticky))
	path := filepath.Join(folder, "data", "jwt-secret")
	authtest.Must(t, os.Rename(path, filepath.Join(sticky, "secret")))
	authtest.Must(t, os.Symlink(filepath.Join(sticky, "secret"), path))
	cmdtest.Start(t, folder).Stop()
}
