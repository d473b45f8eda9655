package models

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
)

const tokenTTL = 15 * time.Minute

// keyUse signs with ES256; the first of the secrets seals.
func keyUse(secrets ...string) KeyUse {
	use := KeyUse{Algorithm: auth.ES256}
	for _, text := range secrets {
		use.Secrets = append(use.Secrets, auth.Secret(strings.Repeat(text, 8)))
	}
	return use
}

// withKeys makes the first pair, sealed with the secret "one".
func withKeys(t *testing.T, s *Store) KeyUse {
	t.Helper()
	use := keyUse("one ")
	must(t, s.EnsureKeys(t.Context(), use, tokenTTL))
	return use
}

// advance moves the clock of the stores on.
func advance(d time.Duration, stores ...*Store) {
	now := stores[0].Now().Add(d)
	for _, s := range stores {
		s.Now = func() time.Time { return now }
	}
}

// wantStates returns the keys in use, whose states must be those of want.
func wantStates(t *testing.T, s *Store, want string) []SigningKey {
	t.Helper()
	keys, err := s.SigningKeys(t.Context(), auth.ES256)
	must(t, err)
	var states []string
	for _, key := range keys {
		states = append(states, key.State)
	}
	if got := strings.Join(states, " "); got != want {
		t.Fatalf("the keys are %s, want %s", got, want)
	}
	return keys
}

// rows is the whole table, in one text.
func rows(t *testing.T, s *Store) string {
	t.Helper()
	var keys []SigningKey
	must(t, s.reader.Order("id").Find(&keys).Error)
	return fmt.Sprintf("%+v", keys)
}

func ids(keys []SigningKey) (all []string) {
	for _, key := range keys {
		all = append(all, key.ID)
	}
	return all
}

func TestTheFirstKeysAreACurrentAndANextOne(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	keys := wantStates(t, s, "current next")
	must(t, s.EnsureKeys(t.Context(), use, tokenTTL)) // a restart
	if again := wantStates(t, s, "current next"); !slices.Equal(ids(again), ids(keys)) {
		t.Errorf("a restart made %v of %v", ids(again), ids(keys))
	}
	set, err := use.Open(keys)
	must(t, err)
	if len(set) != 2 || set[0].ID != keys[0].ID || set[1].ID != keys[1].ID || keys[0].ID == keys[1].ID {
		t.Errorf("the key set is %v", set)
	}
	for _, key := range keys {
		if key.Algorithm != auth.ES256 || key.TokenTTL != tokenTTL || !key.CreatedAt.Equal(s.now()) || key.RetiresAt != nil {
			t.Errorf("the key is %+v", key)
		}
	}
}

func TestReplicasThatStartAtOnceMakeOnePair(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "test.db")
		var stores []*Store
		for range 4 {
			stores = append(stores, open(t, path))
		}
		var group sync.WaitGroup
		for _, s := range stores {
			for range 2 {
				group.Go(func() {
					if err := s.EnsureKeys(t.Context(), keyUse("one "), tokenTTL); err != nil {
						t.Error(err)
					}
				})
			}
		}
		group.Wait()
		wantStates(t, stores[0], "current next")
	}
}

func TestAMissingNextKeyIsMadeAnew(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	keys := wantStates(t, s, "current next")
	must(t, s.writer.Delete(&keys[1]).Error)
	must(t, s.EnsureKeys(t.Context(), use, tokenTTL))
	if again := wantStates(t, s, "current next"); again[0].ID != keys[0].ID || again[1].ID == keys[1].ID {
		t.Errorf("%v became %v", ids(keys), ids(again))
	}
}

func TestRotationMovesEveryKeyOnByOneState(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	before := wantStates(t, s, "current next")
	advance(time.Hour, s)
	must(t, s.RotateKeys(t.Context(), use, false))
	after := wantStates(t, s, "current next retiring")
	if after[0].ID != before[1].ID || after[2].ID != before[0].ID || slices.Contains(ids(before), after[1].ID) {
		t.Errorf("%v became %v", ids(before), ids(after))
	}
	if !after[0].CreatedAt.Equal(before[1].CreatedAt) || !after[1].CreatedAt.Equal(s.now()) || after[1].TokenTTL != tokenTTL {
		t.Errorf("the keys are %+v", after)
	}
	if want := s.now().Add(tokenTTL + 2*time.Second + 5*time.Second); !after[2].RetiresAt.Equal(want) {
		t.Errorf("the old key retires at %v, want %v", after[2].RetiresAt, want)
	}
	advance(10*time.Minute, s)
	must(t, s.RotateKeys(t.Context(), use, false))
	last := wantStates(t, s, "current next retiring retiring")
	if last[2].ID != after[0].ID || last[3].ID != before[0].ID {
		t.Errorf("the retiring keys are %v, want the newest first", ids(last[2:]))
	}
}

