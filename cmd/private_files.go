package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
)

// Modes that let other users than the owner reach a file.
const (
	modeGroupOrOthers = 0o077
	modeGroup         = 0o070
	modeOthersUse     = 0o006 // read or write
	modeOthersWrite   = 0o002
)

// makePrivate takes a file or folder away from the group and others, if it is ours, and warns that
// they could reach it until now. Where that is impossible, it only warns. What does not exist is
// private.
func makePrivate(log *slog.Logger, path string) {
	info, err := os.Stat(path)
	if err != nil || ownedByUs(info) && info.Mode()&modeGroupOrOthers == 0 {
		return // if it cannot be opened either, the code that opens it says why
	}
	was := fmt.Sprintf("%04o", info.Mode().Perm())
	if ownedByUs(info) {
		if err = os.Chmod(path, info.Mode()&^modeGroupOrOthers); err == nil {
			info, err = os.Stat(path)
		}
		if err == nil && info.Mode()&modeGroupOrOthers == 0 { // some file systems ignore chmod
			log.Warn("other users could open this until now; it is private again", "path", path, "mode", was)
			return
		}
	}
	log.Warn("other users can open this; give it to the user that runs Latchkey, and to no one else", "path", path, "mode", was)
}

// warnOfGroup warns if the group can read or write the secret file. That does not stop the start,
// because the settings of a volume may demand it.
func warnOfGroup(log *slog.Logger, path string) {
	if info, err := os.Stat(path); err == nil && info.Mode()&modeGroup != 0 {
		log.Warn("the group can open the secret file; unless it must, run chmod 600 on the file",
			"path", path, "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
	}
}

// checkSecretFile fails if another user can read, write or replace a secret file, or owns it.
func checkSecretFile(path string, info fs.FileInfo) error {
	const replace = "and replace the secret if someone may have read it"
	if !ownedByUs(info) {
		return fmt.Errorf("the secret file %s belongs to another user: run chown on it, %s", path, replace)
	}
	if info.Mode()&modeOthersUse != 0 {
		return fmt.Errorf("other users can read or write the secret file %s: run chmod 600 on it, %s", path, replace)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("finding the secret file: %w", err)
	}
	for _, folder := range []string{filepath.Dir(path), filepath.Dir(target)} {
		info, err := os.Stat(folder)
		if err != nil {
			return fmt.Errorf("checking the folder of the secret file: %w", err)
		}
		if info.Mode()&modeOthersWrite != 0 && info.Mode()&fs.ModeSticky == 0 {
			return fmt.Errorf("other users can replace the secret file %s: run chmod o-w on the folder %s, %s", path, folder, replace)
		}
	}
	return nil
}

// isBrokenLink reports whether path is a symbolic link to a file that does not exist.
func isBrokenLink(path string) bool {
	_, err := os.Lstat(path)
	_, targetErr := os.Stat(path)
	return err == nil && errors.Is(targetErr, fs.ErrNotExist)
}
