package auth

import (
	"context"
	"errors"
)

// ErrBusy tells that so many hashes wait already that another would only
// wait in vain. The caller should try again a few seconds later.
var ErrBusy = errors.New("too many password hashes at once")

// gate bounds how many hashes run at once and how many wait for that. Each
// hash holds megabytes and a processor: a flood of logins must cost the
// flooders their answers, not this process its memory.
type gate struct {
	room  chan struct{} // one token for each that runs or waits
	slots chan struct{} // one token for each that runs; Go serves its waiters in order
}

func newGate(slots, queue int) gate {
	return gate{room: make(chan struct{}, slots+queue), slots: make(chan struct{}, slots)}
}

// enter waits for a slot and returns the function that gives it back.
// It fails at once with ErrBusy when the queue is full, and with the cause of
// ctx's end when ctx ends first, which frees the place in the queue.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.room <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case g.slots <- struct{}{}:
		if ctx.Err() == nil {
			return func() { <-g.slots; <-g.room }, nil
		}
		<-g.slots // both were ready, and select chose this one
	case <-ctx.Done():
	}
	<-g.room
	return nil, context.Cause(ctx)
}
