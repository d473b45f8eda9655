package models

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// gate limits how many password hashes run at once and how many wait for their turn. A hash takes
// megabytes of memory and a whole processor, so a flood of logins must not start them all.
//
// Those who wait stand in two lanes: browsers that a user has logged in with before, and everybody
// else. While both wait, the lanes alternate, so a flood of strangers leaves half of the slots to
// known browsers. Within a lane, addresses take turns; see fairQueue.
type gate struct {
	mu       sync.Mutex
	slots    int           // how many hashes may run at once
	running  int           // how many do
	hashTime time.Duration // moving average of how long one keeps its slot
	known    lane
	others   lane
	lastLane *lane // whose turn was last
}

// lane is a queue that is full when the hashes that wait in it keep all slots busy for so long.
type lane struct {
	fairQueue
	bound time.Duration
}

// place says where to wait: in which lane, and with whom.
type place struct {
	known bool   // whether it is for a known browser
	group string // the network of the address
}

// firstHashTime is assumed until a hash has been measured.
const firstHashTime = 100 * time.Millisecond

// newGate returns a gate in which strangers wait for about as long as wait, and known browsers for
// half of it. If wait is zero, nobody waits.
func newGate(slots int, wait time.Duration) *gate {
	return &gate{
		slots: slots, hashTime: firstHashTime,
		known: lane{newFairQueue(), wait / 2}, others: lane{newFairQueue(), wait},
	}
}

// enter waits for a slot and returns the function that frees it. It fails with *BusyError if the
// queue is full, either at once or when somebody with fewer waiting takes the place. If ctx ends
// first, it leaves the queue and fails with the cause of ctx.
func (g *gate) enter(ctx context.Context, p place) (leave func(), err error) {
	w := newWaiter(p.group)
	g.join(w, p)
	select {
	case err = <-w.answer:
	case <-ctx.Done():
		err = g.withdraw(w, p, context.Cause(ctx))
	}
	if err == nil && ctx.Err() != nil { // ctx ended as well, and select picks at random
		g.leave()
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, err
	}
	return g.leave, nil
}

// join gives the waiter a slot, a place in the queue, or the answer that there is none.
func (g *gate) join(w *waiter, p place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running < g.slots {
		g.running++
		w.answer <- nil
		return
	}
	l := g.lane(p)
	if g.waitTime(l) >= l.bound {
		displaced := l.displace(w.group)
		if displaced == nil {
			w.answer <- g.busy(l)
			return
		}
		displaced.answer <- g.busy(l)
	}
	l.push(w)
}

// leave passes the slot on, or frees it if nobody waits.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l := g.nextLane(); l != nil {
		g.lastLane = l
		l.pop().answer <- nil
		return
	}
	g.running--
}

// nextLane returns the lane whose turn it is, or nil if nobody waits.
func (g *gate) nextLane() *lane {
	switch {
	case g.known.length == 0 && g.others.length == 0:
		return nil
	case g.others.length == 0, g.known.length > 0 && g.lastLane != &g.known:
		return &g.known
	}
	return &g.others
}

// withdraw takes a waiter out of the queue and returns the reason. If the waiter has been answered
// in the meantime, withdraw returns that answer.
func (g *gate) withdraw(w *waiter, p place, reason error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.lane(p).remove(w) {
		return reason
	}
	return <-w.answer
}

// measured tells the gate how long a hash kept its slot.
func (g *gate) measured(took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hashTime += (took - g.hashTime) / 8
}

func (g *gate) lane(p place) *lane {
	if p.known {
		return &g.known
	}
	return &g.others
}

// waitTime estimates how long the hashes that wait in a lane keep all slots busy.
func (g *gate) waitTime(l *lane) time.Duration {
	return g.hashTime * time.Duration(l.length) / time.Duration(max(1, g.slots))
}

func (g *gate) busy(l *lane) error { return &BusyError{max(time.Second, g.waitTime(l))} }

// BusyError is an ErrBusy that estimates when there will be room again.
type BusyError struct{ after time.Duration }

func (e *BusyError) Error() string {
	return fmt.Sprintf("%v; try again in %s", ErrBusy, e.after.Round(time.Second))
}

// Unwrap returns ErrBusy.
func (e *BusyError) Unwrap() error { return ErrBusy }

// RetryAfter returns after how long to try again, at least one second.
func (e *BusyError) RetryAfter() time.Duration { return e.after }
