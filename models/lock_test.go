package models

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"latchkey/auth/authtest"
)

// recorder lists the statements of a Store's changes. SQLite drops FOR UPDATE when it builds a
// query, so the recorder asks gorm for the clause instead of reading it in the SQL.
type recorder struct {
	statements []string
	subqueries []string // which gorm builds as statements of their own
}

func newRecorder(t *testing.T, s testStore) *recorder {
	t.Helper()
	r := &recorder{}
	record := func(db *gorm.DB) {
		statement := strings.TrimSpace(db.Statement.SQL.String())
		if locking, locks := db.Statement.Clauses["FOR"].Expression.(clause.Locking); locks {
			statement += strings.TrimSuffix(" FOR "+locking.Strength+" "+locking.Options, " ")
		}
		if db.DryRun {
			r.subqueries = append(r.subqueries, statement)
		} else {
			r.statements = append(r.statements, statement)
		}
	}
	callbacks := s.writer.Callback()
	authtest.Must(t, callbacks.Query().After("gorm:query").Register("test:record", record))
	authtest.Must(t, callbacks.Create().After("gorm:create").Register("test:record", record))
	authtest.Must(t, callbacks.Update().After("gorm:update").Register("test:record", record))
	authtest.Must(t, callbacks.Delete().After("gorm:delete").Register("test:record", record))
	return r
}

// One row for each method that decides something by reading rows. Its first statements must lock
// the rows; whatever it reads or writes comes later, in statements of its own.
func TestDecisionsLockTheirRowsFirst(t *testing.T) {
	t.Parallel()
	const user = "^SELECT .* FROM `users` WHERE id = .* FOR UPDATE$"
	const userAndAdmins = "^SELECT `id` FROM `users` WHERE id = .* OR id IN .*user_roles.* ORDER BY id FOR UPDATE$"
	const keys = "^SELECT `id` FROM `signing_keys` WHERE algorithm = .* ORDER BY id FOR UPDATE$"
	for _, row := range []struct {
		name string
		call func(s testStore, session Session, user User) error
		lock string
	}{
		{"create session", func(s testStore, _ Session, user User) error {
			return errorOf(s.CreateSession(t.Context(), visitor(), user, SessionParams{}))
		}, user},
		{"set password", func(s testStore, _ Session, user User) error {
			return s.SetPassword(t.Context(), CommandLine(), user, "another horse battery")
		}, user},
		{"change password", func(s testStore, session Session, _ User) error {
			return s.ChangePassword(t.Context(), actor(session), password, "another horse battery")
		}, user},
		{"issue link", func(s testStore, _ Session, user User) error {
			return errorOf(s.IssueLink(t.Context(), CommandLine(), user.ID))
		}, user},
		{"set password by link", func(s testStore, _ Session, user User) error {
			return s.SetPasswordByLink(t.Context(), visitor(), s.storeLink(t, user), linkPassword)
		}, user},
		{"end all sessions", func(s testStore, _ Session, user User) error {
			return s.EndAllSessions(t.Context(), CommandLine(), user.ID)
		}, user},
		{"disable", func(s testStore, _ Session, user User) error { return s.setDisabled(t, user, true) }, userAndAdmins},
		{"demote", func(s testStore, _ Session, user User) error { return s.setRoles(t, user) }, userAndAdmins},
		{"delete", func(s testStore, _ Session, user User) error {
			return s.DeleteUser(t.Context(), CommandLine(), user.ID)
		}, userAndAdmins},
		{"first user", func(s testStore, _ Session, _ User) error {
			s.exec(t, "DELETE FROM users")
			return errorOf(s.EnsureFirstUser(t.Context(), UserParams{Username: "admin", Password: password}, announceNothing))
		}, "^SELECT `id` FROM `migrations` WHERE .* FOR UPDATE$"},
		{"create keys", func(s testStore, _ Session, _ User) error {
			return s.EnsureKeys(t.Context(), keyConfig("one "), 2*tokenTTL)
		}, keys},
		{"rotate keys", func(s testStore, _ Session, _ User) error { return s.rotateKeys(t, keyConfig("one "), true) }, keys},
		{"seal keys again", func(s testStore, _ Session, _ User) error {
			return s.ResealKeys(t.Context(), keyConfig("new ", "one "))
		}, "^SELECT \\* FROM `signing_keys` ORDER BY id FOR UPDATE$"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.addAdmin(t)
			s.addKeys(t)
			user := s.addUser(t, "jonas", RoleAdmin)
			session := s.logIn(t, user)
			r := newRecorder(t, s)
			authtest.Must(t, row.call(s, session, user))
			if len(r.statements) < 2 || !regexp.MustCompile(row.lock).MatchString(withoutPurge(r.statements)[0]) {
				t.Errorf("the first statement does not lock:\n%s", strings.Join(r.statements, "\n"))
			}
		})
	}
}

// withoutPurge drops the statement that deletes retired keys, which depends on nothing.
func withoutPurge(statements []string) []string {
	if strings.HasPrefix(statements[0], "DELETE FROM `signing_keys` WHERE retires_at") {
		return statements[1:]
	}
	return statements
}

// The roles of the other administrators are read in a statement that follows the lock, since the
// one that waits for the lock may see them as they were before.
func TestOtherAdministratorsAreReadAfterTheLock(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	admin := s.addAdmin(t)
	r := newRecorder(t, s)
	wantError(t, s.setRoles(t, admin), ErrLastAdmin)
	last := r.statements[len(r.statements)-1]
	if len(r.statements) < 2 || !strings.Contains(last, "user_roles") || strings.HasSuffix(last, "FOR UPDATE") {
		t.Errorf("the last statement does not read the administrators:\n%s", strings.Join(r.statements, "\n"))
	}
}

// An administrator who was promoted after the lock can be demoted again before the commit, so they
// do not count.
func TestOnlyLockedAdministratorsCountAsOthers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	admin, other := s.addAdmin(t), s.addUser(t, "jonas", RoleAdmin)
	for name, row := range map[string]struct {
		locked []string
		want   error
	}{
		"locked":     {[]string{other.ID}, nil},
		"not locked": {nil, ErrLastAdmin},
	} {
		err := s.transaction(t.Context(), "testing", func(tx *gorm.DB) error {
			return s.keepAnAdmin(tx, lockedUser{admin, row.locked})
		})
		if err != row.want {
			t.Errorf("%s: %v, want %v", name, err, row.want)
		}
	}
}

func TestPurgeSkipsLockedRows(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for name, purge := range map[string]func(context.Context) (int64, error){
		"sessions": s.PurgeSessions, "budgets": s.PurgeBudgets,
	} {
		r := newRecorder(t, s)
		authtest.Must(t, errorOf(purge(t.Context())))
		if len(r.subqueries) != 1 || !strings.HasSuffix(r.subqueries[0], "FOR UPDATE SKIP LOCKED") {
			t.Errorf("%s: it selects the rows by %v", name, r.subqueries)
		}
	}
}
