package models

import (
	"slices"
	"strings"

	"gorm.io/gorm"
)

// RoleAdmin is the role of the users who may manage users.
const RoleAdmin = "admin"

// The rules for roles: 1 to MaxRoleLength lower-case ASCII letters, digits and RolePunctuation. A
// user has at most MaxRoles, so that an access token, which contains them, fits into a header.
const (
	MaxRoleLength   = 64
	RolePunctuation = "._:-"
	MaxRoles        = 32
)

// Roles is a set of roles in alphabetical order, without duplicates.
type Roles []string

// userRole is a row of the table user_roles: one role of one user.
type userRole struct {
	UserID string
	Role   string
}

// ValidRole reports whether role obeys the rules for roles. Upper-case letters are not allowed, so
// that no two roles differ only by case.
func ValidRole(role string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789" + RolePunctuation
	return role != "" && len(role) <= MaxRoleLength && strings.Trim(role, allowed) == ""
}

// newRoles returns the roles sorted and without duplicates, never nil. It fails with
// ErrInvalidRole.
func newRoles(roles []string) (Roles, error) {
	set := append(Roles{}, roles...)
	slices.Sort(set) // in Go, since databases differ in how they sort text
	set = slices.Compact(set)
	if len(set) > MaxRoles {
		return nil, ErrInvalidRole
	}
	for _, role := range set {
		if !ValidRole(role) {
			return nil, ErrInvalidRole
		}
	}
	return set, nil
}

// loadRoles reads the roles of all these users in one query.
func (s *Store) loadRoles(db *gorm.DB, users ...*User) error {
	byID := map[string]*User{}
	ids := make([]string, len(users))
	for i, user := range users {
		user.Roles = Roles{}
		byID[user.ID], ids[i] = user, user.ID
	}
	var rows []userRole
	if err := db.Where("user_id IN ?", ids).Find(&rows).Error; err != nil {
		return s.wrap("reading the roles of users", err)
	}
	for _, row := range rows {
		user := byID[row.UserID]
		user.Roles = append(user.Roles, row.Role)
	}
	for _, user := range users {
		slices.Sort(user.Roles)
	}
	return nil
}

// replaceRoles replaces the stored roles of a user, whose row the transaction has locked.
func (s *Store) replaceRoles(tx *gorm.DB, user User) error {
	if err := tx.Where("user_id = ?", user.ID).Delete(&userRole{}).Error; err != nil {
		return s.wrap("deleting the roles of a user", err)
	}
	return s.insertRoles(tx, user)
}

// insertRoles stores the roles of a user who has none yet.
func (s *Store) insertRoles(tx *gorm.DB, user User) error {
	if len(user.Roles) == 0 {
		return nil
	}
	rows := make([]userRole, len(user.Roles))
	for i, role := range user.Roles {
		rows[i] = userRole{user.ID, role}
	}
	return s.wrap("storing the roles of a user", tx.Create(&rows).Error)
}
