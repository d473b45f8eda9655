package models

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth/authtest"
)

// The plan must be a search of an index, without a scan of the table.
func TestLocksCostTheSameForAnyNumberOfUsers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statement := s.reader.ToSQL(func(db *gorm.DB) *gorm.DB {
		return lockQuery(db.Session(&gorm.Session{}), newID()).Find(&[]User{})
	})
	wantNoScan(t, s, statement, "SEARCH user_roles USING COVERING INDEX idx_user_roles_role")
}

// wantPlan checks that a query reads only the rows that it returns, in the order of an index.
func wantPlan(t *testing.T, s testStore, statement, want string) {
	t.Helper()
	if plan := wantNoScan(t, s, statement, want); strings.Contains(plan, "TEMP B-TREE") {
		t.Errorf("%s\nsorts: %s", statement, plan)
	}
}

// wantNoScan checks that a query reads only the rows that it returns. It may sort them.
func wantNoScan(t *testing.T, s testStore, statement, want string) (plan string) {
	t.Helper()
	var steps []struct{ Detail string }
	authtest.Must(t, s.reader.Raw("EXPLAIN QUERY PLAN "+statement).Scan(&steps).Error)
	plan = fmt.Sprint(steps)
	if !strings.Contains(plan, want) || strings.Contains(plan, "SCAN") {
		t.Errorf("%s\nis done by %s", statement, plan)
	}
	return plan
}

func TestDisablingAUserEndsEverySessionForGood(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	user := s.addUser(t, "jonas")
	session := s.logIn(t, user)
	authtest.Must(t, s.setDisabled(t, user, true))
	changed, err := s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Disabled: new(false)})
	authtest.Must(t, err)
	if changed.Disabled {
		t.Error("the user is still disabled")
	}
	wantEnded(t, s, session)
}

func (s testStore) setDisabled(t *testing.T, user User, disabled bool) error {
	return errorOf(s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Disabled: &disabled}))
}

func (s testStore) setRoles(t *testing.T, user User, roles ...string) error {
	return errorOf(s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Roles: (*Roles)(&roles)}))
}

func TestLastEnabledAdministratorCannotBeRemoved(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	admin := s.addAdmin(t)
	disabled := s.addUser(t, "jonas", RoleAdmin)
	authtest.Must(t, s.setDisabled(t, disabled, true))
	s.addUser(t, "superadmin", "admin-of-something", "subadmin") // roles that only contain the word
	wantError(t, s.setDisabled(t, admin, true), ErrLastAdmin)
	wantError(t, s.setRoles(t, admin, "editor"), ErrLastAdmin)
	wantError(t, s.DeleteUser(t.Context(), CommandLine(), admin.ID), ErrLastAdmin)
	authtest.Must(t, s.setRoles(t, admin, "editor", RoleAdmin)) // still an administrator
	authtest.Must(t, s.setDisabled(t, disabled, false))
	authtest.Must(t, s.DeleteUser(t.Context(), CommandLine(), admin.ID))
	wantError(t, s.DeleteUser(t.Context(), CommandLine(), disabled.ID), ErrLastAdmin)
}

func TestOneOfTwoAdministratorsWhoRemoveEachOtherStays(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(s testStore, user User) error{
		"delete":  func(s testStore, user User) error { return s.DeleteUser(t.Context(), CommandLine(), user.ID) },
		"disable": func(s testStore, user User) error { return s.setDisabled(t, user, true) },
		"demote":  func(s testStore, user User) error { return s.setRoles(t, user) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 {
				s := newStore(t)
				other := s.reopen(t)
				a, b := s.addUser(t, "anna", RoleAdmin), s.addUser(t, "bert", RoleAdmin)
				errs := make([]error, 2)
				var group sync.WaitGroup
				group.Go(func() { errs[0] = remove(s, a) })
				group.Go(func() { errs[1] = remove(other, b) })
				group.Wait()
				if (errs[0] == nil) == (errs[1] == nil) {
					t.Fatalf("the errors are %v", errs)
				}
				wantError(t, errors.Join(errs...), ErrLastAdmin)
			}
		})
	}
}

func TestUnknownUserIsNotFound(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, id := range []string{"", newID(), "' OR 1=1 --"} {
		unknown := User{ID: id}
		wantError(t, errorOf(s.UserByID(t.Context(), id)), ErrUserNotFound)
		wantError(t, s.setDisabled(t, unknown, true), ErrUserNotFound)
		wantError(t, s.DeleteUser(t.Context(), CommandLine(), id), ErrUserNotFound)
		wantError(t, s.SetPassword(t.Context(), CommandLine(), unknown, password), ErrUserNotFound)
	}
	for _, name := range []string{"nobody", "", "\x00", "' OR 1=1 --"} {
		wantError(t, errorOf(s.UserByName(t.Context(), name)), ErrUserNotFound)
	}
}

func TestUsernameOfADeletedUserIsFreeButItsIDIsNotReused(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	first := s.addUser(t, "jonas")
	session := s.logIn(t, first)
	authtest.Must(t, s.DeleteUser(t.Context(), CommandLine(), first.ID))
	if again := s.addUser(t, "jonas"); again.ID == first.ID {
		t.Error("the id was reused")
	}
	wantEnded(t, s, session)
}

func TestChangedEmailAddressIsTheOneThatIsFound(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user, err := s.CreateUser(t.Context(), visitor(), UserParams{Username: "jonas", Password: password, Email: new("Jonas@Example.org")})
	authtest.Must(t, err)
	wantFound := func(prefix string, want int) {
		t.Helper()
		users, _, err := s.Users(t.Context(), UserQuery{Prefix: prefix, Limit: 10})
		if err != nil || len(users) != want {
			t.Errorf("%s finds %d users, %v", prefix, len(users), err)
		}
	}
	wantFound("JONAS@", 1)
	changed, err := s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Email: new(new("Hello@Example.org"))})
	authtest.Must(t, err)
	if stored, err := s.UserByID(t.Context(), user.ID); err != nil || *stored.Email != "Hello@Example.org" || *changed.Email != *stored.Email {
		t.Errorf("the user is %+v, %v", stored, err)
	}
	wantFound("jonas@", 0)
	wantFound("hello@", 1)
	wantError(t, errorOf(s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Email: new(new(""))})), ErrInvalidEmail)
	authtest.Must(t, errorOf(s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Disabled: new(false)}))) // leaves it alone
	wantFound("hello@", 1)
	_, err = s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Email: new((*string)(nil))})
	authtest.Must(t, err)
	wantFound("hello@", 0)
}
