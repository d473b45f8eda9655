package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"latchkey/auth/authtest"
)

func TestRolesAreASortedSetOfValidNames(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		roles []string
		want  []string
		err   error
	}{
		"none":                {nil, []string{}, nil},
		"sorted, duplicates":  {[]string{"editor", "admin", "editor"}, []string{"admin", "editor"}, nil},
		"punctuation":         {[]string{"billing:read", "a.b-c_d"}, []string{"a.b-c_d", "billing:read"}, nil},
		"upper case":          {[]string{"Admin"}, nil, ErrInvalidRole},
		"space":               {[]string{"admin editor"}, nil, ErrInvalidRole},
		"empty":               {[]string{""}, nil, ErrInvalidRole},
		"too long":            {[]string{strings.Repeat("a", 65)}, nil, ErrInvalidRole},
		"markup":              {[]string{"<b>"}, nil, ErrInvalidRole},
		"too many":            {manyRoles(33), nil, ErrInvalidRole},
		"as many as possible": {manyRoles(32), manyRoles(32), nil},
	} {
		got, err := newRoles(row.roles)
		if !errors.Is(err, row.err) || err == nil && (got == nil || !slices.Equal(got, row.want)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func manyRoles(n int) (roles []string) {
	for i := range n {
		roles = append(roles, fmt.Sprintf("role%02d", i))
	}
	return roles
}

// Every method that returns a user or a principal is called for each set of roles.
func TestEveryReadReturnsTheRolesInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for i, want := range [][]string{{}, {"editor"}, {"admin", "billing:read", "editor"}, manyRoles(32)} {
		name := fmt.Sprintf("user%d", i)
		unsorted := slices.Clone(want)
		slices.Reverse(unsorted)
		stored := s.addUser(t, name, unsorted...)
		session := s.logIn(t, stored)
		reads := map[string]func() (Roles, error){
			"created":      func() (Roles, error) { return stored.Roles, nil },
			"authenticate": rolesOf(s.Authenticate(t.Context(), visitor(), name, password)),
			"by id":        rolesOf(s.UserByID(t.Context(), stored.ID)),
			"by name":      rolesOf(s.UserByName(t.Context(), name)),
			"update":       rolesOf(s.UpdateUser(t.Context(), CommandLine(), stored.ID, UserChange{})),
			"list": func() (Roles, error) {
				users, _, err := s.Users(t.Context(), UserQuery{Prefix: name, Limit: 1})
				return users[0].Roles, err
			},
			"principal": func() (Roles, error) {
				p, err := s.Principal(t.Context(), session.ID)
				return p.Roles, err
			},
			"rotate": func() (Roles, error) {
				_, user, err := s.RotateSession(t.Context(), visitor(), token(session), "")
				return user.Roles, err
			},
		}
		for read, roles := range reads {
			got, err := roles()
			authtest.Must(t, err)
			if got == nil || !slices.Equal(got, want) {
				t.Errorf("%s: the roles are %q, want %q", read, got, want)
			}
		}
	}
}

func rolesOf(user User, err error) func() (Roles, error) {
	return func() (Roles, error) { return user.Roles, err }
}

func TestChangedRolesReplaceThePreviousOnes(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addAdmin(t)
	user, other := s.addUser(t, "jonas", "editor", "reader"), s.addUser(t, "zoe", "editor")
	for _, roles := range []Roles{{"reader", "writer"}, {}, {RoleAdmin}} {
		_, err := s.UpdateUser(t.Context(), CommandLine(), user.ID, UserChange{Roles: &roles})
		authtest.Must(t, err)
		read, err := s.UserByID(t.Context(), user.ID)
		authtest.Must(t, err)
		if !slices.Equal(read.Roles, roles) {
			t.Errorf("the roles are %q, want %q", read.Roles, roles)
		}
	}
	read, err := s.UserByID(t.Context(), other.ID)
	authtest.Must(t, err)
	if !slices.Equal(read.Roles, []string{"editor"}) {
		t.Errorf("the roles of another user are %q", read.Roles)
	}
}

func TestRolesAreDeletedWithTheirUser(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	user := s.addUser(t, "jonas", "editor", "reader")
	authtest.Must(t, s.DeleteUser(t.Context(), CommandLine(), user.ID))
	var left int64
	authtest.Must(t, s.reader.Model(&userRole{}).Count(&left).Error)
	if left != 0 {
		t.Errorf("%d roles are left", left)
	}
}
