package models

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// try is what a hash costs. The zero value costs nothing.
type try struct {
	charges []charge // before the hash; always in the same order, so that transactions cannot deadlock
	failure *charge  // only if the password is wrong, but there must be room for it before
}

// throttle is what a Store needs to limit tries.
type throttle struct {
	key     []byte
	limits  limits
	refused *refusedBudgets
}

// Throttle limits how often passwords are checked and users sign up. The key keeps names and
// addresses out of the database: processes that share the database need the same one. Call Throttle
// before any other method; without it, nothing is limited.
func (s *Store) Throttle(key []byte) {
	s.throttle = &throttle{key, newLimits(), newRefusedBudgets()}
}

// guessTry returns what it costs to check a password. The user is the one with this name, or the
// zero value: names that do not exist have budgets as well.
func (s *Store) guessTry(by Actor, username string, user User) try {
	t := s.throttle
	switch {
	case t == nil || by.CommandLine:
		return try{}
	case s.isKnownBrowser(by, user):
		return try{charges: []charge{t.charge(t.limits.guessKnownBrowser, user.ID+" "+by.Browser.ID)}}
	}
	overall := t.charge(t.limits.guessOverall, "")
	return try{failure: &overall, charges: []charge{
		t.charge(t.limits.guessName, foldCase(username)),
		t.charge(t.limits.guessNetwork, Network(by.Address)),
	}}
}

// signUpTry returns what it costs to create a user, which is nothing for anyone who is logged in.
func (s *Store) signUpTry(by Actor, username string) try {
	t := s.throttle
	if t == nil || by.CommandLine || by.UserID != "" {
		return try{}
	}
	return try{charges: []charge{
		t.charge(t.limits.signUpName, foldCase(username)),
		t.charge(t.limits.signUpNetwork, Network(by.Address)),
		t.charge(t.limits.signUpOverall, ""),
	}}
}

// charge returns a charge to the budget that a name or network has under a limit.
func (t *throttle) charge(l limit, of string) charge {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(l.kind + "\x00" + of))
	return charge{l, base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}
}

// recall fails with *ThrottledError if the database has refused the try already, without asking it
// again.
func (s *Store) recall(t try) error {
	charges := t.charges
	if t.failure != nil {
		charges = append(slices.Clip(charges), *t.failure)
	}
	for _, c := range charges {
		if wait := s.throttle.refused.wait(c, s.now()); wait > 0 {
			return newThrottledError(c, wait)
		}
	}
	return nil
}

// ThrottledError is an ErrThrottled that knows when the next try is possible.
type ThrottledError struct {
	limit string
	after time.Duration
}

func newThrottledError(c charge, wait time.Duration) *ThrottledError {
	return &ThrottledError{c.limit.kind, max(time.Second, wait)}
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v: %s; try again in %s", ErrThrottled, e.limit, e.after)
}

// Unwrap returns ErrThrottled.
func (e *ThrottledError) Unwrap() error { return ErrThrottled }

// RetryAfter returns after how long to try again, at least one second.
func (e *ThrottledError) RetryAfter() time.Duration { return e.after }
