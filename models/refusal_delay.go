package models

import (
	"context"
	"errors"
	"time"
)

// delayRefusal returns err. If that is ErrBusy or ErrThrottled, it first waits for the refusal delay,
// or until ctx ends.
//
// A refusal costs little, but a flood of clients that try again at once would fill every processor
// with refusals, and the hashes of honest users would get none. Waiting costs nothing.
func (s *Store) delayRefusal(ctx context.Context, err error) error {
	if errors.Is(err, ErrBusy) || errors.Is(err, ErrThrottled) {
		select {
		case <-time.After(s.refusalDelay):
		case <-ctx.Done():
		}
	}
	return err
}
