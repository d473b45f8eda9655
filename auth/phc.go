package auth

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// ErrMalformedHash means that a stored password hash is not an Argon2id PHC string, or that its
// parameters are out of bounds.
var ErrMalformedHash = errors.New("malformed password hash")

// Bounds of the parameters of a stored hash. Anyone who can write to the database can choose them:
// without bounds, one row could exhaust the memory or a processor, and argon2 panics on zeros.
const (
	MaxMemory  = 256 * 1024 // KiB
	MaxTime    = 10         // passes
	maxThreads = 16
	minSalt    = 8 // bytes
	maxSalt    = 64
	minKey     = 16
	maxKey     = 64
)

// Lengths in bytes of the salt and key of new hashes (ASVS 11.4.2).
const (
	saltLength = 16
	keyLength  = 32
)

// phc is a password hash in the string format of the Password Hashing Competition (PHC).
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

// parsePHC accepts exactly what String returns, within the bounds above.
func parsePHC(encoded string) (phc, error) {
	var p phc
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return phc{}, ErrMalformedHash
	}
	_, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.cost.Memory, &p.cost.Time, &p.cost.Threads)
	if err != nil {
		return phc{}, ErrMalformedHash
	}
	var errSalt, errKey error
	p.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(fields[4])
	p.key, errKey = base64.RawStdEncoding.Strict().DecodeString(fields[5])
	// Encoding the result again must give the same text. This checks the version, and rejects
	// signs, leading zeros, line breaks and everything else that Sscanf tolerates.
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
