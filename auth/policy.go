package auth

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a password's length in characters. No setting can lower MinPasswordLength (ASVS 6.2.1).
// MaxPasswordLength leaves room for any passphrase and keeps hashing cheap (ASVS 6.2.9).
const (
	MinPasswordLength = 8
	MaxPasswordLength = 256
)

// WeakPasswordError explains why a password is refused.
type WeakPasswordError struct {
	Reason string // a sentence to show to the user; it never contains the password
}

// Error returns the reason.
func (e *WeakPasswordError) Error() string { return e.Reason }

// PasswordPolicy is the set of rules for new passwords. Existing passwords are not checked.
type PasswordPolicy struct {
	MinLength int // in characters; MinPasswordLength applies if this is lower
}

// Check returns nil if the user may use the password, and a *WeakPasswordError otherwise. No
// particular mix of characters is required (SP 800-63B-4 3.1.1.2).
func (p PasswordPolicy) Check(username, password string) error {
	password = norm.NFC.String(password)
	length := utf8.RuneCountInString(password)
	minimum := max(p.MinLength, MinPasswordLength)
	containsUsername := username != "" &&
		strings.Contains(strings.ToLower(password), strings.ToLower(username))
	var reason string
	switch {
	case !utf8.ValidString(password) || strings.ContainsAny(password, "\x00\uFFFD"):
		reason = "The password contains a character that cannot be stored. Use letters, digits, punctuation and spaces."
	case length < minimum:
		reason = fmt.Sprintf("The password is too short. Use at least %d characters.", minimum)
	case length > MaxPasswordLength:
		reason = fmt.Sprintf("The password is too long. Use at most %d characters.", MaxPasswordLength)
	case containsUsername:
		reason = "The password contains the username. Choose a different password."
	case isCommon(password):
		reason = "This password is too common. Try a few unrelated words."
	default:
		return nil
	}
	return &WeakPasswordError{reason}
}
