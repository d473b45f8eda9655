package auth

import (
	_ "embed"
	"strings"
)

//go:generate go run ../.ci/generate_common.go

// commonPasswords is the passwords of at least MinPasswordLength characters
// that people choose most, in lower case, a line each with one before the
// first. See common_passwords.NOTICE for where they come from.
//
//go:embed common_passwords.txt
var commonPasswords string

// isCommon tells whether guessers try password, in some case, among the first
// (ASVS 6.2.4). It reads through the whole list, which takes a small part of
// the hash that follows.
func isCommon(password string) bool {
	return strings.Contains(commonPasswords, "\n"+strings.ToLower(password)+"\n")
}
