package models

import (
	"errors"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestValidUsernames(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"abc": true, "Marisol": true, "a.b_c-d@e+f": true, "123": true, strings.Repeat("a", 64): true,
		"": false, "ab": false, strings.Repeat("a", 65): false, "a b": false, "abc ": false, " abc": false,
		"abc\n": false, "abc\x00": false, "ab/c": false, "аbc": false /* Cyrillic */, "é": false, "a\u200bbc": false,
		"<script>": false, "abc'": false, "ab%c": false, "ab\\c": false, "\u212aim": false, /* Kelvin sign */
	} {
		if ValidUsername(name) != valid {
			t.Errorf("%q: valid is %v, want %v", name, !valid, valid)
		}
	}
}

func TestUsernameKeyFoldsOnlyASCII(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Marisol": "marisol", "AZaz09._-@+": "azaz09._-@+", "": "",
		"\u212aim": "\u212aim", "\u0130x": "\u0130x", "ÉCOLE": "École",
	} {
		if got := foldCase(name); got != want {
			t.Errorf("%q became %q, want %q", name, got, want)
		}
	}
}

func TestValidEmailAddresses(t *testing.T) {
	t.Parallel()
	for email, valid := range map[string]bool{
		"a@b": true, "marisol@example.org": true, "m.a+tag@mail.example.org": true, "o'neil@example.org": true,
		strings.Repeat("a", 64) + "@example.org": true, "`{|}~@example.org": true,
		"": false, "@": false, "a@": false, "@b": false, "a b@c.org": false, "a@b@c.org": false, "a@b..org": false,
		"<script>@example.org": false, `"a b"@example.org`: false, "a@exam ple.org": false, "a@b.org\n": false,
		"a@b.org\x00": false, "é@example.org": false, strings.Repeat("a", 65) + "@example.org": false,
		"a@" + strings.Repeat("b.", 130) + "org": false,
	} {
		if ValidEmail(email) != valid {
			t.Errorf("%q: valid is %v, want %v", email, !valid, valid)
		}
	}
}

func TestUsernameIsTakenInEveryCase(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addUser(t, "Marisol")
	for _, name := range []string{"Marisol", "marisol", "MARISOL"} {
		_, err := s.CreateUser(t.Context(), visitor(), UserParams{Username: name, Password: password})
		wantError(t, err, ErrUsernameTaken)
	}
}

func TestFirstUserIsCreatedOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	announced := 0
	announce := func() error { announced++; return nil }
	for i, want := range []bool{true, false, false} {
		created, err := s.EnsureFirstUser(t.Context(), UserParams{Username: "admin", Password: password}, announce)
		authtest.Must(t, err)
		if created != want {
			t.Errorf("call %d: created is %v", i, created)
		}
	}
	if announced != 1 {
		t.Errorf("announced %d times", announced)
	}
}

func TestFirstUserIsNotStoredIfAnnouncingItFails(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	full := errors.New("the disk is full")
	admin := UserParams{Username: "admin", Password: password}
	created, err := s.EnsureFirstUser(t.Context(), admin, func() error { return full })
	wantError(t, err, full)
	if created {
		t.Error("created is true")
	}
	created, err = s.EnsureFirstUser(t.Context(), admin, announceNothing)
	authtest.Must(t, err)
	if !created {
		t.Error("the user of the failed attempt was stored")
	}
}

func TestFirstUserObeysTheSignUpRules(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	_, err := s.EnsureFirstUser(t.Context(), UserParams{Username: "a b", Password: password}, announceNothing)
	wantError(t, err, ErrInvalidUsername)
	_, err = s.EnsureFirstUser(t.Context(), UserParams{Username: "admin", Password: "short"}, announceNothing)
	if !isWeak(err) {
		t.Errorf("error is %v", err)
	}
}
