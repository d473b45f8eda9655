package cmd

import "context"

// background calls run in a goroutine of its own. run must return soon after its context ends: when
// ctx ends, or when stop is called. stop returns after run has returned.
func background(ctx context.Context, run func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		run(ctx)
	}()
	return func() {
		cancel()
		<-returned
	}
}
