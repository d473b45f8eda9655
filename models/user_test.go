package models

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"latchkey/auth"
)

func TestUsernames(t *testing.T) {
	for name, valid := range map[string]bool{
		"abc": true, "Marisol": true, "a.b_c-d@e+f": true, "123": true, strings.Repeat("a", 64): true,
		"": false, "ab": false, strings.Repeat("a", 65): false, "a b": false, "abc ": false, " abc": false,
		"abc\n": false, "abc\x00": false, "ab/c": false, "аbc": false /* Cyrillic */, "é": false, "a\u200bbc": false,
		"<script>": false, "abc'": false, "ab%c": false, "ab\\c": false,
	} {
		if ValidUsername(name) != valid {
			t.Errorf("%q: valid is %v, want %v", name, !valid, valid)
		}
	}
}

func TestAuthenticateFindsTheUserInAnyCase(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	for _, name := range []string{"marisol", "MARISOL", "Marisol"} {
		user, err := s.Authenticate(t.Context(), name, password)
		must(t, err)
		if user.Username != "Marisol" {
			t.Errorf("the name became %q", user.Username)
		}
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	for name, pair := range map[string][2]string{
		"wrong password": {"marisol", "wrong horse battery"},
		"unknown user":   {"nobody", password},
		"empty":          {"", ""},
		"empty name":     {"", password},
		"wildcard":       {"%", password},
		"SQL":            {"' OR 1=1 --", password},
	} {
		_, err := s.Authenticate(t.Context(), pair[0], pair[1])
		if !errors.Is(err, ErrInvalidCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, s.writer.Exec("UPDATE users SET disabled = 1").Error)
	_, err := s.Authenticate(t.Context(), "marisol", password)
	wantError(t, err, ErrInvalidCredentials)
}

// TestAnUnknownUserCostsAHash: with a gate that admits nobody, only those who
// do not hash get another answer.
func TestAnUnknownUserCostsAHash(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	s.Hasher = auth.NewHasher(auth.Cost{Memory: 64, Time: 1, Threads: 1}, 0, 0)
	for _, name := range []string{"marisol", "nobody", ""} {
		_, err := s.Authenticate(t.Context(), name, password)
		wantError(t, err, auth.ErrBusy)
	}
}

func TestADamagedHashIsAFaultAndNoLogin(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	must(t, s.writer.Exec("UPDATE users SET password_hash = '$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$a2V5'").Error)
	_, err := s.Authenticate(t.Context(), "marisol", password)
	wantError(t, err, auth.ErrMalformedHash)
}

func TestACheapHashIsMadeAnewAtLogin(t *testing.T) {
	s := newStore(t)
	before := withUser(t, s).PasswordHash
	s.Hasher = auth.NewHasher(auth.Cost{Memory: 128, Time: 1, Threads: 1}, 4, 100)
	user, err := s.Authenticate(t.Context(), "marisol", password)
	must(t, err)
	var after User
	must(t, s.reader.Take(&after).Error)
	if after.PasswordHash == before || !strings.Contains(after.PasswordHash, "m=128") {
		t.Errorf("the hash is %s", after.PasswordHash)
	}
	_, err = s.CreateSession(t.Context(), user, Client{}) // a new hash of the same password ends no login
	must(t, err)
	_, err = s.Authenticate(t.Context(), "marisol", password)
	must(t, err)
}

func TestANewHashNeverUndoesAPasswordChange(t *testing.T) {
	s := newStore(t)
	user := withUser(t, s) // as it was read before the change
	changed, err := s.Hasher.Hash(t.Context(), "another horse battery")
	must(t, err)
	must(t, s.writer.Exec("UPDATE users SET password_hash = ?", changed).Error)
	must(t, s.rehash(t.Context(), user, password))
	var after User
	must(t, s.reader.Take(&after).Error)
	if after.PasswordHash != changed {
		t.Error("the old password came back")
	}
}

func TestTheFirstUserIsMadeOnce(t *testing.T) {
	s := newStore(t)
	announced := 0
	announce := func() error { announced++; return nil }
	for i, want := range []bool{true, false, false} {
		created, err := s.EnsureFirstUser(t.Context(), NewUser{Username: "admin", Password: password}, announce)
		must(t, err)
		if created != want {
			t.Errorf("call %d: created is %v", i, created)
		}
	}
	if announced != 1 {
		t.Errorf("announced %d times", announced)
	}
}

func TestAFirstUserNobodyWasToldOfIsNotKept(t *testing.T) {
	s := newStore(t)
	full := errors.New("the disk is full")
	created, err := s.EnsureFirstUser(t.Context(), NewUser{Username: "admin", Password: password}, func() error { return full })
	wantError(t, err, full)
	if created {
		t.Error("created is true")
	}
	created, err = s.EnsureFirstUser(t.Context(), NewUser{Username: "admin", Password: password}, silently)
	must(t, err)
	if !created {
		t.Error("the user of the failed attempt stayed")
	}
}

func TestNewUsersObeyTheRules(t *testing.T) {
	s := newStore(t)
	_, err := s.EnsureFirstUser(t.Context(), NewUser{Username: "a b", Password: password}, silently)
	wantError(t, err, ErrInvalidUsername)
	_, err = s.EnsureFirstUser(t.Context(), NewUser{Username: "admin", Password: "short"}, silently)
	var weak *auth.WeakPasswordError
	if !errors.As(err, &weak) {
		t.Errorf("error is %v", err)
	}
}

func TestIDsMadeLaterSortLater(t *testing.T) {
	previous := newID()
	for range 10000 {
		id := newID()
		if id <= previous {
			t.Fatalf("%s came after %s", id, previous)
		}
		previous = id
	}
}

func TestParallelLoginsWhileTheHashIsMadeAnew(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	s.Hasher = auth.NewHasher(auth.Cost{Memory: 128, Time: 1, Threads: 1}, 4, 100)
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			user, err := s.Authenticate(t.Context(), "marisol", password)
			if err == nil {
				_, err = s.CreateSession(t.Context(), user, Client{})
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
