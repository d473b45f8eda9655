package models

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestFloodOfRefusalsIsSpacedOutAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		err   error
		times int
		want  time.Duration // that the last one is held back
	}{
		"busy, the first":       {&BusyError{}, 1, 0},
		"busy, the hundredth":   {&BusyError{}, 100, 99 * refusalInterval},
		"throttled, the second": {&ThrottledError{}, 2, refusalInterval},
		"a very long flood":     {&ThrottledError{}, 1000, maxRefusalDelay},
		"a wrong password":      {ErrInvalidCredentials, 100, 0},
		"a success":             {nil, 100, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var r refusals
				began := time.Now()
				for range row.times - 1 {
					go r.holdBack(t.Context(), row.err)
				}
				synctest.Wait()
				if err := r.holdBack(t.Context(), row.err); !errors.Is(err, row.err) || time.Since(began) != row.want {
					t.Errorf("%v after %s", err, time.Since(began))
				}
				time.Sleep(maxRefusalDelay) // until the others have returned
			})
		})
	}
}

func TestClientThatTriesOneAfterTheOtherNoticesNoDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r refusals
		for range 1000 {
			began := time.Now()
			_ = r.holdBack(t.Context(), &ThrottledError{})
			if took := time.Since(began); took != 0 {
				t.Fatalf("held back for %s", took)
			}
			time.Sleep(refusalInterval) // the round trip
		}
	})
}

func TestClientThatGoesAwayEndsTheDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := refusals{next: time.Now().Add(time.Hour)}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		wantError(t, r.holdBack(ctx, &BusyError{}), ErrBusy)
		if took := time.Since(began); took != 0 {
			t.Errorf("held back for %s", took)
		}
	})
}

// Each refusal takes its turn, so the time of the next one moves on.
func TestEveryPathHoldsBackItsRefusals(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "marisol")
	s = s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait = 1, 0 })
	leave := mustEnter(t, s.gate) // nobody else gets a slot
	defer leave()
	for name, try := range map[string]func() error{
		"a login": func() error { return errorOf(s.Authenticate(t.Context(), visitor(), "marisol", password)) },
		"a sign-up": func() error {
			return errorOf(s.CreateUser(t.Context(), visitor(), UserParams{Username: "piotr", Password: password}))
		},
		"a new password": func() error {
			return s.ChangePassword(t.Context(), Actor{UserID: user.ID}, password, password+" new")
		},
	} {
		before := s.refusals.next
		wantError(t, try(), ErrBusy)
		if !s.refusals.next.After(before) {
			t.Errorf("%s was refused without taking a turn", name)
		}
	}
}
