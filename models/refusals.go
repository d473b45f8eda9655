package models

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	refusalInterval = 5 * time.Millisecond // between two refusals of a flood
	maxRefusalDelay = time.Second
)

// refusals spaces out ErrBusy and ErrThrottled. A refusal costs little, but a flood of clients that
// try again at once would fill every processor with refusals, and the hashes of honest users would
// get none. Waiting costs nothing. A single client notices no delay.
type refusals struct {
	mu   sync.Mutex
	next time.Time // when the next refusal is due
}

// delay returns how long to hold back a refusal: until it is its turn, but no longer than
// maxRefusalDelay.
func (r *refusals) delay() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.next.Before(now) {
		r.next = now
	}
	delay := min(r.next.Sub(now), maxRefusalDelay)
	r.next = now.Add(delay + refusalInterval)
	return delay
}

// holdBack returns err. If it is ErrBusy or ErrThrottled, it first waits for the turn of the
// refusal, or until ctx ends.
func (r *refusals) holdBack(ctx context.Context, err error) error {
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrThrottled) {
		select {
		case <-time.After(r.delay()):
		case <-ctx.Done():
		}
	}
	return err
}