// A verifier that asked for the keys just before the next one was published,
// at a replica that was late to follow, has an answer without it for 5 min.
func TestAKeyThatOthersMayNotKnowSignsOnlyByForce(t *testing.T) {
	for _, row := range []struct {
		name  string
		after time.Duration
		force bool
		want  error
	}{
		{"at once", 0, false, ErrKeyTooNew},
		{"after 5 min 1 s", 301 * time.Second, false, ErrKeyTooNew},
		{"a microsecond too early", 302*time.Second - time.Microsecond, false, ErrKeyTooNew},
		{"after 5 min 2 s", 302 * time.Second, false, nil},
		{"at once by force", 0, true, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newStore(t)
			use := withKeys(t, s)
			before := rows(t, s)
			advance(row.after, s)
			wantError(t, s.RotateKeys(t.Context(), use, row.force), row.want)
			if changed := rows(t, s) != before; changed != (row.want == nil) {
				t.Errorf("the keys were changed: %v", changed)
			}
		})
	}
}

func TestARetiringKeyIsInUseUntilItsLastTokenIsDead(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	must(t, s.RotateKeys(t.Context(), use, true))
	advance(tokenTTL+7*time.Second-time.Microsecond, s)
	must(t, s.PurgeKeys(t.Context()))
	wantStates(t, s, "current next retiring")
	advance(time.Microsecond, s)
	wantStates(t, s, "current next") // even before it is purged
	var left int64
	must(t, s.reader.Model(&SigningKey{}).Count(&left).Error)
	if left != 3 {
		t.Fatalf("%d keys are left before the purge", left)
	}
	must(t, s.PurgeKeys(t.Context()))
	must(t, s.reader.Model(&SigningKey{}).Count(&left).Error)
	if left != 2 {
		t.Errorf("%d keys are left after the purge", left)
	}
}

// TestAKeyRetiresByTheLongestLifeItsTokensMayHave: servers had other settings
// than whoever rotates, or had them once.
func TestAKeyRetiresByTheLongestLifeItsTokensMayHave(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	for _, ttl := range []time.Duration{time.Hour, time.Minute} { // raised, then lowered
		must(t, s.EnsureKeys(t.Context(), use, ttl))
	}
	for range 3 { // the keys that are made from now on too
		must(t, s.RotateKeys(t.Context(), use, true))
		keys := wantStates(t, s, "current next retiring")
		if want := s.now().Add(time.Hour + 7*time.Second); !keys[2].RetiresAt.Equal(want) {
			t.Errorf("retires at %v, want %v", keys[2].RetiresAt, want)
		}
		advance(2*time.Hour, s)
	}
}

func TestRotationsOfSeveralProcessesAtOnce(t *testing.T) {
	for name, row := range map[string]struct {
		force bool
		want  int // how many succeed, of 12
	}{
		"without force one": {false, 1},
		"by force all":      {true, 12},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "test.db")
			stores := []*Store{open(t, path), open(t, path), open(t, path)}
			use := withKeys(t, stores[0])
			advance(time.Hour, stores...)
			var group sync.WaitGroup
			done := make(chan error, 12)
			for i := range cap(done) {
				group.Go(func() { done <- stores[i%3].RotateKeys(t.Context(), use, row.force) })
			}
			group.Wait()
			close(done)
			succeeded := 0
			for err := range done {
				if err == nil {
					succeeded++
				} else if !errors.Is(err, ErrKeyTooNew) {
					t.Error(err)
				}
			}
			wantStates(t, stores[0], "current next"+strings.Repeat(" retiring", row.want))
			if succeeded != row.want {
				t.Errorf("%d succeeded, want %d", succeeded, row.want)
			}
		})
	}
}

