package auth

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
)

// MinSecretLength is the minimum length of a secret in bytes: the size of the hash that HS256 uses
// (RFC 7518 3.2).
const MinSecretLength = 32

// minSecretBytes is how many different bytes a secret must contain. Random ones have more: even of
// those that are 32 decimal digits, only one in 700 falls short.
const minSecretBytes = 8

// Errors returned by ParseSecrets.
var (
	ErrNoSecret     = errors.New("there is no secret")
	ErrShortSecret  = fmt.Errorf("a secret has fewer than %d bytes", MinSecretLength)
	ErrWeakSecret   = fmt.Errorf("a secret is not random: it has fewer than %d different characters", minSecretBytes)
	ErrSpacedSecret = errors.New("a secret has white space around it, which would become part of it")
)

// Secret is known only to this service and to the services that it trusts. Its raw bytes are the
// HS256 key, so that any library can verify tokens with the same secret. All other keys are derived
// from it, each under its own label.
type Secret []byte

// ParseSecrets parses a comma-separated list of secrets, newest first. It fails with ErrNoSecret,
// ErrShortSecret, ErrWeakSecret or ErrSpacedSecret.
func ParseSecrets(text string) ([]Secret, error) {
	if text == "" {
		return nil, ErrNoSecret
	}
	var secrets []Secret
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) != part {
			return nil, ErrSpacedSecret
		}
		if len(part) < MinSecretLength {
			return nil, ErrShortSecret
		}
		if countBytes(part) < minSecretBytes {
			return nil, ErrWeakSecret
		}
		secrets = append(secrets, Secret(part))
	}
	return secrets, nil
}

// countBytes returns how many different bytes text contains.
func countBytes(text string) int {
	different := map[byte]bool{}
	for _, b := range []byte(text) {
		different[b] = true
	}
	return len(different)
}

// Format prints "(secret)" for every verb, so that no log or message reveals the secret.
func (Secret) Format(out fmt.State, _ rune) { io.WriteString(out, "(secret)") }

// MarshalText returns "(secret)". JSON uses it, and so does slog, which ignores Format for bytes.
func (Secret) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// BudgetKey returns the key under which budgets of attempts are stored, so that the database names
// neither usernames that someone tried nor addresses.
func (s Secret) BudgetKey() []byte { return s.derive("latchkey budgets", sha256.Size) }

// derive returns length bytes of key material for the purpose that label names (HKDF, RFC 5869).
func (s Secret) derive(label string, length int) []byte {
	key, err := hkdf.Key(sha256.New, s, nil, label, length)
	if err != nil { // only if length exceeds 255 hashes
		panic(fmt.Sprintf("deriving %q: %v", label, err))
	}
	return key
}
