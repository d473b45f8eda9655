package models

import "latchkey/auth"

// isKnownBrowser reports whether the actor's browser is one that this user has logged in with: less
// than auth.KnownBrowserTTL ago, and with the password of today.
func (s *Store) isKnownBrowser(by Actor, user User) bool {
	b := by.Browser
	return user.ID != "" && b.UserID == user.ID && b.PasswordVersion == user.PasswordVersion &&
		s.now().Sub(b.IssuedAt) < auth.KnownBrowserTTL
}

// placeFor returns where a hash waits that the actor asks for. The user is the one whose password
// is hashed, and may be the zero value. Known browsers take turns by network too: anyone can sign
// up many users and log in with them from one address.
func (s *Store) placeFor(by Actor, user User) place {
	return place{known: s.isKnownBrowser(by, user), group: Network(by.Address)}
}
