package models

import "latchkey/auth"

// Actor is who asks for a change, and from where. The zero value is a visitor: anyone who is not
// logged in. Every method that makes a change on request takes an Actor, even if it does not use it
// yet.
type Actor struct {
	UserID      string // of the logged-in user
	SessionID   string // of the logged-in user
	CommandLine bool   // whether it is the operator, at the command line
	Device      string // in words, such as "Firefox on Linux"
	Address     string // IP address
	RequestID   string
	Browser     auth.KnownBrowser // from the browser's cookie, whose MAC is right; or the zero value
}

// CommandLine returns the actor for changes made at the command line.
func CommandLine() Actor { return Actor{CommandLine: true} }