func TestAStolenKeyIsGoneAtOnce(t *testing.T) {
	for stolen, row := range map[string]struct {
		place  int    // of the stolen key
		kept   []int  // places before, in the order after
		states string // after
		fresh  int    // place after of the key that was made; -1 when none is needed
	}{
		KeyCurrent:  {0, []int{1, -1, 2}, "current next retiring", 1},
		KeyNext:     {1, []int{0, -1, 2}, "current next retiring", 1},
		KeyRetiring: {2, []int{0, 1}, "current next", -1},
	} {
		t.Run(stolen, func(t *testing.T) {
			s := newStore(t)
			use := withKeys(t, s)
			must(t, s.RotateKeys(t.Context(), use, true))
			before := wantStates(t, s, "current next retiring")
			must(t, s.DropKey(t.Context(), use, before[row.place].ID)) // whatever the age of the next one
			after := wantStates(t, s, row.states)
			for i, place := range row.kept {
				if i == row.fresh {
					if slices.Contains(ids(before), after[i].ID) || after[i].TokenTTL != tokenTTL {
						t.Errorf("the key that was made is %+v", after[i])
					}
				} else if after[i].ID != before[place].ID {
					t.Errorf("%v became %v", ids(before), ids(after))
				}
			}
			if strings.Contains(rows(t, s), before[row.place].ID) {
				t.Error("the stolen key is still there")
			}
			wantError(t, s.DropKey(t.Context(), use, before[row.place].ID), ErrKeyNotFound)
		})
	}
}

func TestAKeyThatIsNotThereCannotBeDroppedOrRotated(t *testing.T) {
	s := newStore(t)
	use := keyUse("one ")
	wantError(t, s.RotateKeys(t.Context(), use, true), ErrKeyNotFound)
	withKeys(t, s)
	before := rows(t, s)
	for _, id := range []string{"", "unknown", "%", "\xff", "-x"} {
		wantError(t, s.DropKey(t.Context(), use, id), ErrKeyNotFound)
	}
	if rows(t, s) != before {
		t.Error("the keys were changed")
	}
}

