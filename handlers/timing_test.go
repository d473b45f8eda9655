package handlers

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"latchkey/auth"
)

// TestTimeDoesNotTellWhoExists measures the answers to an unknown user, a wrong
// password and a disabled user in turn, with hashes of the usual cost, and
// compares their medians. It measures again when the machine was busy, since
// noise can part equal times but hardly bring different ones together.
func TestTimeDoesNotTellWhoExists(t *testing.T) {
	t.Run("hashes of today", func(t *testing.T) { measure(t, 2, 1.1) })
	// Until their users log in again; two smaller hashes are not quite one.
	t.Run("hashes of a lower cost", func(t *testing.T) { measure(t, 4, 1.5) })
}

// measure compares the times when passes has become what a hash costs: the
// longest median may be bound times the shortest.
func measure(t *testing.T, passes uint32, bound float64) {
	s := newServer(t)
	s.addUser(t, "jonas")
	s.reopen(t, auth.Cost{Memory: 19456, Time: 2, Threads: 1}, 1)
	bodies := map[string]string{
		"unknown user":   `{"name":"nobody","password":"` + testPassword + `"}`,
		"wrong password": `{"name":"marisol","password":"some other words"}`,
		"disabled user":  `{"name":"jonas","password":"` + testPassword + `"}`,
	}
	for _, name := range []string{"marisol", "jonas"} { // their hashes are of the usual cost too
		s.loginAs(t, name)
	}
	s.exec(t, "UPDATE users SET disabled = 1 WHERE username = 'jonas'")
	s.reopen(t, auth.Cost{Memory: 19456, Time: passes, Threads: 1}, 1)
	var report string
	for range 5 {
		times := map[string][]time.Duration{}
		for range 21 {
			for kind, body := range bodies { // in another order each time
				start := time.Now()
				wantStatus(t, s.postJSON(t, "/login", body), 401)
				times[kind] = append(times[kind], time.Since(start))
			}
		}
		var medians []time.Duration
		report = ""
		for kind, all := range times {
			slices.Sort(all)
			medians = append(medians, all[len(all)/2])
			report += fmt.Sprintf("%s %v, ", kind, all[len(all)/2])
		}
		if float64(slices.Max(medians)) < bound*float64(slices.Min(medians)) {
			return
		}
	}
	t.Errorf("the medians are further apart than a factor of %v: %s", bound, report)
}
