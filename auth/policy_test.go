package auth

import (
	"errors"
	"strings"
	"testing"
)

// Parts of the reasons.
const (
	short            = "too short"
	long             = "too long"
	containsUsername = "contains the username"
	notText          = "cannot be stored"
)

type policyTest struct {
	name      string
	minLength int
	username  string
	password  string
	want      string // part of the reason, or empty if the password is allowed
}

func checkPolicy(t *testing.T, tests []policyTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := PasswordPolicy{MinLength: test.minLength}.Check(test.username, test.password)
			if test.want == "" {
				if err != nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			if _, weak := errors.AsType[*WeakPasswordError](err); !weak {
				t.Fatalf("got %v, want a WeakPasswordError", err)
			}
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("%q does not contain %q", err, test.want)
			}
			if test.password != "" && strings.Contains(err.Error(), test.password) {
				t.Errorf("%q contains the password", err)
			}
		})
	}
}

func TestPasswordLength(t *testing.T) {
	t.Parallel()
	checkPolicy(t, []policyTest{
		{"empty", 8, "alice", "", short},
		{"7 characters", 8, "alice", "kX9#mQ2", short},
		{"8 characters", 8, "alice", "kX9#mQ2v", ""},
		{"14 of at least 15", 15, "alice", "kX9#mQ2vkX9#mQ", short},
		{"15 of at least 15", 15, "alice", "kX9#mQ2vkX9#mQ2", ""},
		{"7 without a setting", 0, "alice", "kX9#mQ2", short},
		{"7 with a setting below 8", 4, "alice", "kX9#mQ2", short},
		{"8 without a setting", 0, "alice", "kX9#mQ2v", ""},
		{"256 characters", 8, "alice", strings.Repeat("kX9#", 64), ""},
		{"257 characters", 8, "alice", strings.Repeat("kX9#", 64) + "m", long},
		{"256 characters of four bytes", 8, "alice", strings.Repeat("🔑", 256), ""},
		{"257 characters of four bytes", 8, "alice", strings.Repeat("🔑", 257), long},
		{"a megabyte", 8, "alice", strings.Repeat("kX9#", 1<<18), long},
		{"7 emoji are 28 bytes and too short", 8, "alice", strings.Repeat("🔑", 7), short},
		{"15 emoji", 15, "alice", strings.Repeat("🔑", 15), ""},
		{"8 letters with accents", 8, "alice", "äéîõüçñå", ""},
		{"7 letters with combining accents", 8, "alice", strings.Repeat("e\u0301", 7), short},
		{"8 letters with combining accents", 8, "alice", strings.Repeat("e\u0301", 8), ""},
		{"256 letters with combining accents", 8, "alice", strings.Repeat("e\u0301", 256), ""},
	})
}

func TestPasswordCharacters(t *testing.T) {
	t.Parallel()
	checkPolicy(t, []policyTest{
		{"only lower case", 8, "alice", "qwmvkxzj", ""},
		{"only digits", 8, "alice", "59274163", ""},
		{"a passphrase with spaces", 8, "alice", "correct horse battery staple", ""},
		{"spaces around count", 8, "alice", " kX9#mQ ", ""},
		{"only spaces", 8, "alice", "        ", ""},
		{"a line break", 8, "alice", "kX9#\nmQ2v", ""},

		{"NUL at the end", 8, "alice", "kX9#mQ2v\x00", notText},
		{"NUL inside", 8, "alice", "kX9#\x00mQ2v", notText},
		{"invalid UTF-8", 8, "alice", "kX9#mQ2v\xff", notText},
		{"a surrogate in UTF-8", 8, "alice", "kX9#mQ2v\xed\xa0\x80", notText},
		{"an overlong slash", 8, "alice", "kX9#mQ2v\xc0\xaf", notText},
		{"the replacement character, left by a failed decoding", 8, "alice", "kX9#mQ2\ufffd", notText},
	})
}

func TestPasswordMustNotContainTheUsername(t *testing.T) {
	t.Parallel()
	checkPolicy(t, []policyTest{
		{"the username", 8, "alice.smith", "alice.smith", containsUsername},
		{"more than the username", 8, "alice", "xx-alice-77", containsUsername},
		{"the username in upper case", 8, "alice", "xx-ALICE-77", containsUsername},
		{"an upper-case username", 8, "ALICE", "xx-alice-77", containsUsername},
		{"the username backwards", 8, "alice", "xx-ecila-77", ""},
		{"a part of the username", 8, "alice", "xx-alic-777", ""},
		{"no username", 8, "", "kX9#mQ2v", ""},
	})
}

func TestPasswordPolicyNamesTheRequiredLength(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		minLength int
		password  string
		want      string
	}{
		{15, "kX9#mQ2v", "at least 15 characters"},
		{0, "kX9#mQ2", "at least 8 characters"},
		{8, strings.Repeat("k", 300), "at most 256 characters"},
	} {
		err := PasswordPolicy{MinLength: test.minLength}.Check("alice", test.password)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("minimum %d, %d characters: %v, want %q", test.minLength, len(test.password), err, test.want)
		}
	}
}
