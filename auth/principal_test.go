package auth

import "testing"

func TestHasRole(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]bool{"admin": true, "staff": true, "Admin": false, "adm": false, "": false} {
		if got := testPrincipal.HasRole(role); got != want {
			t.Errorf("%q: %v", role, got)
		}
	}
	if (Principal{}).HasRole("admin") {
		t.Error("a principal without roles has one")
	}
}
