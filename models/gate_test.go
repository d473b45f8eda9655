package models

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// stranger returns the place of a visitor from an address.
func stranger(address string) place { return place{group: address} }

// owner returns the place of a user with a known browser.
func owner(userID string) place { return place{known: true, group: userID} }

// newRoomyGate returns a gate in which as many can wait as a test needs.
func newRoomyGate(slots int) *gate { return newGate(slots, time.Hour) }

// newTightGate returns a gate with one slot in which so many strangers can wait, and half as many
// known browsers. Hashes take a second.
func newTightGate(waiting int) *gate {
	g := newGate(1, time.Duration(waiting)*time.Second)
	g.hashTime = time.Second
	return g
}

// mustEnter enters a gate that has a free slot.
func mustEnter(t *testing.T, g *gate) (leave func()) {
	t.Helper()
	leave, err := g.enter(t.Context(), stranger("192.0.2.1"))
	if err != nil {
		t.Fatalf("enter: %v", err)
	}
	return leave
}

// call receives the results of a call of enter when it returns.
type call chan entered

type entered struct {
	leave func()
	err   error
}

// start calls enter in a goroutine, and returns when that waits or has finished. It must be called
// in a synctest bubble.
func start(ctx context.Context, g *gate, p place) call {
	c := make(call, 1)
	go func() {
		leave, err := g.enter(ctx, p)
		c <- entered{leave, err}
	}()
	synctest.Wait()
	return c
}

// mustWait checks that enter has not returned.
func (c call) mustWait(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(c) > 0 {
		t.Fatalf("enter did not wait: %v", (<-c).err)
	}
}

// mustBeIn checks that enter has returned with a slot.
func (c call) mustBeIn(t *testing.T) (leave func()) {
	t.Helper()
	synctest.Wait()
	if len(c) == 0 {
		t.Fatal("a slot is free, but the one whose turn it is waits")
	}
	in := <-c
	if in.err != nil {
		t.Fatalf("enter: %v", in.err)
	}
	return in.leave
}

// mustBeBusy checks that enter has failed because the queue is full.
func (c call) mustBeBusy(t *testing.T) {
	t.Helper()
	synctest.Wait()
	if len(c) == 0 {
		t.Fatal("enter waits, but the queue is full")
	}
	wantError(t, (<-c).err, ErrBusy)
}

// mustBeEmpty checks that the gate has forgotten everybody.
func mustBeEmpty(t *testing.T, g *gate) {
	t.Helper()
	if g.running != 0 {
		t.Errorf("all have left, but %d slots are taken", g.running)
	}
	for _, l := range []*lane{&g.known, &g.others} {
		if l.length != 0 || len(l.lines) != 0 || len(l.turns) != 0 {
			t.Errorf("all have left, but the queue is %+v", l)
		}
	}
}

// servingOrder lets all of them wait in this order, and returns the order in which they are served.
func servingOrder(t *testing.T, places ...place) (order []string) {
	g := newRoomyGate(1)
	leave := mustEnter(t, g)
	for _, p := range places {
		go func() {
			leave, err := g.enter(t.Context(), p)
			if err != nil {
				t.Errorf("%v: %v", p, err)
				return
			}
			order = append(order, p.group) // only the holder of the slot does this
			leave()
		}()
		synctest.Wait()
	}
	leave()
	synctest.Wait()
	mustBeEmpty(t, g)
	return order
}

func TestGroupsTakeTurns(t *testing.T) {
	t.Parallel()
	a, b, c := stranger("a"), stranger("b"), stranger("c")
	x, y := owner("x"), owner("y")
	for name, row := range map[string]struct {
		arrive []place
		want   []string
	}{
		"in order of arrival, if each waits once":  {[]place{c, a, b}, []string{"c", "a", "b"}},
		"a flood delays others by one hash each":   {[]place{a, a, a, a, b, c, b}, []string{"a", "b", "c", "a", "b", "a", "a"}},
		"known browsers of several users as well":  {[]place{x, x, x, y}, []string{"x", "y", "x", "x"}},
		"known browsers alternate with all others": {[]place{a, b, c, a, x, y}, []string{"x", "a", "y", "b", "c", "a"}},
		"known browsers leave every second slot":   {[]place{x, x, y, y, a, b}, []string{"x", "a", "y", "b", "x", "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if order := servingOrder(t, row.arrive...); !slices.Equal(order, row.want) {
					t.Errorf("served in the order %v, want %v", order, row.want)
				}
			})
		})
	}
}

