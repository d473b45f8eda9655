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

// mustEnter enters a gate that has a free slot.
func mustEnter(t *testing.T, g gate) (leave func()) {
	t.Helper()
	leave, err := g.enter(t.Context(), visitor())
	if err != nil {
		t.Fatalf("enter: %v", err)
	}
	return leave
}

// waiter receives the results of a call of enter when it returns.
type waiter chan entered

type entered struct {
	leave func()
	err   error
}

// startWaiter calls enter in a goroutine, and returns when that waits or has finished. It must be
// called in a synctest bubble.
func startWaiter(ctx context.Context, g gate) waiter {
	w := make(waiter, 1)
	go func() {
		leave, err := g.enter(ctx, visitor())
		w <- entered{leave, err}
	}()
	synctest.Wait()
	return w
}

// mustWait checks that enter has not returned.
func (w waiter) mustWait(t *testing.T) {
	t.Helper()
	if len(w) > 0 {
		t.Fatalf("enter did not wait: %v", (<-w).err)
	}
}

// mustBeIn checks that enter has returned with a slot.
func (w waiter) mustBeIn(t *testing.T) (leave func()) {
	t.Helper()
	synctest.Wait()
	if len(w) == 0 {
		t.Fatal("a slot is free, but the first in the queue waits")
	}
	in := <-w
	if in.err != nil {
		t.Fatalf("enter: %v", in.err)
	}
	return in.leave
}

func TestGateAdmitsAsManyAsItsSlotsAndQueueHold(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ slots, queue int }{{1, 0}, {1, 1}, {2, 3}, {4, 16}} {
		t.Run(fmt.Sprintf("%d slots, queue of %d", size.slots, size.queue), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(size.slots, size.queue)
				var leaves []func()
				for range size.slots {
					leaves = append(leaves, mustEnter(t, g))
				}
				var waiters []waiter
				for range size.queue {
					w := startWaiter(t.Context(), g)
					w.mustWait(t)
					waiters = append(waiters, w)
				}
				if _, err := g.enter(t.Context(), visitor()); err != ErrBusy {
					t.Fatalf("one beyond the queue: %v, want ErrBusy", err)
				}

				// Each one that leaves lets one in, whose place in the queue becomes free.
				for i, w := range waiters {
					leaves[i]()
					leaves = append(leaves, w.mustBeIn(t))
					ctx, cancel := context.WithCancel(t.Context())
					startWaiter(ctx, g).mustWait(t)
					cancel()
					synctest.Wait()
				}
				for _, leave := range leaves[size.queue:] {
					leave()
				}
				if len(g.places) != 0 || len(g.slots) != 0 {
					t.Errorf("all have left, but %d places and %d slots are taken", len(g.places), len(g.slots))
				}
			})
		})
	}
}

func TestGateServesInOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		g := newGate(1, n)
		leave := mustEnter(t, g)
		var order, want []int
		for i := range n {
			go func() {
				leave, err := g.enter(t.Context(), visitor())
				if err != nil {
					t.Errorf("waiter %d: %v", i, err)
					return
				}
				order = append(order, i) // only the holder of the slot does this
				leave()
			}()
			synctest.Wait()
			want = append(want, i)
		}
		leave()
		synctest.Wait()
		if !slices.Equal(order, want) {
			t.Errorf("served in the order %v", order)
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
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newGate(1, 1)
				leave := mustEnter(t, g)
				ctx, end := test.end(t.Context())
				gone := startWaiter(ctx, g)
				gone.mustWait(t)
				end()
				if got := <-gone; got.leave != nil || got.err != test.want {
					t.Fatalf("enter returned %v, want %v", got.err, test.want)
				}

				next := startWaiter(t.Context(), g)
				next.mustWait(t)
				leave()
				next.mustBeIn(t)()
			})
		})
	}
}

func TestCallerWhoseContextHasEndedGetsNoSlotEvenIfOneIsFree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // reports a lost slot as a deadlock
		g := newGate(1, 0)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for range 100 { // select picks at random
			if _, err := g.enter(ctx, visitor()); err != context.Canceled {
				t.Fatalf("enter returned %v, want context.Canceled", err)
			}
		}
		mustEnter(t, g)()
	})
}

// This one runs outside a bubble, for the race detector. Some callers give up.
func TestGateNeverRunsMoreThanItsSlots(t *testing.T) {
	t.Parallel()
	const slots, queue, callers = 3, 40, 200
	g := newGate(slots, queue)
	var running, most, served, refused, gaveUp atomic.Int32
	var all sync.WaitGroup
	for i := range callers {
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if i%5 == 0 {
				go cancel()
			}
			leave, err := g.enter(ctx, visitor())
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
			case err == ErrBusy:
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
	if len(g.places) != 0 || len(g.slots) != 0 {
		t.Errorf("all have left, but %d places and %d slots are taken", len(g.places), len(g.slots))
	}
}
