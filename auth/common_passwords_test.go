package auth

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestCommonPasswordsAreRefusedInAnyCase(t *testing.T) {
	t.Parallel()
	list := strings.Split(strings.Trim(commonPasswords, "\n"), "\n")
	if len(list) != 45685 {
		t.Errorf("the list has %d passwords", len(list))
	}
	if !slices.IsSorted(list) {
		t.Error("the list is not sorted")
	}
	policy := PasswordPolicy{MinLength: MinPasswordLength}
	for i := 0; i < len(list); i += 15 { // about 3000 of them
		for _, password := range []string{list[i], strings.ToUpper(list[i])} {
			var weak *WeakPasswordError
			if err := policy.Check("nobody-in-particular", password); !errors.As(err, &weak) || !strings.Contains(weak.Reason, "too common") {
				t.Errorf("%q: %v", password, err)
			}
		}
	}
}

func TestOtherPasswordsAreNotCommon(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"correct horse battery", "password and a few words", "passwordpassword123x"} {
		if isCommon(password) {
			t.Errorf("%q counts as common", password)
		}
	}
}

func BenchmarkIsCommon(b *testing.B) {
	for b.Loop() {
		isCommon("correct horse battery")
	}
}
