package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a password's length in characters. No setting goes below
// MinPasswordLength (ASVS 6.2.1); the upper bound is far above every
// passphrase and keeps hashing cheap (ASVS 6.2.9).
const (
	MinPasswordLength = 8
	MaxPasswordLength = 256
)

// WeakPasswordError tells why a password may not be used. Its text is a plain
// sentence that can be shown to the person who chose it; it never holds the
// password.
type WeakPasswordError struct{ Reason string }

func (e *WeakPasswordError) Error() string { return e.Reason }

// PasswordPolicy is what a new password must obey. Existing ones are never
// held to it.
type PasswordPolicy struct {
	MinLength int // in characters; what is below MinPasswordLength counts as that
}

// Check returns nil when username may use password, and a *WeakPasswordError
// otherwise. There are no rules on which characters to mix (SP 800-63B-4
// 3.1.1.2).
func (p PasswordPolicy) Check(username, password string) error {
	password = norm.NFC.String(password)
	length := utf8.RuneCountInString(password)
	minimum := max(p.MinLength, MinPasswordLength)
	switch {
	case !utf8.ValidString(password) || strings.ContainsAny(password, "\x00\uFFFD"):
		return &WeakPasswordError{"The password holds a character that cannot be stored. Use letters, digits, signs and spaces."}
	case length < minimum:
		return &WeakPasswordError{fmt.Sprintf("The password is too short. Use at least %d characters.", minimum)}
	case length > MaxPasswordLength:
		return &WeakPasswordError{fmt.Sprintf("The password is too long. Use at most %d characters.", MaxPasswordLength)}
	case username != "" && strings.Contains(strings.ToLower(password), strings.ToLower(username)):
		return &WeakPasswordError{"The password contains the user name. Use one that does not."}
	case isCommon(password):
		return &WeakPasswordError{"This password is one of the first that guessers try. Use another one, such as a few words that nobody would put together."}
	}
	return nil
}
