package models

import (
	"cmp"
	"slices"
)

// fairQueue holds those who wait, in one line for each group, such as an address. The groups take
// turns, so one that sends many requests delays mostly itself.
type fairQueue struct {
	lines  map[string][]*waiter // by group, in order of arrival; none is empty
	turns  []string             // the groups, in the order in which they are served
	length int                  // of all lines together
}

type waiter struct {
	group  string
	answer chan error // receives one value: nil with a slot, or why there is none
}

func newWaiter(group string) *waiter { return &waiter{group, make(chan error, 1)} }

func newFairQueue() fairQueue { return fairQueue{lines: map[string][]*waiter{}} }

func (q *fairQueue) push(w *waiter) {
	if q.lines[w.group] == nil {
		q.turns = append(q.turns, w.group)
	}
	q.lines[w.group] = append(q.lines[w.group], w)
	q.length++
}

// pop removes and returns the first waiter of the group whose turn it is. The queue must not be
// empty.
func (q *fairQueue) pop() *waiter {
	group := q.turns[0]
	q.turns = append(q.turns[1:], group)
	first := q.lines[group][0]
	q.remove(first)
	return first
}

// displace makes room for a newcomer: it removes and returns the newest waiter of the group with
// the longest line. It returns nil if that line would then be no longer than the newcomer's.
func (q *fairQueue) displace(newcomer string) *waiter {
	if q.length == 0 {
		return nil
	}
	longest := q.lines[slices.MaxFunc(q.turns, func(a, b string) int {
		return cmp.Compare(len(q.lines[a]), len(q.lines[b]))
	})]
	if len(longest)-1 <= len(q.lines[newcomer]) {
		return nil
	}
	newest := longest[len(longest)-1]
	q.remove(newest)
	return newest
}

// remove takes a waiter out of the queue, and reports whether it was there.
func (q *fairQueue) remove(w *waiter) bool {
	line := q.lines[w.group]
	i := slices.Index(line, w)
	if i < 0 {
		return false
	}
	q.length--
	if len(line) > 1 {
		q.lines[w.group] = slices.Delete(line, i, i+1)
		return true
	}
	delete(q.lines, w.group)
	turn := slices.Index(q.turns, w.group)
	q.turns = slices.Delete(q.turns, turn, turn+1)
	return true
}
