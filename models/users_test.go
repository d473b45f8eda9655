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

func TestPagesContainEveryMatchingUserOnceInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range 25 {
		s.addUser(t, fmt.Sprintf("User%02d", 24-i))
	}
	s.addUser(t, "zoe")
	var names []string
	query := UserQuery{Limit: 10, Prefix: "uSER"}
	for {
		users, next, err := s.Users(t.Context(), query)
		authtest.Must(t, err)
		for _, user := range users {
			names = append(names, user.Username)
		}
		if next == "" {
			break
		}
		query.After = next
	}
	if len(names) != 25 || names[0] != "User00" || names[24] != "User24" {
		t.Errorf("the pages contain %v", names)
	}
}

func TestListWithImpossibleCharactersIsEmpty(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addUser(t, "kim")
	for _, text := range []string{"\u212a", "%", "\x00", "\xff", " kim", "k'", "kim\x7f"} {
		for _, query := range []UserQuery{{Limit: 10, Prefix: text}, {Limit: 10, Role: text}} {
			users, next, err := s.Users(t.Context(), query)
			if err != nil || len(users) != 0 || next != "" {
				t.Errorf("%+v: %v, next %q, %v", query, users, next, err)
			}
		}
	}
}

// The plan must be a search of an index, without a scan of the table and without sorting.
func TestQueriesCostTheSameForAnyNumberOfUsers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	statement := s.reader.ToSQL(func(db *gorm.DB) *gorm.DB {
		return db.Where("user_id IN ?", []string{newID(), newID()}).Find(&[]userRole{})
	})
	wantPlan(t, s, statement, "SEARCH user_roles USING")
	statement = s.reader.ToSQL(func(db *gorm.DB) *gorm.DB {
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

// A page of any size takes one query for the users and one for their roles.
func TestPageTakesTwoQueries(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i := range 30 {
		s.addUser(t, fmt.Sprintf("user%d", i), "editor")
	}
	queries := 0
	authtest.Must(t, s.reader.Callback().Query().Register("test:count", func(*gorm.DB) { queries++ }))
	users, _, err := s.Users(t.Context(), UserQuery{Limit: 20})
	authtest.Must(t, err)
	if len(users) != 20 || queries != 2 {
		t.Errorf("%d users took %d queries", len(users), queries)
	}
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
