package main

import (
	"context"
	"fmt"
	"time"
)

// attack is one attack on a fresh server, and what is measured meanwhile.
type attack struct {
	name, what string
	run        func(ctx context.Context, s *server) ([]figure, error)
}

// size says how large the attacks are.
type size struct {
	hashMemory int // KiB for each password hash
	clients    int // of a flood from few addresses
	many       int // clients of a flood from many addresses, one from each
	own        int // clients that log in with users of their own, from one address
	flood      time.Duration
	logins     int // correct ones during a flood
	tries      int // for each login, while the answer is that the server is busy
	slow       int // slow connections
	rounds     int // with and without slow connections, in turns
	probes     int // requests in each round
	judgeAll   bool
}

// fullSize returns the attacks that the figures are about.
func fullSize() size {
	return size{
		hashMemory: 64 << 10, clients: 200, many: 1000, own: 59, flood: 30 * time.Second, logins: 20, tries: 1,
		slow: 1000, rounds: 7, probes: 400, judgeAll: true,
	}
}

// shortSize returns attacks for CI, where nobody knows how fast the machine is: on one so slow that
// a hash takes a second, even an honest client may have to try again.
func shortSize() size {
	return size{
		hashMemory: 19 << 10, clients: 40, many: 100, own: 5, flood: time.Second, logins: 3, tries: 20,
		slow: 200, rounds: 1, probes: 50,
	}
}

// attacks returns the attacks of this size; all if only is empty, and otherwise those with that
// name.
func (z size) attacks(only string) []attack {
	var all []attack
	for _, path := range []string{"/login", "/register", "/token"} {
		f := flood{size: z, path: path, clients: z.clients, addresses: 4}
		all = append(all, attack{
			name: path[1:],
			what: fmt.Sprintf("%d clients from 4 addresses flood %s", z.clients, path),
			run:  f.run,
		})
	}
	for _, path := range []string{"/login", "/register", "/token"} {
		f := flood{size: z, path: path, clients: z.many, addresses: z.many, known: true}
		all = append(all, attack{
			name: path[1:] + "-many",
			what: fmt.Sprintf("%d clients from %d addresses flood %s", z.many, z.many, path),
			run:  f.run,
		})
	}
	own := flood{size: z, path: "/login", clients: z.own, addresses: 1, known: true, own: true}
	all = append(all, attack{
		name: "login-own",
		what: fmt.Sprintf("%d clients from one address log in with users of their own, and the right passwords", z.own),
		run:  own.run,
	}, attack{
		name: "slow",
		what: fmt.Sprintf("%d slow connections: unfinished headers, slow bodies, slow readers", z.slow),
		run:  slow{z}.run,
	})
	if only == "" {
		return all
	}
	var chosen []attack
	for _, a := range all {
		if a.name == only {
			chosen = append(chosen, a)
		}
	}
	return chosen
}

func attackNames(attacks []attack) (names []string) {
	for _, a := range attacks {
		names = append(names, a.name)
	}
	return names
}
