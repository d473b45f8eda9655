package auth

import (
	_ "embed"
	"strings"
)

//go:generate go run ../.ci/generate_common.go

// commonPasswords lists the most common passwords of at least MinPasswordLength characters, in
// lower case and sorted. Each is between two line breaks. See common_passwords.NOTICE for the
// sources.
//
//go:embed common_passwords.txt
var commonPasswords string

// isCommon reports whether the password, in lower case, is on the list (ASVS 6.2.4). It takes a
// microsecond, because it comes before all that limits how often passwords can be set.
func isCommon(password string) bool {
	low, high := 0, len(commonPasswords)-1 // two line breaks; between them is the password, if anywhere
	for low < high {
		start := strings.LastIndexByte(commonPasswords[:(low+high)/2+1], '\n')
		word, _, _ := strings.Cut(commonPasswords[start+1:], "\n")
		switch order := strings.Compare(password, word); {
		case order == 0:
			return true
		case order < 0:
			high = start
		default:
			low = start + 1 + len(word)
		}
	}
	return false
}
