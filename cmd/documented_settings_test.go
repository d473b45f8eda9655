package cmd_test

import (
	"maps"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"latchkey/cmd"
	"latchkey/cmd/cmdtest"
)

func TestReadmeAndDotEnvDocumentEverySettingWithItsDefault(t *testing.T) {
	settings := map[string]string{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cmd.Config]()) {
		settings[field.Tag.Get("env")] = field.Tag.Get("envDefault")
	}
	for file, pattern := range map[string]string{
		".env":      `(?m)^#([A-Z0-9_]+)=(.*)$`,
		"README.md": "(?m)^\\| `([A-Z0-9_]+)` \\| (?:`([^`]*)`)?",
	} {
		documented := map[string]string{}
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(cmdtest.ReadFile(t, file), -1) {
			documented[match[1]] = match[2]
		}
		if !maps.Equal(documented, settings) {
			t.Errorf("%s documents\n%v\nConfig has\n%v", file, documented, settings)
		}
	}
}

func TestCommittedDotEnvSetsNothing(t *testing.T) {
	for line := range strings.Lines(cmdtest.ReadFile(t, ".env")) {
		if line != "\n" && !strings.HasPrefix(line, "#") {
			t.Errorf(".env sets something: %s", line)
		}
	}
}
