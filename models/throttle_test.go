package models

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
)

// newThrottledStore opens an empty database with throttling on.
func newThrottledStore(t *testing.T) testStore {
	t.Helper()
	s := newStore(t)
	s.Throttle([]byte("a key for budgets"))
	return s
}

// replica opens the same database once more with throttling on, as a restart does.
func (s testStore) replica(t *testing.T, changes ...func(*Options)) testStore {
	t.Helper()
	s = s.reopen(t, changes...)
	s.Throttle([]byte("a key for budgets"))
	return s
}

// from returns a visitor with an address of its own.
func from(i int) Actor { return Actor{Address: fmt.Sprintf("198.51.%d.%d", i/256, i%256)} }

// withKnownBrowser returns a visitor whose browser the user has logged in with.
func withKnownBrowser(user User, now time.Time) Actor {
	return Actor{Address: "203.0.113.1", Browser: auth.KnownBrowser{
		UserID: user.ID, ID: "browser", PasswordVersion: user.PasswordVersion, IssuedAt: now,
	}}
}

// guess tries a wrong password and reports whether it was checked; otherwise, it was throttled.
func (s testStore) guess(t *testing.T, by Actor, name string) bool {
	t.Helper()
	_, err := s.Authenticate(t.Context(), by, name, "wrong horse battery")
	if errors.Is(err, ErrThrottled) {
		return false
	}
	wantError(t, err, ErrInvalidCredentials)
	return true
}

// guesses tries n wrong passwords and returns how many were checked.
func (s testStore) guesses(t *testing.T, n int, try func(i int) (by Actor, name string)) (checked int) {
	t.Helper()
	for i := range n {
		if by, name := try(i); s.guess(t, by, name) {
			checked++
		}
	}
	return checked
}

// at guesses at one account, each time from another address.
func at(name string) func(i int) (Actor, string) {
	return func(i int) (Actor, string) { return from(i), name }
}

// useUp uses up the budget of an account.
func (s testStore) useUp(t *testing.T, name string) {
	t.Helper()
	if checked := s.guesses(t, 31, at(name)); checked != 30 {
		t.Fatalf("%d of 31 guesses were checked", checked)
	}
}

// retryAfter returns after how long a refused try may be repeated.
func retryAfter(t *testing.T, err error) time.Duration {
	t.Helper()
	wantError(t, err, ErrThrottled)
	throttled, isThrottled := errors.AsType[*ThrottledError](err)
	if !isThrottled {
		t.Fatalf("%v does not say when to try again", err)
	}
	return throttled.RetryAfter()
}

func TestAnHourOfGuessesGets60ChecksAndNeverShutsTheOwnerOut(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	owner := withKnownBrowser(s.addAdmin(t), s.now())
	checked := s.guesses(t, 1000, func(i int) (Actor, string) {
		if i%50 == 49 { // every three minutes
			authtest.Must(t, errorOf(s.Authenticate(t.Context(), owner, "marisol", password)))
		}
		s.clock.Advance(time.Hour / 1000)
		return from(i), "marisol"
	})
	t.Logf("%d hash checks of 1,000 guesses; the owner got in 20 times out of 20", checked)
	if checked < 59 || checked > 60 {
		t.Errorf("%d of 1,000 guesses in an hour were checked", checked)
	}
}

