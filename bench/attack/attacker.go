package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// maxAttack bounds every attack, whatever happens to the process that started it.
const maxAttack = 3 * time.Minute

// order is what an attacker shall do.
type order struct {
	URL       string
	Path      string // where to send guesses; slow connections if empty
	Clients   int
	Addresses int
	Victim    string // half of the guesses are at this user, if set
	Own       bool   // do not guess: sign up, and log in with the right password
}

// report is what an attacker saw: how often each status, or an error as "none".
type report struct{ Answers map[string]int }

// attacker is a process that attacks, so that its work does not delay the measurements.
type attacker struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  io.ReadCloser
}

// startAttacker starts an attack that lasts until end is called.
func startAttacker(ctx context.Context, o order) (*attacker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	a := &attacker{command: exec.CommandContext(ctx, self, "-attacker")}
	a.command.Stderr = os.Stderr
	in, err1 := a.command.StdinPipe()
	out, err2 := a.command.StdoutPipe()
	if err := errors.Join(err1, err2, a.command.Start()); err != nil {
		return nil, fmt.Errorf("starting the attacker: %w", err)
	}
	a.stdin, a.stdout = in, out
	if err := json.NewEncoder(in).Encode(o); err != nil {
		return nil, errors.Join(fmt.Errorf("sending the order: %w", err), a.command.Process.Kill(), a.command.Wait())
	}
	return a, nil
}

// end ends the attack and returns what the attacker saw.
func (a *attacker) end() (report, error) {
	_ = a.stdin.Close()
	var r report
	err := json.NewDecoder(a.stdout).Decode(&r)
	if err := errors.Join(err, a.command.Wait()); err != nil {
		return report{}, fmt.Errorf("ending the attack: %w", err)
	}
	return r, nil
}

// beAttacker reads an order from in and attacks until in ends, which it also does when the process
// that gave the order is gone.
func beAttacker(ctx context.Context, in io.Reader, out io.Writer) error {
	ctx, stop := context.WithTimeout(ctx, maxAttack)
	defer stop()
	var o order
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return fmt.Errorf("reading the order: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		stop()
	}()
	counts := &counter{answers: map[string]int{}}
	var clients sync.WaitGroup
	for i := range o.Clients {
		clients.Go(func() {
			address := attackerAddress(i % o.Addresses)
			if o.Path == "" {
				o.holdSlowly(ctx, address, i, counts)
				return
			}
			if o.Own {
				o.logInAgainAndAgain(ctx, address, counts)
				return
			}
			o.flood(ctx, address, counts)
		})
	}
	clients.Wait()
	if err := json.NewEncoder(out).Encode(report{counts.answers}); err != nil {
		return fmt.Errorf("reporting: %w", err)
	}
	return nil
}

// flood sends guesses without a pause, whatever the answers are.
func (o order) flood(ctx context.Context, address string, counts *counter) {
	c := newClient(o.URL, address)
	c.http.Timeout = time.Minute
	c.http.Jar = nil
	defer c.close()
	for ctx.Err() == nil {
		name := fmt.Sprintf("user-%d", rand.IntN(1_000_000_000))
		if o.Victim != "" && rand.IntN(2) == 0 {
			name = o.Victim
		}
		c.attack(ctx, o.Path, name, fmt.Sprintf("wrong horse %d", rand.Int64()), counts)
	}
}

// logInAgainAndAgain signs up a user and logs in without a pause, as a known browser from the first
// login on. The password is right, so no budget ends it.
func (o order) logInAgainAndAgain(ctx context.Context, address string, counts *counter) {
	c := newClient(o.URL, address)
	c.http.Timeout = time.Minute
	defer c.close()
	path, name := "/register", fmt.Sprintf("user-%d", rand.IntN(1_000_000_000))
	for ctx.Err() == nil {
		if c.attack(ctx, path, name, password, counts) == http.StatusCreated {
			path = "/login"
		}
	}
}

// attack sends one request of an attack and returns its status, or 0 if there was no answer.
func (c *client) attack(ctx context.Context, path, name, password string, counts *counter) (status int) { //nolint:revive // one for each part of a request
	contentType, body := guess(path, name, password)
	status, _, err := c.post(ctx, path, contentType, body)
	switch {
	case ctx.Err() != nil: // the attack ended during the request
	case err != nil:
		counts.add("none")
		time.Sleep(10 * time.Millisecond) // the server hung up: let it
	default:
		counts.add(strconv.Itoa(status))
	}
	return status
}

// attackerAddress returns the address of the attacker with this number.
func attackerAddress(i int) string {
	return net.IPv4(127, 1, byte(i/250), byte(1+i%250)).String()
}

// counter counts answers.
type counter struct {
	sync.Mutex
	answers map[string]int
}

func (c *counter) add(answer string) {
	c.Lock()
	defer c.Unlock()
	c.answers[answer]++
}
