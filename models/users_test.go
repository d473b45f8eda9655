package models

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth"
)

func createUser(t *testing.T, s *Store, name string, roles ...string) User {
	t.Helper()
	user, err := s.CreateUser(t.Context(), NewUser{Username: name, Password: password, Roles: roles})
	must(t, err)
	return user
}

func ptr[T any](v T) *T { return &v }

func TestANameIsTakenInEveryCase(t *testing.T) {
	s := newStore(t)
	createUser(t, s, "Marisol")
	for _, name := range []string{"Marisol", "marisol", "MARISOL"} {
		_, err := s.CreateUser(t.Context(), NewUser{Username: name, Password: password})
		wantError(t, err, ErrUsernameTaken)
	}
}

func TestEmailAddresses(t *testing.T) {
	for email, valid := range map[string]bool{
		"a@b": true, "marisol@example.org": true, "m.a+tag@mail.example.org": true, "o'neil@example.org": true,
		strings.Repeat("a", 64) + "@example.org": true,
		"":                                       false, "@": false, "a@": false, "@b": false, "a b@c.org": false, "a@b@c.org": false, "a@b..org": false,
		"<script>@example.org": false, `"a b"@example.org`: false, "a@exam ple.org": false, "a@b.org\n": false,
		"a@b.org\x00": false, "é@example.org": false, strings.Repeat("a", 65) + "@example.org": false,
		"a@" + strings.Repeat("b.", 130) + "org": false,
	} {
		if ValidEmail(email) != valid {
			t.Errorf("%q: valid is %v, want %v", email, !valid, valid)
		}
	}
}

func TestRoles(t *testing.T) {
	s := newStore(t)
	for name, row := range map[string]struct {
		roles []string
		want  string
		err   error
	}{
		"none":              {nil, "", nil},
		"sorted, as a set":  {[]string{"editor", "admin", "editor"}, "admin editor", nil},
		"signs":             {[]string{"billing:read", "a.b-c_d"}, "a.b-c_d billing:read", nil},
		"upper case":        {[]string{"Admin"}, "", ErrInvalidRole},
		"space":             {[]string{"admin editor"}, "", ErrInvalidRole},
		"empty":             {[]string{""}, "", ErrInvalidRole},
		"too long":          {[]string{strings.Repeat("a", 65)}, "", ErrInvalidRole},
		"markup":            {[]string{"<b>"}, "", ErrInvalidRole},
		"too many":          {strings.Fields(manyRoles(33)), "", ErrInvalidRole},
		"as many as may be": {strings.Fields(manyRoles(32)), strings.TrimSpace(manyRoles(32)), nil},
	} {
		got, err := cleanRoles(row.roles)
		if !errors.Is(err, row.err) || err == nil && (strings.Join(got, " ") != row.want || got == nil) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	user := createUser(t, s, "marisol", "editor")
	read, err := s.UserByID(t.Context(), user.ID)
	must(t, err)
	if strings.Join(read.Roles, ",") != "editor" {
		t.Errorf("the roles read are %v", read.Roles)
	}
}

func manyRoles(n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, " role%02d", i)
	}
	return text.String()
}

func TestListingWalksAllUsersOnceInOrder(t *testing.T) {
	s := newStore(t)
	for i := range 25 {
		createUser(t, s, fmt.Sprintf("User%02d", 24-i))
	}
	createUser(t, s, "zoe")
	var names []string
	query := UserQuery{Limit: 10, Prefix: "uSER"}
	for {
		users, next, err := s.Users(t.Context(), query)
		must(t, err)
		for _, user := range users {
			names = append(names, user.Username)
		}
		if next == "" {
			break
		}
		query.After = next
	}
	if len(names) != 25 || names[0] != "User00" || names[24] != "User24" {
		t.Errorf("the pages hold %v", names)
	}
}

// TestListingCostsTheSameAtAnySize reads SQLite's plan: a search of the index
// of names, without a scan of the table and without sorting.
func TestListingCostsTheSameAtAnySize(t *testing.T) {
	s := newStore(t)
	for _, query := range []UserQuery{{Limit: 10}, {Limit: 10, Prefix: "a"}, {Limit: 10, Prefix: "a", After: "abc"}} {
		statement := s.reader.ToSQL(func(db *gorm.DB) *gorm.DB { return usersQuery(db, query).Find(&[]User{}) })
		wantPlan(t, s, statement, "SEARCH users USING INDEX idx_users_username_key")
	}
	statement := s.reader.ToSQL(func(db *gorm.DB) *gorm.DB {
		var ids []string
		return adminsQuery(db).Pluck("id", &ids)
	})
	wantPlan(t, s, statement, "USING INDEX idx_users_admins")
}

func wantPlan(t *testing.T, s *Store, statement, want string) {
	t.Helper()
	var steps []struct{ Detail string }
	must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+statement).Scan(&steps).Error)
	plan := fmt.Sprint(steps)
	if !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN users}") {
		t.Errorf("%s\nis done by %s", statement, plan)
	}
}

