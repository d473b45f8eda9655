package models

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// The budgets of the account and of its address are used up in each case.
func TestOnlyAKnownBrowserOfTheUserHasItsOwnBudget(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user, other := s.addAdmin(t), s.addUser(t, "jonas")
	s.useUp(t, "marisol")
	known := withKnownBrowser(user, s.now())
	for name, row := range map[string]struct {
		change func(b *auth.KnownBrowser)
		known  bool
	}{
		"of today":                       {func(*auth.KnownBrowser) {}, true},
		"almost a year old":              {func(b *auth.KnownBrowser) { b.IssuedAt = s.now().Add(time.Second - auth.KnownBrowserTTL) }, true},
		"issued before a clock set back": {func(b *auth.KnownBrowser) { b.IssuedAt = s.now().Add(day) }, true},
		"a year old":                     {func(b *auth.KnownBrowser) { b.IssuedAt = s.now().Add(-auth.KnownBrowserTTL) }, false},
		"of another user":                {func(b *auth.KnownBrowser) { b.UserID = other.ID }, false},
		"of an earlier password":         {func(b *auth.KnownBrowser) { b.PasswordVersion-- }, false},
		"of a later password":            {func(b *auth.KnownBrowser) { b.PasswordVersion++ }, false},
		"none":                           {func(b *auth.KnownBrowser) { *b = auth.KnownBrowser{} }, false},
	} {
		by := known
		by.Browser.ID = name
		row.change(&by.Browser)
		if s.isKnownBrowser(by, user) != row.known {
			t.Errorf("%s: known is %v", name, !row.known)
		}
		_, err := s.Authenticate(t.Context(), by, "marisol", password)
		if row.known {
			authtest.Must(t, err)
		} else if !errors.Is(err, ErrThrottled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.useUp(t, "nobody")
	if s.guess(t, Actor{Address: "203.0.113.1", Browser: auth.KnownBrowser{IssuedAt: s.now()}}, "nobody") {
		t.Error("a browser is known to a user that does not exist")
	}
}

func TestNewPasswordMakesEveryBrowserUnknown(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	known := withKnownBrowser(user, s.now())
	authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), user, "another horse battery"))
	s.useUp(t, "marisol")
	wantError(t, errorOf(s.Authenticate(t.Context(), known, "marisol", "another horse battery")), ErrThrottled)
}

func TestKnownBrowserUsesNoBudgetButItsOwn(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	known := withKnownBrowser(user, s.now())
	checked := s.guesses(t, 20, func(int) (Actor, string) { return known, "marisol" })
	if checked != 10 || s.inUse(t) != 1 {
		t.Errorf("%d of 20 guesses were checked, and %d budgets charged", checked, s.inUse(t))
	}
	_, err := s.Authenticate(t.Context(), known, "marisol", password)
	if got := retryAfter(t, err); got != 6*time.Minute {
		t.Errorf("RetryAfter is %s", got)
	}
	second := known
	second.Browser.ID = "second browser"
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), second, "marisol", password)))
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), from(1), "marisol", password)))
}

func TestAttackFromTheOwnersAddressDoesNotShutTheOwnerOut(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	owner := withKnownBrowser(s.addAdmin(t), s.now())
	for i := range 100 {
		s.guess(t, Actor{Address: owner.Address}, fmt.Sprint("user", i))
		s.guess(t, Actor{Address: owner.Address}, "marisol")
	}
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), owner, "marisol", password)))
}

// Nobody is admitted, and the lane of known browsers has the longer wait.
func TestKnownBrowserWaitsInItsOwnLane(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	s.gate = newGate(0, 0)
	s.gate.hashTime = time.Second
	known, stranger := withKnownBrowser(user, s.now()), from(1)
	for range 5 {
		s.gate.known.push(newWaiter(Network(known.Address)))
	}
	for name, call := range map[string]func(by Actor) error{
		"login": func(by Actor) error { return errorOf(s.Authenticate(t.Context(), by, "marisol", password)) },
		"change password": func(by Actor) error {
			by.UserID = user.ID
			return s.ChangePassword(t.Context(), by, password, "another horse battery")
		},
		"set password": func(by Actor) error { return s.SetPassword(t.Context(), by, user, "another horse battery") },
	} {
		for want, by := range map[time.Duration]Actor{5 * time.Second: known, time.Second: stranger} {
			busy, isBusy := errors.AsType[*BusyError](call(by))
			if !isBusy || busy.RetryAfter() != want {
				t.Errorf("%s: %v, want the lane with %s", name, busy, want)
			}
		}
	}
}

// Anyone can sign up many users, and so have many known browsers, at one address.
func TestKnownBrowsersOfManyUsersAtOneAddressWaitInOneLine(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	owner := withKnownBrowser(s.addAdmin(t), s.now())
	user, err := s.UserByName(t.Context(), "marisol")
	authtest.Must(t, err)
	owner.Address = "198.51.100.7"
	places := map[place]bool{s.placeFor(owner, user): true}
	for i := range 50 {
		mallory := s.addUser(t, fmt.Sprint("mallory", i))
		places[s.placeFor(withKnownBrowser(mallory, s.now()), mallory)] = true
	}
	if len(places) != 2 {
		t.Errorf("they wait in %d lines, want one and that of the owner", len(places))
	}
}

func TestAddressesOfOneNetworkWaitInOneLine(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	first := s.placeFor(Actor{Address: "2001:db8:1:2::1"}, User{})
	second := s.placeFor(Actor{Address: "2001:db8:1:2::2"}, User{})
	if first != second || first == s.placeFor(Actor{Address: "2001:db8:1:3::1"}, User{}) {
		t.Errorf("they wait as %+v and %+v", first, second)
	}
}