func TestAsManyWaitAsSecondsOfWorkAllow(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		slots          int
		wait, hashTime time.Duration
		strangers      int
		owners         int
	}{
		{0, 0, time.Second, 0, 0},
		{1, 0, time.Second, 0, 0},
		{1, 4 * time.Second, time.Second, 4, 2},
		{3, 4 * time.Second, time.Second, 12, 6},
		{1, 4 * time.Second, 100 * time.Millisecond, 40, 20},
		{1, 4 * time.Second, 10 * time.Second, 1, 1}, // a slow machine is not refused altogether
		{1, 4 * time.Second, firstHashTime, 40, 20},  // before the first hash
	} {
		t.Run(fmt.Sprint(row), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(row.slots, row.wait)
				if row.hashTime != firstHashTime {
					g.hashTime = row.hashTime
				}
				for range row.slots {
					mustEnter(t, g)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				for p, want := range map[place]int{stranger("a"): row.strangers, owner("x"): row.owners} {
					for range want {
						start(ctx, g, p).mustWait(t)
					}
					start(ctx, g, p).mustBeBusy(t)
				}
			})
		})
	}
}

func TestSlowerHashesLetFewerWait(t *testing.T) {
	t.Parallel()
	g := newGate(1, 4*time.Second)
	for range 100 {
		g.measured(400 * time.Millisecond)
	}
	if got := g.hashTime.Round(10 * time.Millisecond); got != 400*time.Millisecond {
		t.Errorf("after many hashes of 400 ms, the average is %s", got)
	}
	g.measured(8 * time.Second)
	if got := g.hashTime; got < time.Second || got > 2*time.Second {
		t.Errorf("after one that took 8 s, the average is %s", got)
	}
}

func TestEveryHashIsMeasured(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addAdmin(t)
	for name, call := range map[string]func(){
		"hash":  func() { s.hash(t.Context(), turn{}, password) },
		"check": func() { s.checkPassword(t.Context(), visitor(), login{"marisol", password, user}) },
	} {
		s.gate.hashTime = time.Hour
		call()
		if s.gate.hashTime == time.Hour {
			t.Errorf("%s is not measured", name)
		}
	}
}

func TestNewcomerDisplacesTheNewestOfTheLongestLine(t *testing.T) {
	t.Parallel()
	for name, lane := range map[string]func(string) place{"strangers": stranger, "known browsers": owner} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTightGate(5)
				g.known.bound = g.others.bound
				leave := mustEnter(t, g)
				oldest := start(t.Context(), g, lane("flood"))
				middle := start(t.Context(), g, lane("flood"))
				other := start(t.Context(), g, lane("other"))
				newer := start(t.Context(), g, lane("flood"))
				newest := start(t.Context(), g, lane("flood"))

				start(t.Context(), g, lane("flood")).mustBeBusy(t) // it has the longest line itself
				first := start(t.Context(), g, lane("newcomer"))
				newest.mustBeBusy(t)
				second := start(t.Context(), g, lane("newcomer"))
				newer.mustBeBusy(t)
				start(t.Context(), g, lane("newcomer")).mustBeBusy(t) // it has two itself, like flood
				third := start(t.Context(), g, lane("another"))
				middle.mustBeBusy(t)
				fourth := start(t.Context(), g, lane("yet another"))
				second.mustBeBusy(t)
				start(t.Context(), g, lane("one too many")).mustBeBusy(t) // each has one: nobody gives way

				for _, c := range []call{oldest, other, first, third, fourth} {
					leave()
					leave = c.mustBeIn(t)
				}
				leave()
				mustBeEmpty(t, g)
			})
		})
	}
}