func TestDisablingEndsEverySessionForGood(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	user := createUser(t, s, "jonas")
	session, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	_, err = s.UpdateUser(t.Context(), user.ID, UserChange{Disabled: ptr(true)})
	must(t, err)
	changed, err := s.UpdateUser(t.Context(), user.ID, UserChange{Disabled: ptr(false)})
	must(t, err)
	if changed.Disabled {
		t.Error("the user stayed disabled")
	}
	_, err = s.Principal(t.Context(), session.ID)
	wantError(t, err, ErrSessionEnded)
}

func TestSettingAPasswordEndsEverySession(t *testing.T) {
	s := newStore(t)
	user := createUser(t, s, "jonas")
	session, err := s.CreateSession(t.Context(), user, Client{})
	must(t, err)
	must(t, s.SetPassword(t.Context(), user, "another horse battery"))
	_, err = s.Principal(t.Context(), session.ID)
	wantError(t, err, ErrSessionEnded)
	_, err = s.CreateSession(t.Context(), user, Client{}) // a login that began with the old password
	wantError(t, err, ErrInvalidCredentials)
	_, err = s.Authenticate(t.Context(), "jonas", password)
	wantError(t, err, ErrInvalidCredentials)
	_, err = s.Authenticate(t.Context(), "jonas", "another horse battery")
	must(t, err)
	var weak *auth.WeakPasswordError
	if err := s.SetPassword(t.Context(), user, "short"); !errors.As(err, &weak) {
		t.Errorf("error is %v", err)
	}
}

func TestTheLastEnabledAdministratorStays(t *testing.T) {
	s := newStore(t)
	admin := withUser(t, s)
	disabled := createUser(t, s, "jonas", RoleAdmin)
	_, err := s.UpdateUser(t.Context(), disabled.ID, UserChange{Disabled: ptr(true)})
	must(t, err)
	createUser(t, s, "superadmin", "admin-of-something", "subadmin") // names that only hold the word
	_, err = s.UpdateUser(t.Context(), admin.ID, UserChange{Disabled: ptr(true)})
	wantError(t, err, ErrLastAdmin)
	_, err = s.UpdateUser(t.Context(), admin.ID, UserChange{Roles: &Roles{"editor"}})
	wantError(t, err, ErrLastAdmin)
	wantError(t, s.DeleteUser(t.Context(), admin.ID), ErrLastAdmin)
	_, err = s.UpdateUser(t.Context(), admin.ID, UserChange{Roles: &Roles{"editor", RoleAdmin}}) // stays one
	must(t, err)
	_, err = s.UpdateUser(t.Context(), disabled.ID, UserChange{Disabled: ptr(false)})
	must(t, err)
	must(t, s.DeleteUser(t.Context(), admin.ID))
	wantError(t, s.DeleteUser(t.Context(), disabled.ID), ErrLastAdmin)
}

// TestTwoAdministratorsWhoRemoveEachOtherAtOnce leaves one, whichever it is.
func TestTwoAdministratorsWhoRemoveEachOtherAtOnce(t *testing.T) {
	ways := map[string]func(s *Store, id string) error{
		"delete": func(s *Store, id string) error { return s.DeleteUser(t.Context(), id) },
		"disable": func(s *Store, id string) error {
			return second(s.UpdateUser(t.Context(), id, UserChange{Disabled: ptr(true)}))
		},
		"demote": func(s *Store, id string) error {
			return second(s.UpdateUser(t.Context(), id, UserChange{Roles: &Roles{}}))
		},
	}
	for name, remove := range ways {
		t.Run(name, func(t *testing.T) {
			for range 10 {
				s := newStore(t)
				other := open(t, strings.TrimPrefix(s.URL, SQLiteScheme)) // a process of its own
				a, b := createUser(t, s, "anna", RoleAdmin), createUser(t, s, "bert", RoleAdmin)
				errs := make([]error, 2)
				var group sync.WaitGroup
				group.Go(func() { errs[0] = remove(s, a.ID) })
				group.Go(func() { errs[1] = remove(other, b.ID) })
				group.Wait()
				if (errs[0] == nil) == (errs[1] == nil) {
					t.Fatalf("both ended with %v", errs)
				}
				wantError(t, errors.Join(errs...), ErrLastAdmin)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func TestAUserWhoIsNotThere(t *testing.T) {
	s := newStore(t)
	for _, id := range []string{"", newID(), "' OR 1=1 --"} {
		_, err := s.UserByID(t.Context(), id)
		wantError(t, err, ErrUserNotFound)
		_, err = s.UpdateUser(t.Context(), id, UserChange{Disabled: ptr(true)})
		wantError(t, err, ErrUserNotFound)
		wantError(t, s.DeleteUser(t.Context(), id), ErrUserNotFound)
	}
	_, err := s.UserByName(t.Context(), "nobody")
	wantError(t, err, ErrUserNotFound)
}

func TestADeletedUsersNameCanBeGivenAgainAndItsIDNot(t *testing.T) {
	s := newStore(t)
	withUser(t, s)
	first := createUser(t, s, "jonas")
	session, err := s.CreateSession(t.Context(), first, Client{})
	must(t, err)
	must(t, s.DeleteUser(t.Context(), first.ID))
	if again := createUser(t, s, "jonas"); again.ID == first.ID {
		t.Error("the id was given again")
	}
	_, err = s.Principal(t.Context(), session.ID)
	wantError(t, err, ErrSessionEnded)
}
