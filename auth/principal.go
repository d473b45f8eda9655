package auth

import "slices"

// Principal is the user that a verified request acts for, as the database describes that user now.
type Principal struct {
	UserID        string
	SessionID     string
	KeyThumbprint string // of the key that the session is bound to; empty if it is unbound
	Username      string
	Roles         []string
}

// HasRole reports whether the principal has the role.
func (p Principal) HasRole(role string) bool { return slices.Contains(p.Roles, role) }
