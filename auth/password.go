package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// ErrPasswordMismatch means that the password is not the one that was hashed.
var ErrPasswordMismatch = errors.New("password does not match")

// Cost is the cost of one hash.
type Cost struct {
	Memory  uint32 // in KiB, at most MaxMemory
	Time    uint32 // passes over the memory, at most MaxTime
	Threads uint8  // 1 to 16
}

// excess returns a cost whose work is the work of c minus that of other, where work is memory times
// passes. It returns the zero Cost if that is too little for Argon2 to run.
func (c Cost) excess(other Cost) Cost {
	work := int64(c.Memory)*int64(c.Time) - int64(other.Memory)*int64(other.Time)
	memory := work / int64(c.Time)
	if memory < 8*int64(c.Threads) { // Argon2's minimum
		return Cost{}
	}
	return Cost{Memory: uint32(memory), Time: c.Time, Threads: c.Threads}
}

// Hasher hashes and verifies passwords with Argon2id (RFC 9106). It is safe for concurrent use.
// Each call occupies a processor and Cost.Memory: the caller limits how many run at once.
type Hasher struct {
	cost  Cost
	decoy string
}

// NewHasher returns a Hasher whose hashes have this cost.
func NewHasher(cost Cost) *Hasher {
	return &Hasher{cost: cost, decoy: phc{cost, random(saltLength), random(keyLength)}.String()}
}

// Memory returns how many bytes Verify takes to compare a password with encoded, or Hash if encoded
// is empty.
func (h *Hasher) Memory(encoded string) int64 {
	memory := h.cost.Memory
	if stored, err := parsePHC(encoded); err == nil {
		memory = max(memory, stored.cost.Memory)
	}
	return int64(memory) << 10
}

// SamePassword reports whether two passwords are equal, however a keyboard encodes their
// characters.
func SamePassword(a, b string) bool { return norm.NFC.String(a) == norm.NFC.String(b) }

// Hash returns the PHC string of the password under a new random salt.
func (h *Hasher) Hash(password string) string {
	salt := random(saltLength)
	return phc{h.cost, salt, deriveKey(password, salt, h.cost, keyLength)}.String()
}

// Verify returns nil if encoded is a hash of the password, and ErrPasswordMismatch if it is not. It
// fails with ErrMalformedHash if encoded is not a hash at all.
//
// An empty encoded stands for a user who does not exist: it never matches, and it takes as long as
// a hash of the current cost, so that timing does not reveal which users exist (ASVS 6.3.8). For
// the same reason, Verify makes up the missing work for a hash of a lower cost. A hash of a higher
// cost takes longer until NeedsRehash has had it replaced.
func (h *Hasher) Verify(password, encoded string) error {
	if encoded == "" {
		encoded = h.decoy
	}
	stored, err := parsePHC(encoded)
	if err != nil {
		return err
	}
	key := deriveKey(password, stored.salt, stored.cost, uint32(len(stored.key)))
	if missing := h.cost.excess(stored.cost); missing.Time > 0 {
		deriveKey(password, stored.salt, missing, uint32(len(stored.key)))
	}
	if subtle.ConstantTimeCompare(key, stored.key) != 1 {
		return ErrPasswordMismatch
	}
	return nil
}

// NeedsRehash reports whether encoded was made at another cost than Hash has now. A hash of a
// higher cost is replaced too: it takes longer than the decoy, which reveals that the user exists.
func (h *Hasher) NeedsRehash(encoded string) bool {
	stored, err := parsePHC(encoded)
	return err == nil && stored.cost != h.cost
}

// deriveKey is the only function that passes a password to Argon2id. It normalises the password to
// NFC, because keyboards differ in how they encode the same character, and changes nothing else.
func deriveKey(password string, salt []byte, cost Cost, length uint32) []byte {
	normalised := []byte(norm.NFC.String(password))
	return argon2.IDKey(normalised, salt, cost.Time, cost.Memory, cost.Threads, length)
}

// random returns n random bytes. crypto/rand never fails.
func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}