func TestFullLaneLeavesRoomInTheOther(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ flood, other func(string) place }{
		"strangers":      {stranger, owner},
		"known browsers": {owner, stranger},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newTightGate(4)
				leave := mustEnter(t, g)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				for i := range 20 {
					start(ctx, g, row.flood(fmt.Sprint(i)))
				}
				waiting := start(t.Context(), g, row.other("other"))
				waiting.mustWait(t)
				// One of the flood may be served before, because its lane is served first.
				leave()
				synctest.Wait()
				if len(waiting) == 0 {
					g.leave()
				}
				waiting.mustBeIn(t)()
			})
		})
	}
}

func TestBusySaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			waiting int
			want    time.Duration
		}{{0, time.Second}, {1, time.Second}, {5, 5 * time.Second}} {
			g := newTightGate(row.waiting)
			mustEnter(t, g)
			ctx, cancel := context.WithCancel(t.Context())
			for range row.waiting {
				start(ctx, g, stranger("a"))
			}
			_, err := g.enter(ctx, stranger("a"))
			busy, isBusy := errors.AsType[*BusyError](err)
			if !isBusy || busy.RetryAfter() != row.want || busy.Error() == "" {
				t.Errorf("with %d waiting: %v, want %s", row.waiting, err, row.want)
			}
			cancel()
			synctest.Wait()
		}
	})
}

func TestCallerWhoseContextEndsLeavesTheQueue(t *testing.T) {
	t.Parallel()
	reason := errors.New("the caller went away")
	tests := []struct {
		name string
		end  func(context.Context) (context.Context, func())
		want error
	}{
		{"cancelled", func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancel(ctx)
			return ctx, cancel
		}, context.Canceled},
		{"cancelled with a cause", func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(reason) }
		}, reason},
		{"out of time", func(ctx context.Context) (context.Context, func()) {
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			t.Cleanup(cancel)
			return ctx, func() { <-ctx.Done() } // the clock of the bubble jumps there
		}, context.DeadlineExceeded},
	}
	for _, test := range tests {
		for _, p := range []place{stranger("a"), owner("x")} {
			t.Run(fmt.Sprint(test.name, p), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := newTightGate(2)
					leave := mustEnter(t, g)
					ctx, end := test.end(t.Context())
					gone := start(ctx, g, p)
					gone.mustWait(t)
					end()
					if got := <-gone; got.leave != nil || got.err != test.want {
						t.Fatalf("enter returned %v, want %v", got.err, test.want)
					}

					next := start(t.Context(), g, p)
					next.mustWait(t)
					leave()
					next.mustBeIn(t)()
					mustBeEmpty(t, g)
				})
			})
		}
	}
}

func TestCallerWhoseContextHasEndedGetsNoSlotEvenIfOneIsFree(t *testing.T) {
	t.Parallel()
	g := newGate(1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // select picks at random
		if _, err := g.enter(ctx, stranger("a")); err != context.Canceled {
			t.Fatalf("enter returned %v, want context.Canceled", err)
		}
	}
	mustEnter(t, g)()
	mustBeEmpty(t, g)
}

// This one runs outside a bubble, for the race detector. Some callers give up, and some are
// displaced.
func TestGateNeverRunsMoreThanItsSlots(t *testing.T) {
	t.Parallel()
	const slots, callers = 3, 400
	g := newGate(slots, 2*time.Second)
	g.hashTime = 100 * time.Millisecond
	var running, most, served, refused, gaveUp atomic.Int32
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			leave, err := g.enter(ctx, place{known: i%3 == 0, group: fmt.Sprint(i % 7 * (i % 2))})
			switch {
			case err == nil:
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
				}
				for range 20 {
					runtime.Gosched()
				}
				running.Add(-1)
				served.Add(1)
				leave()
			case errors.Is(err, ErrBusy):
				refused.Add(1)
			case err == context.Canceled:
				gaveUp.Add(1)
			default:
				t.Errorf("enter: %v", err)
			}
		})
	}
	all.Wait()
	if most.Load() > slots {
		t.Errorf("%d ran at once in %d slots", most.Load(), slots)
	}
	if sum := served.Load() + refused.Load() + gaveUp.Load(); sum != callers || served.Load() == 0 {
		t.Errorf("%d served, %d refused and %d gave up, want %d in total", served.Load(), refused.Load(), gaveUp.Load(), callers)
	}
	mustBeEmpty(t, g)
}
