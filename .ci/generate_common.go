//go:build ignore

// This program generates common_passwords.txt from the lists in two npm packages, whose versions
// are pinned below. It needs npm and its registry.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"os/exec"
	"slices"
	"strings"
	"unicode/utf8"
)

// minLength is auth.MinPasswordLength. Shorter passwords are refused anyway.
const minLength = 8

func main() {
	words := map[string]bool{}
	for name, file := range map[string]string{
		"@zxcvbn-ts/language-common@4.1.3": "package/src/passwords.json",
		"popular-passwords@1.0.3":          "package/data.json",
	} {
		list, err := passwordsOf(name, file)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		for _, word := range list {
			if utf8.RuneCountInString(word) >= minLength {
				words[strings.ToLower(word)] = true
			}
		}
	}
	sorted := make([]string, 0, len(words))
	for word := range words {
		sorted = append(sorted, word)
	}
	slices.Sort(sorted)
	text := "\n" + strings.Join(sorted, "\n") + "\n"
	if err := os.WriteFile("common_passwords.txt", []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}

// passwordsOf returns the JSON list in a file of an npm package.
func passwordsOf(name, file string) (list []string, err error) {
	folder, err := os.MkdirTemp("", "passwords")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	npm := exec.Command("npm", "pack", "--silent", name)
	npm.Dir, npm.Stderr = folder, os.Stderr
	archive, err := npm.Output() // the name of the archive
	if err != nil {
		return nil, err
	}
	packed, err := os.ReadFile(folder + "/" + strings.TrimSpace(string(archive)))
	if err != nil {
		return nil, err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return nil, errors.New("the package has no " + file)
		}
		if err != nil {
			return nil, err
		}
		if header.Name == file {
			err := json.NewDecoder(reader).Decode(&list)
			return list, err
		}
	}
}
