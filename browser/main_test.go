// Package browser holds the tests that use the program as a person does, in real Chromium.
package browser

import (
	"os"
	"testing"

	"latchkey/cmd/cmdtest"
)

func TestMain(m *testing.M) {
	cmdtest.Main()
	code := m.Run()
	closeChromium()
	os.Exit(code)
}