func TestParallelGuessesDoNotSlipPastABudget(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		try  func(user User, i int) (Actor, string)
		want int
	}{
		"at one account":    {func(_ User, i int) (Actor, string) { return from(i), "marisol" }, 30},
		"at an unknown one": {func(_ User, i int) (Actor, string) { return from(i), "nobody" }, 30},
		"from one address":  {func(_ User, i int) (Actor, string) { return from(1), fmt.Sprint("user", i) }, 60},
		"from one known browser": {func(user User, _ int) (Actor, string) {
			return withKnownBrowser(user, time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)), "marisol"
		}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newThrottledStore(t)
			user := s.addAdmin(t)
			replicas := []testStore{s, s.replica(t)}
			var checked atomic.Int32
			var group sync.WaitGroup
			for i := range 100 {
				group.Go(func() {
					by, name := row.try(user, i)
					_, err := replicas[i%2].Authenticate(t.Context(), by, name, "wrong horse battery")
					if errors.Is(err, ErrInvalidCredentials) {
						checked.Add(1)
					} else if !errors.Is(err, ErrThrottled) {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if int(checked.Load()) != row.want {
				t.Errorf("%d of 100 guesses were checked, want %d", checked.Load(), row.want)
			}
		})
	}
}

// A hash that cannot be read makes every check fail, so it shows whether there was one.
func TestThrottledTryRunsNoHash(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.addAdmin(t)
	s.exec(t, "UPDATE users SET password_hash = 'x'")
	for i := range 60 {
		_, err := s.Authenticate(t.Context(), from(i), "marisol", password)
		if i < 30 {
			wantError(t, err, auth.ErrMalformedHash)
		} else if !errors.Is(err, ErrThrottled) || errors.Is(err, auth.ErrMalformedHash) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
}

func TestRestartDoesNotResetABudget(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.useUp(t, "marisol")
	if s.replica(t).guess(t, from(100), "marisol") {
		t.Error("a guess was checked after a restart")
	}
}

func TestThrottledErrorSaysExactlyWhenToTryAgain(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.useUp(t, "marisol")
	s.clock.Advance(30 * time.Second)
	for name, replica := range map[string]testStore{"in memory": s, "in the database": s.replica(t)} {
		_, err := replica.Authenticate(t.Context(), from(100), "marisol", password)
		if got := retryAfter(t, err); got != 90*time.Second {
			t.Errorf("%s: after 30 s, RetryAfter is %s", name, got)
		}
	}
	s.clock.Advance(90*time.Second - time.Microsecond)
	if s.guess(t, from(100), "marisol") {
		t.Error("a guess was checked before its time")
	}
	s.clock.Advance(time.Microsecond)
	if !s.guess(t, from(100), "marisol") || s.guess(t, from(100), "marisol") {
		t.Error("not exactly one guess was checked after the interval")
	}
}

func TestCorrectPasswordsAreNeverThrottled(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	for name, by := range map[string]Actor{"stranger": from(1), "known browser": withKnownBrowser(user, s.now())} {
		for range 500 {
			if _, err := s.Authenticate(t.Context(), by, "marisol", password); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestCorrectPasswordDoesNotForgiveWrongOnes(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.addAdmin(t)
	checked := s.guesses(t, 40, func(i int) (Actor, string) {
		if i < 30 {
			authtest.Must(t, errorOf(s.Authenticate(t.Context(), from(i), "marisol", password)))
		}
		return from(i), "marisol"
	})
	if checked != 30 {
		t.Errorf("%d guesses were checked between correct passwords", checked)
	}
}

// Otherwise, the budget would confirm a correct guess.
func TestPasswordOfADisabledUserCountsAsAWrongOne(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.addAdmin(t)
	s.exec(t, "UPDATE users SET disabled = 1")
	for i := range 31 {
		_, err := s.Authenticate(t.Context(), from(i), "marisol", password)
		if i < 30 {
			wantError(t, err, ErrInvalidCredentials)
		} else {
			wantError(t, err, ErrThrottled)
		}
	}
}

func TestUnknownNamesHaveBudgetsLikeAllOthers(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.addAdmin(t)
	for _, names := range [][2]string{
		{"marisol", "MARISOL"}, {"nobody", "NoBody"}, {"", ""}, {"a\x00b\xff", "A\x00B\xff"},
		{strings.Repeat("long", 4096), strings.Repeat("LONG", 4096)},
	} {
		s.useUp(t, names[0])
		if s.guess(t, from(100), names[1]) {
			t.Errorf("%.20q has another budget than %.20q", names[1], names[0])
		}
		_, err := s.Authenticate(t.Context(), from(100), names[0], password)
		if got := retryAfter(t, err); got != 2*time.Minute {
			t.Errorf("%.20q: RetryAfter is %s", names[0], got)
		}
	}
}

func TestNetworkHasABudgetForAllNames(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	for kind, address := range map[string]func(i int) string{
		"IPv4":        func(int) string { return "192.0.2.1" },
		"IPv4-mapped": func(int) string { return "::ffff:192.0.2.2" },
		"IPv6 /64":    func(i int) string { return fmt.Sprintf("2001:db8:1:2::%x", i) },
		"no address":  func(i int) string { return fmt.Sprint("garbage", i) },
	} {
		checked := s.guesses(t, 70, func(i int) (Actor, string) { return Actor{Address: address(i)}, fmt.Sprint(kind, i) })
		if checked != 60 {
			t.Errorf("%s: %d of 70 guesses were checked", kind, checked)
		}
	}
	if s.guess(t, Actor{Address: "192.0.2.2"}, "marisol") {
		t.Error("the IPv4-mapped address has another budget than the address itself")
	}
	if !s.guess(t, Actor{Address: "2001:db8:1:3::1"}, "marisol") {
		t.Error("another /64 shares the budget")
	}
}

func TestRefusalOfOneBudgetChargesNoOther(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.guesses(t, 61, func(i int) (Actor, string) { return from(1), fmt.Sprint("user", i) })
	for range 5 {
		if s.replica(t).guess(t, from(1), "marisol") { // does not remember that the address is refused
			t.Fatal("a guess was checked")
		}
	}
	if checked := s.guesses(t, 31, func(i int) (Actor, string) { return from(2 + i), "marisol" }); checked != 30 {
		t.Errorf("%d guesses were checked after refusals for another reason", checked)
	}
}

// Without their rows, the budgets are full, as far as the database knows.
func TestRefusedBudgetIsRefusedAgainWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	known := withKnownBrowser(s.addAdmin(t), s.now())
	overall := s.throttle.charge(s.throttle.limits.guessOverall, "")
	for name, refuse := range map[string]func() (Actor, string){
		"name": func() (Actor, string) { s.useUp(t, "marisol"); return from(100), "marisol" },
		"browser": func() (Actor, string) {
			s.guesses(t, 11, func(int) (Actor, string) { return known, "marisol" })
			return known, "marisol"
		},
		"overall": func() (Actor, string) {
			s.setBudget(t, overall, s.now().Add(s.throttle.limits.guessOverall.refill()))
			s.guess(t, from(101), "jonas")
			return from(102), "wanda"
		},
	} {
		s.throttle.refused = newRefusedBudgets()
		s.exec(t, "DELETE FROM budgets")
		by, username := refuse()
		s.exec(t, "DELETE FROM budgets")
		if s.guess(t, by, username) {
			t.Errorf("%s: a guess was checked", name)
		}
	}
}

func TestChargeTakenBackMakesRoomAtOnce(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	s.guesses(t, 29, at("marisol"))
	correct := s.guessTry(from(100), "marisol", user)
	authtest.Must(t, s.charge(t.Context(), correct)) // while its hash runs, the budget is used up
	if s.guess(t, from(101), "marisol") {
		t.Error("a guess too many was checked")
	}
	authtest.Must(t, s.settle(t.Context(), correct, true))
	if !s.guess(t, from(101), "marisol") {
		t.Error("the charge that was taken back is still missing")
	}
}

func TestNobodyIsChargedWhoseTurnDoesNotCome(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.addAdmin(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantError(t, errorOf(s.Authenticate(ctx, from(1), "marisol", password)), context.Canceled)
	closed := s.replica(t, func(o *Options) { o.HashSlots, o.HashWait = 0, 0 })
	wantError(t, errorOf(closed.Authenticate(t.Context(), from(1), "marisol", password)), ErrBusy)
	if n := s.inUse(t); n != 0 {
		t.Errorf("%d budgets are charged", n)
	}
}

// inUse returns how many budgets are not full.
func (s testStore) inUse(t *testing.T) (n int64) {
	t.Helper()
	authtest.Must(t, s.reader.Model(&budget{}).Where("full_at > ?", s.now().UnixMicro()).Count(&n).Error)
	return n
}

// A client can hang up while its password is being checked.
func TestTryIsSettledAfterTheClientHasGoneAway(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, correct := range []bool{true, false} {
		for range 40 { // more than a budget allows
			try := s.guessTry(from(1), user.Username, user)
			if err := s.charge(t.Context(), try); err != nil && correct {
				t.Fatalf("the charge of a correct password was not taken back: %v", err)
			}
			authtest.Must(t, s.settle(gone, try, correct))
		}
	}
	overall := s.throttle.charge(s.throttle.limits.guessOverall, "")
	wait, err := s.wait(s.reader, overall)
	authtest.Must(t, err)
	if want := s.throttle.limits.guessOverall.interval * 40; wait != want-overall.limit.refill()+overall.limit.interval {
		t.Errorf("not all failures were counted: the wait is %s", wait)
	}
}
