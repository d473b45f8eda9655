package models

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// RoleAdmin may manage users.
const RoleAdmin = "admin"

// The rules for roles: up to MaxRoleLength letters from a to z, digits and RoleSigns. A user has at
// most MaxRoles, so that a token, which carries them, fits into a header.
const (
	MaxRoleLength = 64
	RoleSigns     = "._:-"
	MaxRoles      = 32
)

// Roles is a set of role names, stored as one text with spaces between them.
type Roles []string

// Value writes the roles to the database.
func (r Roles) Value() (driver.Value, error) { return strings.Join(r, " "), nil }

// Scan reads the roles from the database.
func (r *Roles) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("roles are stored as %T, not as text", value)
	}
	*r = strings.Fields(text)
	return nil
}

// ValidRole tells whether a role may be called that: 1 to 64 of a-z, 0-9 and
// ._:-, all lower case, so that no two roles look alike.
func ValidRole(role string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789" + RoleSigns
	return role != "" && len(role) <= MaxRoleLength && strings.Trim(role, allowed) == ""
}

// cleanRoles returns roles as a set in order, never nil, or ErrInvalidRole.
func cleanRoles(roles Roles) (Roles, error) {
	set := append(Roles{}, roles...)
	slices.Sort(set)
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
