// Package auth is the security core: password hashes, signing keys and access
// tokens. It is pure: it knows no HTTP, no database and no clock but the one
// it is given, so that an auditor can read it alone.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// ErrPasswordMismatch tells that a password is not the one that was hashed.
var ErrPasswordMismatch = errors.New("password does not match")

// ErrMalformedHash tells that a stored password hash is not an Argon2id PHC
// string, or that its parameters are out of bounds.
var ErrMalformedHash = errors.New("malformed password hash")

// Bounds of what a stored hash may ask for. The string comes from a database,
// which somebody else may have written to: without bounds one row could take
// all memory (m) or all time (t), and argon2 panics on zeros.
const (
	MaxMemory  = 256 * 1024 // KiB
	MaxTime    = 10
	maxThreads = 16
	minSalt    = 8 // bytes
	maxSalt    = 64
	minKey     = 16
	maxKey     = 64
)

// Salt and key length of the hashes made here, in bytes (ASVS 11.4.2).
const (
	saltLength = 16
	keyLength  = 32
)

// Cost is what one hash costs: Memory in KiB, up to MaxMemory, Time in passes
// over it, up to MaxTime, and Threads at once, from 1 to 16.
type Cost struct {
	Memory  uint32
	Time    uint32
	Threads uint8
}

// above returns a cost of as much work as c takes more than other: work is
// memory times passes. Its Time is zero when it does not take more.
func (c Cost) above(other Cost) Cost {
	work := int64(c.Memory)*int64(c.Time) - int64(other.Memory)*int64(other.Time)
	memory := work / int64(c.Time)
	if memory < 8*int64(c.Threads) { // less than the least that Argon2 takes
		return Cost{}
	}
	return Cost{Memory: uint32(memory), Time: c.Time, Threads: c.Threads}
}

// Hasher hashes and verifies passwords with Argon2id (RFC 9106), never more
// at once than its gate admits. It is safe for concurrent use.
type Hasher struct {
	cost  Cost
	gate  gate
	decoy string
}

// NewHasher makes a Hasher that runs at most slots hashes at once, each of
// cost, while at most queue others wait.
func NewHasher(cost Cost, slots, queue int) *Hasher {
	return &Hasher{
		cost:  cost,
		gate:  newGate(slots, queue),
		decoy: phc{cost, random(saltLength), random(keyLength)}.String(),
	}
}

// Hash returns the PHC string of password under a new random salt.
// It fails with ErrBusy when the queue is full, or with ctx's error when the
// caller went away while waiting.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := random(saltLength)
	return phc{h.cost, salt, derive(password, salt, h.cost, keyLength)}.String(), nil
}

// Verify returns nil when encoded is a hash of password, and
// ErrPasswordMismatch when it is another's. An empty encoded stands for a user
// that does not exist: it never matches, and costs one hash like any other, so
// that time does not tell who exists (ASVS 6.3.8). For the same reason a hash
// from the time of a lower cost costs the difference on top. Other errors are those of
// Hash, and ErrMalformedHash.
func (h *Hasher) Verify(ctx context.Context, password, encoded string) error {
	if encoded == "" {
		encoded = h.decoy
	}
	stored, err := parsePHC(encoded)
	if err != nil {
		return err
	}
	leave, err := h.gate.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	key := derive(password, stored.salt, stored.cost, uint32(len(stored.key)))
	if rest := h.cost.above(stored.cost); rest.Time > 0 {
		derive(password, stored.salt, rest, uint32(len(stored.key)))
	}
	if subtle.ConstantTimeCompare(key, stored.key) != 1 {
		return ErrPasswordMismatch
	}
	return nil
}

// NeedsRehash tells whether encoded was made with less memory or fewer passes
// than Hash uses now.
func (h *Hasher) NeedsRehash(encoded string) bool {
	stored, err := parsePHC(encoded)
	return err == nil && (stored.cost.Memory < h.cost.Memory || stored.cost.Time < h.cost.Time)
}

// derive is the one place where a password meets Argon2id. The password is
// brought to NFC, so that the same characters typed on two keyboards are the
// same password, and is otherwise taken as it is: not trimmed, folded or cut.
func derive(password string, salt []byte, cost Cost, length uint32) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, cost.Time, cost.Memory, cost.Threads, length)
}

// phc is a password hash in the PHC string format.
type phc struct {
	cost Cost
	salt []byte
	key  []byte
}

// String returns $argon2id$v=19$m=…,t=…,p=…$salt$key.
func (p phc) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.Memory, p.cost.Time, p.cost.Threads, encode(p.salt), encode(p.key))
}

// parsePHC accepts exactly what String writes, within the bounds above.
func parsePHC(encoded string) (phc, error) {
	var p phc
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return phc{}, ErrMalformedHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.cost.Memory, &p.cost.Time, &p.cost.Threads); err != nil {
		return phc{}, ErrMalformedHash
	}
	var errSalt, errKey error
	p.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(fields[4])
	p.key, errKey = base64.RawStdEncoding.Strict().DecodeString(fields[5])
	// Written again it must be the same text: that settles the version, signs,
	// leading zeros, line breaks and whatever else a lenient scan lets through.
	if errSalt != nil || errKey != nil || !p.withinBounds() || p.String() != encoded {
		return phc{}, ErrMalformedHash
	}
	return p, nil
}

func (p phc) withinBounds() bool {
	return p.cost.Threads >= 1 && p.cost.Threads <= maxThreads &&
		p.cost.Time >= 1 && p.cost.Time <= MaxTime &&
		p.cost.Memory >= 8*uint32(p.cost.Threads) && p.cost.Memory <= MaxMemory &&
		len(p.salt) >= minSalt && len(p.salt) <= maxSalt &&
		len(p.key) >= minKey && len(p.key) <= maxKey
}

// random returns n bytes nobody can guess. crypto/rand never fails.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
