package cmd

import (
	"errors"
	"os"
	"path/filepath"
)

// dataFolder is where files are created that no setting names. Only their owner can read them, from
// the first byte on.
const dataFolder = "data"

// createFile writes text to a new file at path, which appears complete or not at all. It fails with
// fs.ErrExist if there is a file already.
func createFile(path, text string) error {
	return publishFile(path, text, os.Link)
}

// replaceFile is like createFile, but replaces a file that is already there.
func replaceFile(path, text string) error {
	return publishFile(path, text, os.Rename)
}

// publishFile writes text to a temporary file and calls publish to give it its name.
func publishFile(path, text string, publish func(temporary, path string) error) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // after a rename there is nothing to remove
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := publish(file.Name(), path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder makes the names in a folder survive a power failure.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
