package models

import (
	"errors"
	"sync"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth/authtest"
)

func TestEmailAddressIsStoredWithItsKeyAndRemovedWithIt(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	for _, row := range []struct{ email, key *string }{
		{new("Marisol@Example.ORG"), new("marisol@example.org")},
		{new("m@example.org"), new("m@example.org")},
		{nil, nil},
		{nil, nil}, // a second time
	} {
		changed, err := s.UpdateEmail(t.Context(), actor(session), row.email)
		authtest.Must(t, err)
		stored, err := s.UserByID(t.Context(), session.UserID)
		authtest.Must(t, err)
		for _, user := range []User{changed, stored} {
			if !equal(user.Email, row.email) || !equal(user.EmailKey, row.key) || len(user.Roles) != 1 {
				t.Errorf("the user is %+v, want the address %v", user, row.email)
			}
		}
	}
}

func equal(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }

func TestInvalidEmailAddressChangesNothing(t *testing.T) {
	t.Parallel()
	s, session := newSession(t)
	authtest.Must(t, errorOf(s.UpdateEmail(t.Context(), actor(session), new("m@example.org"))))
	for _, email := range []string{"", "m", "m@", "m@example.org\n"} {
		wantError(t, errorOf(s.UpdateEmail(t.Context(), actor(session), &email)), ErrInvalidEmail)
	}
	user, err := s.UserByID(t.Context(), session.UserID)
	authtest.Must(t, err)
	if !equal(user.Email, new("m@example.org")) {
		t.Errorf("the address is %v", user.Email)
	}
	wantError(t, errorOf(s.UpdateEmail(t.Context(), Actor{UserID: newID()}, nil)), ErrUserNotFound)
}

func TestDeletedAccountLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	user := s.addUser(t, "jonas", "editor")
	session := s.logIn(t, user)
	wantError(t, s.DeleteAccount(t.Context(), actor(session), "wrong horse battery"), ErrWrongPassword)
	authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID))) // nothing has changed yet
	authtest.Must(t, s.DeleteAccount(t.Context(), actor(session), password))
	wantEnded(t, s, session)
	for _, table := range []string{"users WHERE id = ?", "sessions WHERE user_id = ?", "user_roles WHERE user_id = ?"} {
		var left int
		authtest.Must(t, s.reader.Raw("SELECT count(*) FROM "+table, user.ID).Scan(&left).Error)
		if left != 0 {
			t.Errorf("%d rows are left of %s", left, table)
		}
	}
	wantError(t, s.DeleteAccount(t.Context(), actor(session), password), ErrUserNotFound)
}

func TestAccountOfTheLastAdministratorCannotBeDeleted(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	session := s.logIn(t, s.addAdmin(t))
	wantError(t, s.DeleteAccount(t.Context(), actor(session), "wrong horse battery"), ErrWrongPassword)
	wantError(t, s.DeleteAccount(t.Context(), actor(session), password), ErrLastAdmin)
	authtest.Must(t, errorOf(s.Principal(t.Context(), session.ID)))
	s.addUser(t, "anna", RoleAdmin)
	authtest.Must(t, s.DeleteAccount(t.Context(), actor(session), password))
}

// The owner changes the password after the thief, who knows the old one, has sent it, but before it
// is checked.
func TestDeletionFailsIfThePasswordWasChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	session := s.logIn(t, s.addUser(t, "jonas"))
	other := s.reopen(t)
	var once sync.Once
	overtake := func(*gorm.DB) {
		once.Do(func() {
			authtest.Must(t, other.ChangePassword(t.Context(), actor(session), password, "another horse battery"))
		})
	}
	authtest.Must(t, s.reader.Callback().Query().After("gorm:query").Register("test:overtake", overtake))
	wantError(t, s.DeleteAccount(t.Context(), actor(session), password), ErrWrongPassword)
	authtest.Must(t, errorOf(s.Authenticate(t.Context(), visitor(), "jonas", "another horse battery")))
}

func TestOneOfTwoAdministratorsWhoDeleteTheirAccountsStays(t *testing.T) {
	t.Parallel()
	for range 10 {
		s := newStore(t)
		other := s.reopen(t)
		a, b := s.logIn(t, s.addUser(t, "anna", RoleAdmin)), s.logIn(t, s.addUser(t, "bert", RoleAdmin))
		errs := make([]error, 2)
		var group sync.WaitGroup
		group.Go(func() { errs[0] = s.DeleteAccount(t.Context(), actor(a), password) })
		group.Go(func() { errs[1] = other.DeleteAccount(t.Context(), actor(b), password) })
		group.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("the errors are %v", errs)
		}
		wantError(t, errors.Join(errs...), ErrLastAdmin)
	}
}
