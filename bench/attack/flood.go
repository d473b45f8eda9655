package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Addresses of honest clients.
const (
	watcherAddress = "127.2.0.1" // sends GET /user
	ownerAddress   = "127.2.0.2" // logs in
)

// maxFlood bounds a flood that lasts longer than planned because the logins take long.
const maxFlood = 90 * time.Second

// flood is an attack on one of the operations that hash a password.
type flood struct {
	size               size
	path               string
	clients, addresses int
	known              bool // the owner's browser has logged in before, and half the guesses are at the owner
	own                bool // the clients log in with users of their own
}

// run floods the server and measures what its owner notices.
func (f flood) run(ctx context.Context, s *server) ([]figure, error) {
	watcher, owner := newClient(s.url, watcherAddress), newClient(s.url, ownerAddress)
	defer watcher.close()
	defer owner.close()
	token, _, err := idleLogin(ctx, watcher)
	if err != nil {
		return nil, err
	}
	_, idle, err := idleLogin(ctx, owner)
	if err != nil {
		return nil, err
	}
	o := order{URL: s.url, Path: f.path, Clients: f.clients, Addresses: f.addresses, Own: f.own}
	if f.known {
		o.Victim = username
	}
	attacker, err := startAttacker(ctx, o)
	if err != nil {
		return nil, err
	}
	rampUp := time.NewTimer(f.rampUp())
	defer rampUp.Stop()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	watched := make(chan samples, 1)
	watch := func() { watched <- watcher.watchUser(watching, token) }
	select {
	case <-rampUp.C:
	case <-ctx.Done():
	}
	go watch()
	started := time.Now()
	logins := f.logIn(ctx, owner, started)
	if rest := f.size.flood - time.Since(started); rest > 0 {
		time.Sleep(rest)
	}
	stopWatching()
	seen := <-watched
	report, err := attacker.end()
	if err != nil {
		return nil, err
	}
	back := f.backToNormal(ctx, owner, idle)
	peak, err := s.peakMemory()
	if err != nil {
		return nil, err
	}
	return f.figures(outcome{seen, logins, back, peak, report}), ctx.Err()
}

// rampUp returns how long the attack goes on before anything is measured: until the queue is full
// or, where the attackers have to sign up first, until most of them have.
func (f flood) rampUp() time.Duration {
	if f.own {
		return f.size.flood / 3
	}
	return min(2*time.Second, f.size.flood/2)
}

// outcome is what was measured during and after a flood.
type outcome struct {
	user, logins samples // GET /user; correct logins
	back         time.Duration
	peak         int // MiB
	report       report
}

// idleLogin logs in while nothing else happens, and returns a token and how long a login takes.
func idleLogin(ctx context.Context, c *client) (token string, idle time.Duration, err error) {
	var times samples
	for range 5 {
		started := time.Now()
		status, answer, err := c.login(ctx)
		if err != nil || status != http.StatusOK {
			return "", 0, fmt.Errorf("logging in on an idle server: status %d, error %w", status, err)
		}
		times.add(time.Since(started), true)
		token = answer
	}
	return token, times.percentile(50), nil
}

// logIn logs in with the right password, one login after another. A known browser sends its
// cookies; otherwise each login comes from a browser that the server has never seen.
func (f flood) logIn(ctx context.Context, known *client, started time.Time) samples {
	var logins samples
	for range f.size.logins {
		if time.Since(started) > maxFlood || ctx.Err() != nil {
			break
		}
		browser := f.browser(known)
		began := time.Now()
		status, _, err := browser.login(ctx)
		for tries := 1; tries < f.size.tries && status == http.StatusServiceUnavailable; tries++ {
			status, _, err = browser.login(ctx)
		}
		logins.add(time.Since(began), err == nil && status == http.StatusOK)
		browser.close()
	}
	return logins
}

// browser returns the known browser or, in an attack without one, a new browser.
func (f flood) browser(known *client) *client {
	if f.known {
		return known
	}
	return newClient(known.url, ownerAddress)
}

// backToNormal returns how long after the flood a login takes at most twice as long as it did
// before, or a minute if it never does.
func (f flood) backToNormal(ctx context.Context, known *client, idle time.Duration) time.Duration {
	started := time.Now()
	for time.Since(started) < time.Minute && ctx.Err() == nil {
		browser := f.browser(known)
		began := time.Now()
		status, _, err := browser.login(ctx)
		if err == nil && status == http.StatusOK && time.Since(began) <= 2*idle {
			return time.Since(started)
		}
		browser.close()
		time.Sleep(100 * time.Millisecond)
	}
	return time.Minute
}

// watchUser sends GET /user twenty times a second until ctx ends. A late answer delays no other
// request.
func (c *client) watchUser(ctx context.Context, token string) samples {
	var seen samples
	results := make(chan sample)
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	ended := ctx.Done()
	waiting := 0
	for ended != nil || waiting > 0 {
		select {
		case <-ended:
			ended = nil
			ticker.Stop()
		case <-ticker.C:
			waiting++
			go func() {
				began := time.Now()
				status, err := c.user(context.WithoutCancel(ctx), token)
				results <- sample{time.Since(began), err == nil && status == http.StatusOK}
			}()
		case r := <-results:
			waiting--
			seen.add(r.took, r.ok)
		}
	}
	return seen
}

// figures compares what was measured with what is required: everything in a flood from few
// addresses, and the logins in one from many.
func (f flood) figures(o outcome) []figure {
	gate := max(1, runtime.GOMAXPROCS(0)-1)
	bound := 100 + 2*gate*f.size.hashMemory>>10
	who := "correct logins from another address"
	if f.known {
		who = "correct logins from a known browser"
	}
	return []figure{
		{
			what: who, required: fmt.Sprintf("%d of %d", f.size.logins, f.size.logins),
			measured: fmt.Sprintf("%d of %d", o.logins.good(), f.size.logins), ok: o.logins.good() == f.size.logins,
		},
		{
			what: "the slowest of them", required: "3 s", measured: o.logins.slowest(), speed: true,
			ok: o.logins.good() == f.size.logins && o.logins.percentile(100) <= 3*time.Second,
		},
		{
			what: "GET /user answered 200", required: "all", measured: fmt.Sprintf("%d of %d", o.user.good(), len(o.user.all)),
			ok: o.user.good() == len(o.user.all) && len(o.user.all) > 0,
		},
		{
			what: "GET /user, p99", required: "100 ms", measured: inMilliseconds(o.user.percentile(99)), speed: true,
			ok: o.user.percentile(99) <= 100*time.Millisecond, info: f.known,
		},
		{
			what: "resident memory, peak", required: fmt.Sprintf("%d MiB", bound), measured: fmt.Sprintf("%d MiB", o.peak), speed: true,
			ok: o.peak <= bound, info: f.known,
		},
		{
			what: "back to normal after", required: "5 s", measured: fmt.Sprintf("%.1f s", o.back.Seconds()), speed: true,
			ok: o.back <= 5*time.Second, info: f.known,
		},
		{what: "answers to the attacker", required: "-", measured: o.report.String(), info: true},
	}
}

// String lists the answers, such as "401: 40, 429: 9000".
func (r report) String() string {
	var parts []string
	for _, answer := range slices.Sorted(maps.Keys(r.Answers)) {
		parts = append(parts, fmt.Sprintf("%s: %d", answer, r.Answers[answer]))
	}
	return strings.Join(parts, ", ")
}
