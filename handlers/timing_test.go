//go:build unix

package handlers

import (
	"fmt"
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// TestLoginTimeDoesNotRevealWhoExists compares what the refusals of a login cost. It measures
// processor time, which other programs on a busy machine hardly change, and compares the cheapest
// of many interleaved requests. Equal work may differ by a factor of 2; every fault that this is
// about differs by 4 or more.
func TestLoginTimeDoesNotRevealWhoExists(t *testing.T) {
	t.Run("hashes of the current cost", func(t *testing.T) { compareRefusals(t, 2) })
	t.Run("hashes of a lower cost", func(t *testing.T) { compareRefusals(t, 8) })
}

// compareRefusals stores hashes of 2 passes, and then compares refusals when new hashes have this
// many passes.
func compareRefusals(t *testing.T, passes uint32) {
	s := newServer(t)
	s.addUser(t, "jonas")
	s.options.Store = s.openStore(t, auth.Cost{Memory: 8192, Time: 2, Threads: 1}, 1)
	s.restart(t)
	s.addWithoutPassword(t, s.login(t, "marisol"), "petra")
	for _, name := range []string{"marisol", "jonas"} {
		s.login(t, name) // replaces the hash with one of 2 passes
	}
	s.exec(t, "UPDATE users SET disabled = 1 WHERE username = 'jonas'")
	s.options.Store = s.openStore(t, auth.Cost{Memory: 8192, Time: passes, Threads: 1}, 1)
	s.restart(t)
	bodies := map[string]string{
		"unknown user":   credentials("nobody"),
		"wrong password": `{"name":"marisol","password":"some other words"}`,
		"disabled user":  credentials("jonas"),
		"no password":    credentials("petra"),
	}
	cheapest := map[string]time.Duration{}
	for range 5 { // noise disappears with more requests, a fault does not
		for range 15 {
			for kind, body := range bodies { // in another order each time
				before := processorTime(t)
				wantType(t, s.postJSON(t, "/login", body), 401, "invalid-credentials")
				took := processorTime(t) - before
				if least, known := cheapest[kind]; !known || took < least {
					cheapest[kind] = took
				}
			}
		}
		times := slices.Collect(maps.Values(cheapest))
		if slices.Max(times) < 2*slices.Min(times) {
			return
		}
	}
	t.Error("the refusals differ by more than a factor of 2: " + fmt.Sprint(cheapest))
}

// processorTime returns the processor time that this process has used.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	authtest.Must(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
