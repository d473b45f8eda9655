//go:build ignore

// This program bundles the modules and styles of the pages into static/bundle, so that a page loads
// one file of each kind. Names stay readable in stack traces. Run it in the folder static.
package main

import (
	"crypto/sha256"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	log.SetFlags(0)
	must(os.RemoveAll("bundle"))
	esbuild := exec.Command("go", append([]string{
		"tool", "-modfile=../.ci/tools.mod", "esbuild",
		"--bundle", "--format=esm", "--target=es2022", "--charset=utf8",
		"--minify-whitespace", "--minify-syntax", "--legal-comments=inline",
		"--outdir=bundle", "--log-level=warning",
	}, entries()...)...)
	esbuild.Stdout, esbuild.Stderr = os.Stdout, os.Stderr
	must(esbuild.Run())
	must(os.WriteFile("bundle/sources.sha256", []byte(sums()), 0o644))
}

// entries returns the files that pages load: those that a page names, and renewal.js, which apps
// import as README.md says.
func entries() []string {
	named := map[string]bool{"renewal.js": true}
	for _, page := range glob("../views/*.templ") {
		for _, match := range regexp.MustCompile(`"([a-z-]+\.(?:js|css))"`).FindAllStringSubmatch(read(page), -1) {
			named[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// sums returns the hash of every source, as sha256sum prints it, by which a test notices that one
// has changed since.
func sums() string {
	var lines strings.Builder
	for _, name := range append(glob("*.css"), glob("*.js")...) {
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256([]byte(read(name))), name)
	}
	return lines.String()
}

func glob(pattern string) []string {
	names, err := filepath.Glob(pattern)
	must(err)
	return names
}

func read(name string) string {
	text, err := os.ReadFile(name)
	must(err)
	return string(text)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
