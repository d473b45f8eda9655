package models

import (
	"slices"
	"testing"

	"latchkey/auth/authtest"
)

// undoMigrations makes the database what it was before a migration, and closes it. A new migration
// adds its own undoing here.
func (s testStore) undoMigrations(t *testing.T, first string) {
	t.Helper()
	undo := map[string][]string{
		"0003-links-and-logins": {
			"DROP INDEX idx_users_email_key", "ALTER TABLE users DROP COLUMN email_key", "ALTER TABLE users DROP COLUMN link_version",
			"ALTER TABLE users DROP COLUMN last_login_at", "ALTER TABLE sessions DROP COLUMN remembered",
		},
		"0002-bound-sessions-and-budgets": {"DROP TABLE budgets", "ALTER TABLE sessions DROP COLUMN key_thumbprint"},
	}
	all := migrations()
	slices.Reverse(all)
	for _, migration := range all {
		if undo[migration.ID] == nil {
			t.Fatalf("nobody has said how to undo %s", migration.ID)
		}
		for _, statement := range undo[migration.ID] {
			s.exec(t, statement)
		}
		s.exec(t, "DELETE FROM migrations WHERE id = ?", migration.ID)
		if migration.ID == first {
			break
		}
	}
	authtest.Must(t, s.Close())
}

func TestUsersFromBeforeLinksAreFoundByEmailAndCanUseLinks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	params := UserParams{Username: "Jonas", Password: password, Email: new("Hello@Example.org")}
	user, err := s.CreateUser(t.Context(), CommandLine(), params)
	authtest.Must(t, err)
	s.addUser(t, "petra")
	s.undoMigrations(t, "0003-links-and-logins")
	s = s.reopen(t)
	found, _, err := s.Users(t.Context(), UserQuery{Prefix: "hello@EX", Limit: 10})
	authtest.Must(t, err)
	if len(found) != 1 || found[0].ID != user.ID || *found[0].EmailKey != "hello@example.org" || found[0].LastLoginAt != nil {
		t.Errorf("found are %+v", found)
	}
	if petra, err := s.UserByName(t.Context(), "petra"); err != nil || petra.EmailKey != nil {
		t.Errorf("the user without an address is %+v, %v", petra, err)
	}
	s.logIn(t, user)
	authtest.Must(t, s.SetPasswordByLink(t.Context(), visitor(), s.issueLink(t, user), linkPassword))
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", linkPassword)))
}
