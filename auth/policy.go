package auth

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
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
	MinLength int      // in characters; MinPasswordLength applies if this is lower
	Names     []string // that are easy to guess, such as the app's; their words don't count as length
}

// Minimum returns the smallest length of a password in characters.
func (p PasswordPolicy) Minimum() int { return max(p.MinLength, MinPasswordLength) }

// Check returns nil if a user with these roles may use the password, and a *WeakPasswordError
// otherwise. No particular mix of characters is required (SP 800-63B-4 3.1.1.2).
// static/password-rules.js has the same rules in the same words, except for common passwords.
func (p PasswordPolicy) Check(username string, roles []string, password string) error {
	password = norm.NFC.String(password)
	length, minimum := utf8.RuneCountInString(password), p.Minimum()
	var reason string
	switch lower := strings.ToLower(password); {
	case !utf8.ValidString(password) || strings.ContainsAny(password, "\x00\uFFFD"):
		reason = "The password contains a character that cannot be stored. Use letters, digits, punctuation and spaces."
	case length < minimum:
		reason = fmt.Sprintf("The password is too short. Use at least %d characters.", minimum)
	case length > MaxPasswordLength:
		reason = fmt.Sprintf("The password is too long. Use at most %d characters.", MaxPasswordLength)
	case username != "" && strings.Contains(lower, strings.ToLower(username)):
		reason = "The password contains the username. Choose a different password."
	case isPattern([]rune(lower), minimum):
		reason = "This password is a simple pattern. Try a few unrelated words."
	case isMostlyNames(lower, words(slices.Concat(p.Names, roles, []string{username})), minimum):
		reason = fmt.Sprintf("Names are easy to guess. Use at least %d other characters.", minimum)
	case isVariantOfCommon(lower), isVariantOfCommon(withoutSigns(lower)), isVariantOfCommon(onlyOnce(lower)):
		reason = "This password is too common. Try a few unrelated words."
	default:
		return nil
	}
	return &WeakPasswordError{reason}
}

// isPattern reports whether a password repeats something that is shorter than the minimum, such as
// abcabcabc, or consists of at most three runs and other characters, such as abcd1234. A run is at
// least three characters, each of which follows, precedes or equals the one before.
func isPattern(password []rune, minimum int) bool {
	for period := 1; period < minimum && 2*period <= len(password); period++ {
		if slices.Equal(password[period:], password[:len(password)-period]) {
			return true
		}
	}
	units := 0
	for start := 0; start < len(password); units++ {
		end := start + 1
		for end < len(password) && isStep(password[end]-password[end-1], password[start+1]-password[start]) {
			end++
		}
		if end-start < 3 {
			end = start + 1
		}
		start = end
	}
	return units <= 3
}

// isStep reports whether a step between two characters continues a run.
func isStep(step, first rune) bool { return step == first && -1 <= step && step <= 1 }

// isMostlyNames reports whether a password is too short or a pattern without these words, with
// substitutions undone too.
func isMostlyNames(password string, names []string, minimum int) bool {
	named := make([]bool, len(password)) // all readings have the same length
	for _, reading := range readings(password) {
		for _, name := range names {
			for from := 0; ; from++ {
				i := strings.Index(reading[from:], name)
				if i < 0 {
					break
				}
				from += i
				for j := range len(name) {
					named[from+j] = true
				}
			}
		}
	}
	var rest []rune
	for i, char := range password {
		if !named[i] {
			rest = append(rest, char)
		}
	}
	return len(rest) < minimum || isPattern(rest, minimum)
}

// words returns the words of at least three characters in these names, in lower case.
func words(names []string) []string {
	text := norm.NFC.String(strings.ToLower(strings.Join(names, " ")))
	all := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	all = slices.DeleteFunc(all, func(word string) bool { return utf8.RuneCountInString(word) < 3 })
	slices.Sort(all)
	return slices.Compact(all)
}

// readings returns a password in lower case as it is, and with the usual substitutions undone:
// p@ssw0rd is password. Some characters stand for two letters.
func readings(password string) []string {
	undo := func(one string) string {
		return strings.NewReplacer("0", "o", "1", one, "!", one, "3", "e", "4", "a", "@", "a",
			"5", "s", "$", "s", "7", "t", "+", "t", "8", "b").Replace(password)
	}
	return []string{password, undo("i"), undo("l")}
}

// withoutSigns returns a password without what is before its first letter or digit.
func withoutSigns(password string) string {
	return strings.TrimLeftFunc(password, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// onlyOnce returns what a password consists of twice, with or without a sign between, such as
// password-password; other passwords as they are.
func onlyOnce(password string) string {
	half := len(password) / 2
	first, second := password[:half], password[len(password)-half:]
	if first != second {
		return password
	}
	return first
}

// maxTail is how many digits and other signs may follow a common password, in characters.
const maxTail = 6

// isVariantOfCommon reports whether a password in lower case is common if substitutions are undone
// and some of the signs at its end are left out.
func isVariantOfCommon(password string) bool {
	all := readings(password)
	for tail := 0; tail <= maxTail && tail < len(password); tail++ {
		end := len(password) - tail
		for _, reading := range all {
			if isCommon(reading[:end]) {
				return true
			}
		}
		if last := password[end-1]; 'a' <= last && last <= 'z' || last >= utf8.RuneSelf {
			return false
		}
	}
	return false
}
