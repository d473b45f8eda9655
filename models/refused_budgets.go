package models

import (
	"maps"
	"sync"
	"time"
)

// maxRefusedBudgets is how many refusals a process remembers, in about a megabyte.
const maxRefusedBudgets = 10_000

// refusedBudgets remembers until when the database refuses charges to a budget, so that a flood of
// tries does not reach it. To forget a refusal is safe: the database refuses again.
type refusedBudgets struct {
	mu    sync.Mutex
	until map[string]time.Time // by the key of the budget
}

func newRefusedBudgets() *refusedBudgets { return &refusedBudgets{until: map[string]time.Time{}} }

// add remembers a refusal. If there are too many, it forgets another one.
func (r *refusedBudgets) add(key string, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.until) >= maxRefusedBudgets {
		for other := range r.until { // in random order
			delete(r.until, other)
			break
		}
	}
	r.until[key] = until
}

// wait returns how long a charge will still be refused, as far as this process knows. An entry that
// lies further ahead than any wait is from before the clock was set back.
func (r *refusedBudgets) wait(c charge, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	wait := r.until[c.key].Sub(now)
	if wait <= 0 || wait > c.limit.maxWait() {
		delete(r.until, c.key)
		return 0
	}
	return wait
}

func (r *refusedBudgets) remove(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, key)
}

// purge forgets the refusals that are over.
func (r *refusedBudgets) purge(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.until, func(_ string, until time.Time) bool { return !until.After(now) })
}
