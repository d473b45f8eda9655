package cmd_test

import (
	"os"
	"testing"

	"latchkey/cmd/cmdtest"
)

func TestMain(m *testing.M) {
	cmdtest.Main()
	os.Exit(m.Run())
}
