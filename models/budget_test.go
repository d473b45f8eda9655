package models

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey/auth/authtest"
)

// setBudget stores when a budget is full again.
func (s testStore) setBudget(t *testing.T, c charge, fullAt time.Time) {
	t.Helper()
	s.exec(t, "INSERT OR REPLACE INTO budgets (key, full_at) VALUES (?, ?)", c.key, fullAt.UnixMicro())
}

// fullAt returns when a budget is full again.
func (s testStore) fullAt(t *testing.T, c charge) time.Time {
	t.Helper()
	var row budget
	authtest.Must(t, s.reader.Take(&row, "key = ?", c.key).Error)
	return time.UnixMicro(row.FullAt).UTC()
}

func TestWholeServiceHasABudgetOfFailures(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	known := withKnownBrowser(s.addAdmin(t), s.now())
	overall := s.throttle.charge(s.throttle.limits.guessOverall, "")

	authtest.Must(t, errorOf(s.Authenticate(t.Context(), from(1), "marisol", password)))
	s.guess(t, known, "marisol")
	if s.reader.Take(&budget{}, "key = ?", overall.key).Error == nil {
		t.Error("a correct password or a known browser is charged")
	}
	s.guess(t, from(1), "marisol")
	s.guess(t, from(2), "nobody")
	if got := s.fullAt(t, overall).Sub(s.now()); got != 200*time.Millisecond {
		t.Errorf("after two failures, the budget is full in %s", got)
	}

	s.setBudget(t, overall, s.now().Add(100*time.Second)) // 1,000 failures
	before := s.inUse(t)
	for _, replica := range []testStore{s, s, s.replica(t)} {
		wantError(t, errorOf(replica.Authenticate(t.Context(), from(3), "marisol", password)), ErrThrottled)
	}
	if after := s.inUse(t); after != before {
		t.Error("a refused try is charged")
	}
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), known, "marisol", password)))
	s.clock.Advance(100 * time.Millisecond)
	if !s.guess(t, from(3), "marisol") || s.guess(t, from(3), "marisol") {
		t.Error("not exactly one guess was checked after the interval")
	}
}

func TestClockThatIsSetBackThrottlesNobodyForLong(t *testing.T) {
	t.Parallel()
	for _, back := range []time.Duration{time.Hour, 24 * time.Hour, 20 * 365 * 24 * time.Hour} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(back, restart), func(t *testing.T) {
				t.Parallel()
				s := newThrottledStore(t)
				s.addAdmin(t)
				s.useUp(t, "marisol")
				s.clock.Advance(-back)
				if restart {
					s = s.replica(t)
				}
				var waited time.Duration
				for {
					_, err := s.Authenticate(t.Context(), from(100), "marisol", password)
					if err == nil {
						break
					}
					waited += retryAfter(t, err)
					s.clock.Advance(retryAfter(t, err))
				}
				if waited > 5*time.Minute {
					t.Errorf("the owner was let in after %s", waited)
				}
				elsewhere := func(i int) (Actor, string) { return from(200 + i), "marisol" }
				if checked := s.guesses(t, 10, elsewhere); checked > 1 {
					t.Errorf("%d guesses were checked, but the budget was empty", checked)
				}
				s.clock.Advance(s.throttle.limits.guessName.refill())
				if checked := s.guesses(t, 31, elsewhere); checked != 30 {
					t.Errorf("%d guesses were checked when the budget was full again", checked)
				}
			})
		}
	}
}

// With one budget for both, each replica would otherwise correct what the other one has stored, and
// so allow it another guess.
func TestReplicasWhoseClocksDifferShareABudget(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	ahead := authtest.NewClock(s.clock.Now().Add(30 * time.Second))
	replicas := []testStore{s, s.replica(t, func(o *Options) { o.Now = ahead.Now })}
	checked := 0
	for i := range 600 { // ten minutes
		if replicas[i%2].guess(t, from(1), fmt.Sprint("user", i)) {
			checked++
		}
		s.clock.Advance(time.Second)
		ahead.Advance(time.Second)
	}
	if most := 60 + 600/6 + 30/6; checked > most {
		t.Errorf("%d guesses from one address were checked, at most %d are allowed", checked, most)
	}
}

func TestFullBudgetsArePurgedInBatches(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	for i := range purgeBatch + 10 {
		s.setBudget(t, charge{key: fmt.Sprint("full ", i)}, s.now())
	}
	s.setBudget(t, charge{key: "in use"}, s.now().Add(time.Microsecond))
	s.throttle.refused.add("over", s.now())
	for _, want := range []int64{purgeBatch, 10, 0} {
		deleted, err := s.PurgeBudgets(t.Context())
		authtest.Must(t, err)
		if deleted != want {
			t.Errorf("%d budgets were deleted, want %d", deleted, want)
		}
	}
	if s.inUse(t) != 1 || len(s.throttle.refused.until) != 0 {
		t.Errorf("%d budgets and %d refusals are left", s.inUse(t), len(s.throttle.refused.until))
	}
	authtest.Must(t, errorOf(newStore(t).PurgeBudgets(t.Context()))) // without throttling
}

func TestCorrectPasswordLeavesOnlyFullBudgets(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	for _, by := range []Actor{from(1), withKnownBrowser(user, s.now())} {
		authtest.Must(t, errorOf(s.Authenticate(t.Context(), by, "marisol", password)))
	}
	if n := s.inUse(t); n != 0 {
		t.Errorf("%d budgets are not full", n)
	}
}