// TestAWrongSecretChangesNothing compares the whole table.
func TestAWrongSecretChangesNothing(t *testing.T) {
	s := newStore(t)
	withKeys(t, s)
	advance(time.Hour, s)
	keys := wantStates(t, s, "current next")
	before := rows(t, s)
	wrong := keyUse("two ", "tre ")
	for name, change := range map[string]func() error{
		"reseal": func() error { return s.ResealKeys(t.Context(), wrong) },
		"ensure": func() error { return s.EnsureKeys(t.Context(), wrong, 2*tokenTTL) },
		"rotate": func() error { return s.RotateKeys(t.Context(), wrong, true) },
		"drop":   func() error { return s.DropKey(t.Context(), wrong, keys[1].ID) },
		"open":   func() error { _, err := wrong.Open(keys); return err },
	} {
		if err := change(); !errors.Is(err, auth.ErrWrongSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if rows(t, s) != before {
		t.Error("the keys were changed")
	}
}

// One key that does not open is enough, and those before it stay as they are.
func TestOneSwappedSealIsEnoughToRefuse(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	keys := wantStates(t, s, "current next")
	must(t, s.writer.Model(&keys[1]).Update("sealed", keys[0].Sealed).Error)
	before := rows(t, s)
	wantError(t, s.ResealKeys(t.Context(), keyUse("new ", "one ")), auth.ErrWrongSecret)
	wantError(t, s.RotateKeys(t.Context(), use, true), auth.ErrWrongSecret)
	if rows(t, s) != before {
		t.Error("the keys were changed")
	}
}

func TestAKeyWhoseTimeIsOverMayStayClosed(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	must(t, s.RotateKeys(t.Context(), use, true))
	must(t, s.writer.Model(&wantStates(t, s, "current next retiring")[2]).Update("sealed", []byte("x")).Error)
	wantError(t, s.ResealKeys(t.Context(), use), auth.ErrWrongSecret)
	advance(time.Hour, s)
	must(t, s.ResealKeys(t.Context(), use))
	must(t, s.RotateKeys(t.Context(), use, true))
}

func TestANewSecretSealsWhatTheOldOneHadSealed(t *testing.T) {
	s := newStore(t)
	must(t, s.RotateKeys(t.Context(), withKeys(t, s), true))
	before := wantStates(t, s, "current next retiring")
	must(t, s.ResealKeys(t.Context(), keyUse("new ", "one ")))
	after := wantStates(t, s, "current next retiring")
	_, err := keyUse("one ").Open(after)
	wantError(t, err, auth.ErrWrongSecret)
	set, err := keyUse("new ").Open(after) // the old one can be dropped
	must(t, err)
	for i := range before {
		if set[i].ID != before[i].ID {
			t.Errorf("%v became %v", ids(before), set)
		}
	}
	unchanged := rows(t, s)
	must(t, s.ResealKeys(t.Context(), keyUse("new ", "one ")))
	if rows(t, s) != unchanged {
		t.Error("what the first secret had sealed was sealed again")
	}
}

// TestKeysOfAnotherAlgorithmLieIdle: JWT_ALG may go back and forth, and
// JWT_SECRET change meanwhile.
func TestKeysOfAnotherAlgorithmLieIdle(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	idle := wantStates(t, s, "current next")
	other := KeyUse{Algorithm: auth.RS256, Secrets: use.Secrets}
	must(t, s.EnsureKeys(t.Context(), other, tokenTTL))
	wantError(t, s.DropKey(t.Context(), other, idle[0].ID), ErrKeyNotFound)
	must(t, s.RotateKeys(t.Context(), other, true))
	if again := wantStates(t, s, "current next"); !slices.Equal(ids(again), ids(idle)) {
		t.Errorf("%v became %v", ids(idle), ids(again))
	}
	used, err := s.SigningKeys(t.Context(), auth.RS256)
	must(t, err)
	if len(used) != 3 || slices.Contains(ids(used), idle[0].ID) {
		t.Errorf("RS256 uses %v", ids(used))
	}
	for _, algorithm := range []string{auth.RS256, auth.HS256} { // HS256 uses none of the table
		must(t, s.ResealKeys(t.Context(), KeyUse{algorithm, keyUse("new ", "one ").Secrets}))
	}
	for _, algorithm := range []string{auth.RS256, auth.ES256} {
		keys, err := s.SigningKeys(t.Context(), algorithm)
		must(t, err)
		if _, err := keyUse("new ").Open(keys); err != nil {
			t.Errorf("%s: not sealed again: %v", algorithm, err)
		}
	}
	// A secret that opens none: idle keys are no reason not to serve.
	must(t, s.ResealKeys(t.Context(), KeyUse{auth.HS256, keyUse("else").Secrets}))
	wantError(t, s.ResealKeys(t.Context(), keyUse("else")), auth.ErrWrongSecret)
}

func TestAClosedDatabaseHasNoKeysToTell(t *testing.T) {
	s := newStore(t)
	use := withKeys(t, s)
	must(t, s.Close())
	_, err := s.SigningKeys(t.Context(), auth.ES256)
	wantError(t, err, ErrUnavailable)
	wantError(t, s.ResealKeys(t.Context(), use), ErrUnavailable)
	wantError(t, s.EnsureKeys(t.Context(), use, tokenTTL), ErrUnavailable)
	wantError(t, s.RotateKeys(t.Context(), use, true), ErrUnavailable)
	wantError(t, s.DropKey(t.Context(), use, "x"), ErrUnavailable)
	wantError(t, s.PurgeKeys(t.Context()), ErrUnavailable)
}

// The index is what keeps two processes from two current keys where rows that
// are not there yet cannot be locked.
func TestTheDatabaseHoldsOneCurrentAndOneNextKey(t *testing.T) {
	s := newStore(t)
	withKeys(t, s)
	for _, state := range []string{KeyCurrent, KeyNext} {
		err := s.writer.Create(&SigningKey{ID: "x", Algorithm: auth.ES256, State: state, Sealed: []byte("x")}).Error
		if err == nil {
			t.Errorf("there are two keys that are %s", state)
		}
	}
	for i := range 2 {
		must(t, s.writer.Create(&SigningKey{ID: fmt.Sprint(i), Algorithm: auth.ES256, State: KeyRetiring, Sealed: []byte("x")}).Error)
	}
}
