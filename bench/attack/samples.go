package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// sample is one request of an honest client.
type sample struct {
	took time.Duration
	ok   bool // it was answered as it should be
}

// samples are the requests of an honest client.
type samples struct{ all []sample }

func (s *samples) add(took time.Duration, ok bool) { s.all = append(s.all, sample{took, ok}) }

// good returns how many requests were answered as they should be.
func (s samples) good() (n int) {
	for _, one := range s.all {
		if one.ok {
			n++
		}
	}
	return n
}

// percentile returns the duration that p percent of the requests do not exceed. Requests that
// failed count too: with the time that they took.
func (s samples) percentile(p float64) time.Duration {
	if len(s.all) == 0 {
		return 0
	}
	times := make([]time.Duration, len(s.all))
	for i, one := range s.all {
		times[i] = one.took
	}
	slices.Sort(times)
	i := int(math.Ceil(p/100*float64(len(times)))) - 1
	return times[max(0, i)]
}

// slowest returns the longest time of a request that was answered as it should be.
func (s samples) slowest() string {
	var longest time.Duration
	for _, one := range s.all {
		if one.ok {
			longest = max(longest, one.took)
		}
	}
	if s.good() == 0 {
		return "none"
	}
	return fmt.Sprintf("%.1f s", longest.Seconds())
}

func inMilliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