func TestDatabaseHoldsNeitherNamesNorAddresses(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	s.guess(t, Actor{Address: "192.0.2.1"}, "marisol")
	var keys []string
	authtest.Must(t, s.reader.Model(&budget{}).Pluck("key", &keys).Error)
	for _, key := range keys {
		if len(key) != 43 || strings.Contains(key, "marisol") || strings.Contains(key, "192") {
			t.Errorf("a key is %q", key)
		}
	}
	s.Throttle([]byte("another key"))
	s.guess(t, Actor{Address: "192.0.2.1"}, "marisol")
	if n := s.inUse(t); len(keys) != 3 || n != 6 {
		t.Errorf("%d budgets under one key and %d under two, want 3 and 6", len(keys), n)
	}
}

func TestEachLimitHasBudgetsOfItsOwn(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	l := s.throttle.limits
	seen := map[string]string{}
	for _, one := range []limit{
		l.guessName, l.guessNetwork, l.guessOverall, l.guessKnownBrowser, l.signUpName, l.signUpNetwork, l.signUpOverall,
	} {
		key := s.throttle.charge(one, "same").key
		if seen[key] != "" {
			t.Errorf("%q and %q share their budgets", one.kind, seen[key])
		}
		seen[key] = one.kind
		if one.maxWait() >= one.refill() {
			t.Errorf("%s: a client can wait for %s, but a budget is full after %s", one.kind, one.maxWait(), one.refill())
		}
	}
}

// signUp tries to create a user and returns the error.
func (s testStore) signUp(t *testing.T, by Actor, name string) error {
	t.Helper()
	return errorOf(s.CreateUser(t.Context(), by, UserParams{Username: name, Password: password}))
}

func TestSignUpIsThrottled(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		try  func(i int) (Actor, string)
		want int
		wait time.Duration
	}{
		"for one name":     {func(i int) (Actor, string) { return from(i), []string{"Jonas", "jonas"}[i%2] }, 10, 6 * time.Minute},
		"from one address": {func(i int) (Actor, string) { return from(1), fmt.Sprint("user", i) }, 60, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newThrottledStore(t)
			for i := range row.want + 1 {
				by, name := row.try(i)
				err := s.signUp(t, by, name)
				if i == row.want {
					if got := retryAfter(t, err); got != row.wait {
						t.Errorf("RetryAfter is %s, want %s", got, row.wait)
					}
				} else if err != nil {
					wantError(t, err, ErrUsernameTaken)
				}
			}
		})
	}
}

func TestWholeServiceHasABudgetOfSignUps(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	authtest.Must(t, s.signUp(t, from(1), "jonas"))
	overall := s.throttle.charge(s.throttle.limits.signUpOverall, "")
	if got := s.fullAt(t, overall).Sub(s.now()); got != time.Second {
		t.Errorf("after one sign-up, the budget is full in %s", got)
	}
	s.setBudget(t, overall, s.now().Add(1000*time.Second))
	wantError(t, s.signUp(t, from(2), "wanda"), ErrThrottled)
	if !s.guess(t, from(2), "jonas") {
		t.Error("sign-ups use up the budget of guesses")
	}
}

func TestRefusedSignUpIsNotCharged(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	for range 20 {
		err := errorOf(s.CreateUser(t.Context(), from(1), UserParams{Username: "jonas", Password: "short"}))
		if !isWeak(err) {
			t.Fatal(err)
		}
		wantError(t, s.signUp(t, from(1), "x"), ErrInvalidUsername)
	}
	if n := s.inUse(t); n != 0 {
		t.Errorf("%d budgets are charged", n)
	}
}

// Nobody guesses anything there.
func TestOperatorAndAdministratorsAreNotThrottled(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	admin := s.addAdmin(t)
	by := Actor{UserID: admin.ID, Address: "192.0.2.1"}
	for i := range 70 {
		authtest.Must(t, s.signUp(t, by, fmt.Sprint("user", i)))
		authtest.Must(t, s.SetPassword(t.Context(), by, admin, "another horse battery"))
		authtest.Must(t, s.signUp(t, CommandLine(), fmt.Sprint("person", i)))
		authtest.Must(t, s.SetPassword(t.Context(), CommandLine(), admin, password))
		if !s.guess(t, CommandLine(), "marisol") {
			t.Fatalf("guess %d at the command line was throttled", i)
		}
	}
}

func TestNothingIsThrottledByDefault(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	if checked := s.guesses(t, 100, func(int) (Actor, string) { return from(1), "marisol" }); checked != 100 || s.inUse(t) != 0 {
		t.Errorf("%d of 100 guesses were checked, and %d budgets charged", checked, s.inUse(t))
	}
}

func TestPasswordChangeUsesTheBudgetsOfGuesses(t *testing.T) {
	t.Parallel()
	s := newThrottledStore(t)
	user := s.addAdmin(t)
	stranger, known := from(200), withKnownBrowser(user, s.now())
	stranger.UserID, known.UserID = user.ID, user.ID
	change := func(by Actor, current string) error {
		return s.ChangePassword(t.Context(), by, current, "another horse battery")
	}
	for range 30 {
		wantError(t, change(stranger, "wrong horse battery"), ErrWrongPassword)
	}
	wantError(t, change(stranger, password), ErrThrottled)
	if s.guess(t, from(1), "marisol") {
		t.Error("a login has another budget")
	}
	for range 10 {
		wantError(t, change(known, "wrong horse battery"), ErrWrongPassword)
	}
	wantError(t, change(known, password), ErrThrottled)
	known.Browser.ID = "second browser"
	authtest.Must(t, change(known, password))
}
