package models

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

const tokenTTL = 15 * time.Minute

// keyConfig returns a KeyConfig for ES256. Each secret is a text of four characters; the first one
// seals.
func keyConfig(secrets ...string) KeyConfig {
	config := KeyConfig{Algorithm: auth.ES256}
	for _, text := range secrets {
		config.Secrets = append(config.Secrets, auth.Secret(strings.Repeat(text, 8)))
	}
	return config
}

// addKeys creates the first keys, sealed with the secret "one ".
func (s testStore) addKeys(t *testing.T) KeyConfig {
	t.Helper()
	config := keyConfig("one ")
	authtest.Must(t, s.EnsureKeys(t.Context(), config, tokenTTL))
	return config
}

func (s testStore) rotateKeys(t *testing.T, config KeyConfig, force bool) error {
	return s.RotateKeys(t.Context(), CommandLine(), config, force)
}

func (s testStore) removeKey(t *testing.T, config KeyConfig, id string) error {
	return s.RemoveKey(t.Context(), CommandLine(), config, id)
}

// wantStates returns the keys in use, whose states must be want.
func wantStates(t *testing.T, s testStore, want string) []SigningKey {
	t.Helper()
	keys, err := s.SigningKeys(t.Context(), auth.ES256)
	authtest.Must(t, err)
	var states []string
	for _, key := range keys {
		states = append(states, key.State)
	}
	if got := strings.Join(states, " "); got != want {
		t.Fatalf("the states are %s, want %s", got, want)
	}
	return keys
}

// dumpKeys returns the whole table as text.
func (s testStore) dumpKeys(t *testing.T) string {
	t.Helper()
	var keys []SigningKey
	authtest.Must(t, s.reader.Order("id").Find(&keys).Error)
	return fmt.Sprintf("%+v", keys)
}

func (s testStore) countKeys(t *testing.T) (n int64) {
	t.Helper()
	authtest.Must(t, s.reader.Model(&SigningKey{}).Count(&n).Error)
	return n
}

func keyIDs(keys []SigningKey) (ids []string) {
	for _, key := range keys {
		ids = append(ids, key.ID)
	}
	return ids
}

func TestFirstKeysAreACurrentAndANextOne(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	keys := wantStates(t, s, "current next")
	authtest.Must(t, s.EnsureKeys(t.Context(), config, tokenTTL)) // after a restart
	if again := wantStates(t, s, "current next"); !slices.Equal(keyIDs(again), keyIDs(keys)) {
		t.Errorf("a restart changed %v to %v", keyIDs(keys), keyIDs(again))
	}
	set, err := config.Open(keys)
	authtest.Must(t, err)
	if len(set) != 2 || set[0].ID != keys[0].ID || set[1].ID != keys[1].ID || keys[0].ID == keys[1].ID {
		t.Errorf("the key set is %v", set)
	}
	for _, key := range keys {
		if key.Algorithm != auth.ES256 || key.TokenTTL != tokenTTL || !key.CreatedAt.Equal(s.now()) || key.RetiresAt != nil {
			t.Errorf("the key is %+v", key)
		}
	}
}

func TestKeysAreSortedByTheirUseAndNotByTheNameOfTheirState(t *testing.T) {
	t.Parallel()
	at := func(hour int) *time.Time { return new(time.Date(2026, 1, 1, hour, 0, 0, 0, time.UTC)) }
	want := []SigningKey{
		{ID: "d", State: KeyCurrent}, {ID: "c", State: KeyNext}, {ID: "z", State: KeyRetiring, RetiresAt: at(3)},
		{ID: "a", State: KeyRetiring, RetiresAt: at(2)}, {ID: "b", State: KeyRetiring, RetiresAt: at(2)},
	}
	for range 20 {
		keys := slices.Clone(want)
		rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		slices.SortFunc(keys, compareKeys)
		if !slices.Equal(keyIDs(keys), keyIDs(want)) {
			t.Fatalf("the order is %v, want %v", keyIDs(keys), keyIDs(want))
		}
	}
}

