package auth

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"latchkey/auth/authtest"
)

type policyTest struct {
	name      string
	minLength int
	password  string
	reason    string // its key in sharedPasswords, or empty if the password is allowed
}

// sharedPasswords are the rules as a table. A test in browser/ checks the pages' copy of the rules
// with it.
type sharedPasswords struct {
	MinLength, MaxLength int
	Names                []string
	Reasons              map[string]string
	Groups               []struct {
		Reason    string // a key of Reasons, or empty if the passwords are allowed
		Username  string
		Roles     []string
		Passwords []string
	}
}

func readPasswords(t testing.TB) (shared sharedPasswords) {
	t.Helper()
	text, err := os.ReadFile("testdata/passwords.json")
	authtest.Must(t, err)
	authtest.Must(t, json.Unmarshal(text, &shared))
	return shared
}

func TestPasswordsAreAllowedOrRefusedForTheirReason(t *testing.T) {
	t.Parallel()
	shared := readPasswords(t)
	policy := PasswordPolicy{MinLength: shared.MinLength, Names: shared.Names}
	for _, group := range shared.Groups {
		for _, password := range group.Passwords {
			if got := reasonOf(policy.Check(group.Username, group.Roles, password)); got != shared.Reasons[group.Reason] {
				t.Errorf("%q: reason %q, want %q", password, got, shared.Reasons[group.Reason])
			}
		}
	}
}

// reasonOf returns the reason of a WeakPasswordError, or empty text without an error.
func reasonOf(err error) string {
	if weak, isWeak := errors.AsType[*WeakPasswordError](err); isWeak {
		return weak.Reason
	}
	if err != nil {
		return "another error: " + err.Error()
	}
	return ""
}

func checkPolicy(t *testing.T, tests []policyTest) {
	t.Helper()
	reasons := readPasswords(t).Reasons
	for _, test := range tests {
		minimum := strconv.Itoa(max(test.minLength, MinPasswordLength))
		want := strings.Replace(reasons[test.reason], "at least 8", "at least "+minimum, 1)
		got := reasonOf(PasswordPolicy{MinLength: test.minLength}.Check("alice", nil, test.password))
		if got != want {
			t.Errorf("%s: reason %q, want %q", test.name, got, want)
		}
	}
}

func TestPasswordLength(t *testing.T) {
	t.Parallel()
	checkPolicy(t, []policyTest{
		{"8 characters", 8, "kX9#mQ2v", ""},
		{"14 of at least 15", 15, "kX9#mQ2vkX9#mQ", "short"},
		{"15 of at least 15", 15, "kX9#mQ2vkX9#mQ2", ""},
		{"7 without a setting", 0, "kX9#mQ2", "short"},
		{"7 with a setting below 8", 4, "kX9#mQ2", "short"},
		{"8 without a setting", 0, "kX9#mQ2v", ""},
		{"256 characters", 8, longPassword(256), ""},
		{"257 characters", 8, longPassword(257), "long"},
		{"256 characters of four bytes", 8, strings.Repeat("🔑🦦🪁🐎🔋📎🧵🪵", 32), ""},
		{"257 characters of four bytes", 8, strings.Repeat("🔑", 257), "long"},
		{"a megabyte", 8, strings.Repeat("kX9#", 1<<18), "long"},
		{"15 emoji", 15, "🔑🦦🪁🐎🔋📎🧵🪵🔑🦦🪁🐎🔋📎🧵", ""},
		{"8 letters with combining accents", 8, "e\u0301a\u0301o\u0301u\u0301e\u0301i\u0301a\u0301y\u0301", ""},
		{"256 letters with combining accents", 8, strings.Repeat("e\u0301a\u0301o\u0301u\u0301e\u0301i\u0301a\u0301y\u0301", 32), ""},
	})
}

func TestPasswordCharacters(t *testing.T) {
	t.Parallel()
	checkPolicy(t, []policyTest{
		{"a line break", 8, "kX9#\nmQ2v", ""},

		{"invalid UTF-8", 8, "kX9#mQ2v\xff", "text"},
		{"a surrogate in UTF-8", 8, "kX9#mQ2v\xed\xa0\x80", "text"},
		{"an overlong slash", 8, "kX9#mQ2v\xc0\xaf", "text"},
	})
}

func longPassword(length int) string {
	return strings.Repeat("kX9#mQ2v", length/8+1)[:length]
}

// A longer minimum also bounds what may be repeated, and what must be left without names.
func TestLongerMinimumCountsForEveryRule(t *testing.T) {
	t.Parallel()
	policy := PasswordPolicy{MinLength: 15, Names: []string{"Latchkey"}}
	for password, want := range map[string]string{
		"kX9#mQ2vZ kX9#mQ2vZ ": "simple pattern", "latchkey otter kit": "at least 15 other characters",
		"kX9#mQ2vZ otter": "", "latchkey otter kite lamp": "",
	} {
		if got := reasonOf(policy.Check("alice", nil, password)); !strings.Contains(got, want) || (got == "") != (want == "") {
			t.Errorf("%q: reason %q, want %q", password, got, want)
		}
	}
}

// Names of one or two letters are in too many words.
func TestShortNamesAreIgnored(t *testing.T) {
	t.Parallel()
	policy := PasswordPolicy{Names: []string{"X", "Al", "a.b-c", "", "...", "It's"}}
	if got := reasonOf(policy.Check("", []string{"qa", "x"}, "altalxal")); got != "" {
		t.Error(got)
	}
}

// What is tried here comes from anybody, before anything limits how often.
func FuzzPolicy(f *testing.F) {
	for _, group := range readPasswords(f).Groups {
		for _, password := range group.Passwords {
			f.Add(group.Username, strings.Join(group.Roles, " "), password)
		}
	}
	f.Add("\xff", "\xed\xa0\x80", "kX9#mQ2v\xff")
	f.Add("aaa", "aaa aa", strings.Repeat("a", 255)+"b")
	f.Add("İ", "ΣΣΣ", strings.Repeat("İΣ1", 80))
	f.Fuzz(func(t *testing.T, username, role, password string) {
		err := PasswordPolicy{Names: []string{"Latchkey"}}.Check(username, []string{role}, password)
		if err != nil && reasonOf(err) == "" {
			t.Errorf("the error has no reason: %v", err)
		}
		if err == nil && (!utf8.ValidString(password) || isCommon(strings.ToLower(norm.NFC.String(password)))) {
			t.Error("the password is accepted")
		}
	})
}

// BenchmarkPolicy checks the longest password with the most names.
func BenchmarkPolicy(b *testing.B) {
	roles := make([]string, 32)
	for i := range roles {
		roles[i] = strings.Repeat("aab.", i%16+1)
	}
	password := strings.Repeat("aabaac1!", 30) + "otter kite"
	for b.Loop() {
		_ = PasswordPolicy{Names: []string{"Latchkey"}}.Check("alice", roles, password)
	}
}
