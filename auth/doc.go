// Package auth is the security core: password hashes, signing keys, access tokens, refresh tokens
// and proofs. It knows nothing of HTTP or of a database, and the only clock it reads is the one it
// is given, so an auditor can read it on its own.
package auth
