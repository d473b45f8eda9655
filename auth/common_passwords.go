package auth

import (
	_ "embed"
	"strings"
)

//go:generate go run ../.ci/generate_common.go

// commonPasswords lists the most common passwords of at least MinPasswordLength characters, in
// lower case. Each is between two line breaks. See common_passwords.NOTICE for the sources.
//
//go:embed common_passwords.txt
var commonPasswords string

// isCommon reports whether the password is on the list, regardless of case (ASVS 6.2.4). It
// searches the whole list, which takes a fraction of the time of the hash that follows.
func isCommon(password string) bool {
	return strings.Contains(commonPasswords, "\n"+strings.ToLower(password)+"\n")
}
