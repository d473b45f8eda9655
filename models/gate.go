package models

import "context"

// gate limits how many password hashes run at once and how many wait for their turn. A hash takes
// megabytes of memory and a whole processor, so a flood of logins must not start them all.
type gate struct {
	places chan struct{} // holds one value for each hash that runs or waits
	slots  chan struct{} // holds one value for each hash that runs; Go serves waiting senders in order
}

func newGate(slots, queue int) gate {
	return gate{places: make(chan struct{}, slots+queue), slots: make(chan struct{}, slots)}
}

// enter waits for a slot and returns the function that frees it. It fails with ErrBusy at once if
// the queue is full. If ctx ends first, it leaves the queue and fails with the cause of ctx.
//
// All actors are equal: the order of arrival alone decides.
func (g gate) enter(ctx context.Context, _ Actor) (leave func(), err error) {
	select {
	case g.places <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case g.slots <- struct{}{}:
		if ctx.Err() == nil {
			return func() { <-g.slots; <-g.places }, nil
		}
		<-g.slots // ctx had ended as well, and select picks at random
	case <-ctx.Done():
	}
	<-g.places
	return nil, context.Cause(ctx)
}
