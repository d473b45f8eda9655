package models

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRefusalsAreHeldBackAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err  error
		want time.Duration
	}{
		{&BusyError{}, time.Minute},
		{&ThrottledError{}, time.Minute},
		{ErrInvalidCredentials, 0},
		{nil, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &Store{refusalDelay: time.Minute}
			began := time.Now()
			if err := s.delayRefusal(t.Context(), row.err); !errors.Is(err, row.err) || time.Since(began) != row.want {
				t.Errorf("%v: %v after %s", row.err, err, time.Since(began))
			}
		})
	}
}

func TestClientThatGoesAwayEndsTheDelay(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := &Store{refusalDelay: time.Hour}
	wantError(t, s.delayRefusal(ctx, &BusyError{}), ErrBusy)
}

func TestEveryPathHoldsBackItsRefusals(t *testing.T) {
	t.Parallel()
	const delay = 200 * time.Millisecond
	s := newStore(t)
	user := s.addUser(t, "marisol")
	s = s.reopen(t, func(o *Options) { o.HashSlots, o.HashWait, o.RefusalDelay = 1, 0, delay })
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
		began := time.Now()
		wantError(t, try(), ErrBusy)
		if took := time.Since(began); took < delay {
			t.Errorf("%s was refused after %s", name, took)
		}
	}
}
