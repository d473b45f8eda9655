package auth

import (
	"slices"
	"strings"
	"testing"
)

func TestCommonPasswordsAreRefusedInAnyCase(t *testing.T) {
	t.Parallel()
	list := strings.Split(strings.Trim(commonPasswords, "\n"), "\n")
	if len(list) != 495456 {
		t.Errorf("the list has %d passwords", len(list))
	}
	if !slices.IsSorted(list) {
		t.Error("the list is not sorted")
	}
	policy := PasswordPolicy{MinLength: MinPasswordLength}
	for i := 0; i < len(list); i += 150 { // about 3000 of them
		for _, password := range []string{list[i], strings.ToUpper(list[i])} {
			if err := policy.Check("nobody-in-particular", nil, password); err == nil {
				t.Errorf("%q is accepted", password)
			}
		}
	}
}

func BenchmarkIsCommon(b *testing.B) {
	for b.Loop() {
		isCommon("correct horse battery")
	}
}