func TestReplicasThatStartAtOnceCreateTheKeysOnce(t *testing.T) {
	t.Parallel()
	for range 5 {
		first := newStore(t)
		stores := []testStore{first}
		for range 3 {
			stores = append(stores, first.reopen(t))
		}
		var group sync.WaitGroup
		for _, s := range stores {
			for range 2 {
				group.Go(func() {
					if err := s.EnsureKeys(t.Context(), keyConfig("one "), tokenTTL); err != nil {
						t.Error(err)
					}
				})
			}
		}
		group.Wait()
		wantStates(t, first, "current next")
	}
}

func TestMissingNextKeyIsReplaced(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	keys := wantStates(t, s, "current next")
	authtest.Must(t, s.writer.Delete(&keys[1]).Error)
	authtest.Must(t, s.EnsureKeys(t.Context(), config, tokenTTL))
	if again := wantStates(t, s, "current next"); again[0].ID != keys[0].ID || again[1].ID == keys[1].ID {
		t.Errorf("%v became %v", keyIDs(keys), keyIDs(again))
	}
}

func TestRetiringKeyIsInUseUntilItsLastTokenHasExpired(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	authtest.Must(t, s.rotateKeys(t, config, true))
	s.clock.Advance(tokenTTL + 7*time.Second - time.Microsecond)
	authtest.Must(t, s.PurgeKeys(t.Context()))
	wantStates(t, s, "current next retiring")
	s.clock.Advance(time.Microsecond)
	wantStates(t, s, "current next") // before the purge
	if n := s.countKeys(t); n != 3 {
		t.Fatalf("%d keys exist before the purge", n)
	}
	authtest.Must(t, s.PurgeKeys(t.Context()))
	if n := s.countKeys(t); n != 2 {
		t.Errorf("%d keys exist after the purge", n)
	}
}

func TestWrongSecretChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addKeys(t)
	s.clock.Advance(time.Hour)
	keys := wantStates(t, s, "current next")
	before := s.dumpKeys(t)
	wrong := keyConfig("two ", "tre ")
	for name, change := range map[string]func() error{
		"reseal": func() error { return s.ResealKeys(t.Context(), wrong) },
		"ensure": func() error { return s.EnsureKeys(t.Context(), wrong, 2*tokenTTL) },
		"rotate": func() error { return s.rotateKeys(t, wrong, true) },
		"remove": func() error { return s.removeKey(t, wrong, keys[1].ID) },
		"open":   func() error { return errorOf(wrong.Open(keys)) },
	} {
		if err := change(); !errors.Is(err, auth.ErrWrongSecret) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.dumpKeys(t) != before {
		t.Error("the keys were changed")
	}
}

// The keys that could be opened must not change either.
func TestOneKeyThatCannotBeOpenedStopsEveryChange(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	keys := wantStates(t, s, "current next")
	authtest.Must(t, s.writer.Model(&keys[1]).Update("sealed", keys[0].Sealed).Error)
	before := s.dumpKeys(t)
	wantError(t, s.ResealKeys(t.Context(), keyConfig("new ", "one ")), auth.ErrWrongSecret)
	wantError(t, s.rotateKeys(t, config, true), auth.ErrWrongSecret)
	if s.dumpKeys(t) != before {
		t.Error("the keys were changed")
	}
}

func TestRetiredKeyNeedNotOpen(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	authtest.Must(t, s.rotateKeys(t, config, true))
	retiring := wantStates(t, s, "current next retiring")[2]
	authtest.Must(t, s.writer.Model(&retiring).Update("sealed", []byte("x")).Error)
	wantError(t, s.ResealKeys(t.Context(), config), auth.ErrWrongSecret)
	s.clock.Advance(time.Hour)
	authtest.Must(t, s.ResealKeys(t.Context(), config))
	authtest.Must(t, s.rotateKeys(t, config, true))
}

func TestNewSecretSealsEveryKeyAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	authtest.Must(t, s.rotateKeys(t, s.addKeys(t), true))
	before := wantStates(t, s, "current next retiring")
	authtest.Must(t, s.ResealKeys(t.Context(), keyConfig("new ", "one ")))
	after := wantStates(t, s, "current next retiring")
	wantError(t, errorOf(keyConfig("one ").Open(after)), auth.ErrWrongSecret)
	set, err := keyConfig("new ").Open(after) // without the old secret
	authtest.Must(t, err)
	for i := range before {
		if set[i].ID != before[i].ID {
			t.Errorf("%v became %v", keyIDs(before), set)
		}
	}
	unchanged := s.dumpKeys(t)
	authtest.Must(t, s.ResealKeys(t.Context(), keyConfig("new ", "one ")))
	if s.dumpKeys(t) != unchanged {
		t.Error("keys sealed with the first secret were sealed again")
	}
}

// JWT_ALG can be changed and changed back, and JWT_SECRET can change in between.
func TestKeysOfAnotherAlgorithmAreNotUsed(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	unused := wantStates(t, s, "current next")
	other := KeyConfig{Algorithm: auth.RS256, Secrets: config.Secrets}
	authtest.Must(t, s.EnsureKeys(t.Context(), other, tokenTTL))
	wantError(t, s.removeKey(t, other, unused[0].ID), ErrKeyNotFound)
	authtest.Must(t, s.rotateKeys(t, other, true))
	if again := wantStates(t, s, "current next"); !slices.Equal(keyIDs(again), keyIDs(unused)) {
		t.Errorf("%v became %v", keyIDs(unused), keyIDs(again))
	}
	used, err := s.SigningKeys(t.Context(), auth.RS256)
	authtest.Must(t, err)
	if len(used) != 3 || slices.Contains(keyIDs(used), unused[0].ID) {
		t.Errorf("RS256 uses %v", keyIDs(used))
	}
	for _, algorithm := range []string{auth.RS256, auth.HS256} { // HS256 uses no keys of the table
		authtest.Must(t, s.ResealKeys(t.Context(), KeyConfig{algorithm, keyConfig("new ", "one ").Secrets}))
	}
	for _, algorithm := range []string{auth.RS256, auth.ES256} {
		keys, err := s.SigningKeys(t.Context(), algorithm)
		authtest.Must(t, err)
		if _, err := keyConfig("new ").Open(keys); err != nil {
			t.Errorf("%s: not sealed again: %v", algorithm, err)
		}
	}
	// With HS256, a secret that opens no key is no reason to stop.
	authtest.Must(t, s.ResealKeys(t.Context(), KeyConfig{auth.HS256, keyConfig("else").Secrets}))
	wantError(t, s.ResealKeys(t.Context(), keyConfig("else")), auth.ErrWrongSecret)
}

func TestKeysOfAClosedStoreAreUnavailable(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	config := s.addKeys(t)
	authtest.Must(t, s.Close())
	wantError(t, errorOf(s.SigningKeys(t.Context(), auth.ES256)), ErrUnavailable)
	wantError(t, s.ResealKeys(t.Context(), config), ErrUnavailable)
	wantError(t, s.EnsureKeys(t.Context(), config, tokenTTL), ErrUnavailable)
	wantError(t, s.rotateKeys(t, config, true), ErrUnavailable)
	wantError(t, s.removeKey(t, config, "x"), ErrUnavailable)
	wantError(t, s.PurgeKeys(t.Context()), ErrUnavailable)
}

// Where there are no keys, there are no rows to lock: the index alone prevents two current keys.
func TestIndexAllowsOneCurrentAndOneNextKey(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addKeys(t)
	for _, state := range []string{KeyCurrent, KeyNext} {
		err := s.writer.Create(&SigningKey{ID: "x", Algorithm: auth.ES256, State: state, Sealed: []byte("x")}).Error
		if err == nil {
			t.Errorf("there are two keys in the state %s", state)
		}
	}
	for i := range 2 {
		retiring := SigningKey{ID: fmt.Sprint(i), Algorithm: auth.ES256, State: KeyRetiring, Sealed: []byte("x")}
		authtest.Must(t, s.writer.Create(&retiring).Error)
	}
}
