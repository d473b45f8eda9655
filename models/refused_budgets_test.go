package models

import (
	"fmt"
	"testing"
	"time"
)

func TestRefusalIsRememberedUntilItIsOver(t *testing.T) {
	t.Parallel()
	r, now := newRefusedBudgets(), time.Unix(1_800_000_000, 0)
	c := charge{limit{"test", 10, time.Minute}, "key"}
	r.add(c.key, now.Add(time.Minute))
	if got := r.wait(c, now.Add(59*time.Second)); got != time.Second {
		t.Errorf("one second before the end, the wait is %s", got)
	}
	if got := r.wait(charge{c.limit, "another key"}, now); got != 0 {
		t.Errorf("another budget waits for %s", got)
	}
	if got := r.wait(c, now.Add(time.Minute)); got != 0 || len(r.until) != 0 {
		t.Errorf("at the end, the wait is %s, and %d are remembered", got, len(r.until))
	}
}

func TestRefusalFromBeforeTheClockWasSetBackIsForgotten(t *testing.T) {
	t.Parallel()
	r, now := newRefusedBudgets(), time.Unix(1_800_000_000, 0)
	c := charge{limit{"test", 10, time.Minute}, "key"}
	r.add(c.key, now.Add(time.Minute))
	if got := r.wait(c, now.Add(-time.Hour)); got != 0 {
		t.Errorf("an hour earlier, the wait is %s", got)
	}
}

func TestRefusalsDoNotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	r, now := newRefusedBudgets(), time.Unix(1_800_000_000, 0)
	for i := range 2 * maxRefusedBudgets {
		r.add(fmt.Sprint(i), now.Add(time.Duration(i)*time.Second))
	}
	if len(r.until) != maxRefusedBudgets {
		t.Errorf("%d refusals are remembered", len(r.until))
	}
	r.add("last", now.Add(time.Minute))
	if _, remembered := r.until["last"]; !remembered {
		t.Error("the newest refusal is not remembered")
	}
	r.purge(now.Add(2 * maxRefusedBudgets * time.Second))
	if len(r.until) != 0 {
		t.Errorf("%d refusals are remembered after their end", len(r.until))
	}
}
