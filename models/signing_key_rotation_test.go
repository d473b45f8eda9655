package models

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

func TestRotationMovesEachKeyToItsNextState(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	before := wantStates(t, s, "current next")
	s.clock.Advance(time.Hour)
	authtest.Must(t, s.rotateKeys(t, config, false))
	after := wantStates(t, s, "current next retiring")
	if after[0].ID != before[1].ID || after[2].ID != before[0].ID || slices.Contains(keyIDs(before), after[1].ID) {
		t.Errorf("%v became %v", keyIDs(before), keyIDs(after))
	}
	if !after[0].CreatedAt.Equal(before[1].CreatedAt) || !after[1].CreatedAt.Equal(s.now()) || after[1].TokenTTL != tokenTTL {
		t.Errorf("the keys are %+v", after)
	}
	if want := s.now().Add(tokenTTL + 2*time.Second + 5*time.Second); !after[2].RetiresAt.Equal(want) {
		t.Errorf("the old key retires at %v, want %v", after[2].RetiresAt, want)
	}
	s.clock.Advance(10 * time.Minute)
	authtest.Must(t, s.rotateKeys(t, config, false))
	last := wantStates(t, s, "current next retiring retiring")
	if last[2].ID != after[0].ID || last[3].ID != before[0].ID {
		t.Errorf("the retiring keys are %v, want the newest first", keyIDs(last[2:]))
	}
}

// A verifier may have fetched the key set just before the next key was published, from a server
// that noticed the change last. Its copy is valid for 5 minutes.
func TestKeyThatOthersMayNotKnowSignsOnlyIfForced(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		wait  time.Duration
		force bool
		want  error
	}{
		{"at once", 0, false, ErrKeyTooNew},
		{"after 5 min 1 s", 301 * time.Second, false, ErrKeyTooNew},
		{"a microsecond too early", 302*time.Second - time.Microsecond, false, ErrKeyTooNew},
		{"after 5 min 2 s", 302 * time.Second, false, nil},
		{"at once, forced", 0, true, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			config := s.addKeys(t)
			before := s.dumpKeys(t)
			s.clock.Advance(row.wait)
			wantError(t, s.rotateKeys(t, config, row.force), row.want)
			if changed := s.dumpKeys(t) != before; changed != (row.want == nil) {
				t.Errorf("the keys were changed: %v", changed)
			}
		})
	}
}

// Servers may have had another ACCESS_TOKEN_TTL than the process that rotates the keys.
func TestKeyRetiresAfterTheLongestLifetimeOfItsTokens(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	for _, ttl := range []time.Duration{time.Hour, time.Minute} { // raised, then lowered
		authtest.Must(t, s.EnsureKeys(t.Context(), config, ttl))
	}
	for range 3 { // this includes keys that are created now
		authtest.Must(t, s.rotateKeys(t, config, true))
		keys := wantStates(t, s, "current next retiring")
		if want := s.now().Add(time.Hour + 7*time.Second); !keys[2].RetiresAt.Equal(want) {
			t.Errorf("retires at %v, want %v", keys[2].RetiresAt, want)
		}
		s.clock.Advance(2 * time.Hour)
	}
}

func TestParallelRotationsOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		force bool
		want  int // how many of 12 succeed
	}{
		"one succeeds":             {false, 1},
		"all succeed if forced to": {true, 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			stores := []testStore{s, s.reopen(t), s.reopen(t)}
			config := s.addKeys(t)
			s.clock.Advance(time.Hour)
			var group sync.WaitGroup
			errs := make(chan error, 12)
			for i := range cap(errs) {
				group.Go(func() { errs <- stores[i%3].rotateKeys(t, config, row.force) })
			}
			group.Wait()
			close(errs)
			succeeded := 0
			for err := range errs {
				if err == nil {
					succeeded++
				} else if !errors.Is(err, ErrKeyTooNew) {
					t.Error(err)
				}
			}
			wantStates(t, s, "current next"+strings.Repeat(" retiring", row.want))
			if succeeded != row.want {
				t.Errorf("%d succeeded, want %d", succeeded, row.want)
			}
		})
	}
}

func TestStolenKeyIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	const created = -1
	for state, row := range map[string]struct {
		index int   // of the stolen key
		after []int // the index that each remaining key had before, or created
	}{
		KeyCurrent:  {0, []int{1, created, 2}},
		KeyNext:     {1, []int{0, created, 2}},
		KeyRetiring: {2, []int{0, 1}},
	} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			config := s.addKeys(t)
			authtest.Must(t, s.rotateKeys(t, config, true))
			before := wantStates(t, s, "current next retiring")
			stolen := before[row.index].ID
			authtest.Must(t, s.removeKey(t, config, stolen)) // whatever the age of the next key
			states := strings.Join([]string{KeyCurrent, KeyNext, KeyRetiring}[:len(row.after)], " ")
			for i, key := range wantStates(t, s, states) {
				switch {
				case row.after[i] != created && key.ID != before[row.after[i]].ID:
					t.Errorf("key %d is %s, of %v", i, key.ID, keyIDs(before))
				case row.after[i] == created && (slices.Contains(keyIDs(before), key.ID) || key.TokenTTL != tokenTTL):
					t.Errorf("the new key is %+v", key)
				}
			}
			if strings.Contains(s.dumpKeys(t), stolen) {
				t.Error("the stolen key is still in the database")
			}
			wantError(t, s.removeKey(t, config, stolen), ErrKeyNotFound)
		})
	}
}

func TestUnknownKeyCannotBeRotatedOrRemoved(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := keyConfig("one ")
	wantError(t, s.rotateKeys(t, config, true), ErrKeyNotFound)
	s.addKeys(t)
	before := s.dumpKeys(t)
	for _, id := range []string{"", "unknown", "%", "\xff", "-x"} {
		wantError(t, s.removeKey(t, config, id), ErrKeyNotFound)
	}
	if s.dumpKeys(t) != before {
		t.Error("the keys were changed")
	}
}
