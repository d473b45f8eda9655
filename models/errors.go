package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// Errors that callers match with errors.Is.
var (
	// ErrUnavailable means that the database could not do its work now, although it may be able to
	// later: it was busy, locked or unreachable. The error says nothing about users or sessions.
	ErrUnavailable = errors.New("the database is unavailable")

	// ErrStorageFull means that the disk, or the space that the database may use, is full. It is an
	// ErrUnavailable too: only the operator can free space, but then the change succeeds.
	ErrStorageFull = fmt.Errorf("%w: there is no space left to store anything", ErrUnavailable)

	// ErrBusy means that the queue for password hashes is full; see BusyError.
	ErrBusy = errors.New("too many password hashes at once")

	// ErrThrottled means that there were too many attempts at an account, from an address or at the
	// whole service; see ThrottledError.
	ErrThrottled = errors.New("too many attempts")

	// ErrInvalidCredentials means that no enabled user has this name and password. The error that
	// wraps it says which of them is wrong: log that reason, but do not send it to the client.
	ErrInvalidCredentials = errors.New("invalid credentials")

	// ErrSessionEnded means that the session does not exist, has expired, or belongs to a disabled
	// user.
	ErrSessionEnded = errors.New("the session has ended")

	// ErrReplayed means that a replaced refresh token was used again. It is an ErrSessionEnded too,
	// because a replay ends the session.
	ErrReplayed = fmt.Errorf("%w: a replaced refresh token was used again", ErrSessionEnded)

	// ErrWrongKey means that a session is bound to another key than the one that was proven, or
	// that none was.
	ErrWrongKey = errors.New("the session is bound to another key")

	// ErrSessionNotFound means that the user has no such session.
	ErrSessionNotFound = errors.New("session not found")

	// ErrLinkExpired means that a set-password link has expired, has been used, is void for another
	// reason or was not issued here.
	ErrLinkExpired = errors.New("the set-password link has expired")

	// ErrWrongPassword means that the current password was entered incorrectly.
	ErrWrongPassword = errors.New("the current password is wrong")

	// ErrUsernameTaken means that another user has this name, in the same or another case.
	ErrUsernameTaken = errors.New("the username is taken")

	// ErrUserNotFound means that there is no such user.
	ErrUserNotFound = errors.New("user not found")

	// ErrLastAdmin means that the change would leave no enabled user with RoleAdmin and a password.
	ErrLastAdmin = errors.New("this is the last administrator who can log in")

	// ErrInvalidCursor means that UserQuery.After did not come from Users.
	ErrInvalidCursor = errors.New("not a cursor")

	// ErrInvalidUsername, ErrInvalidEmail and ErrInvalidRole mean that a value breaks the rules of
	// ValidUsername, ValidEmail or ValidRole, or that there are more than MaxRoles roles.
	ErrInvalidUsername = errors.New("a username must be 3 to 64 ASCII letters, digits or ._-@+")
	ErrInvalidEmail    = errors.New("not a valid e-mail address")
	ErrInvalidRole     = fmt.Errorf("a role must be 1 to 64 characters of a-z, 0-9 or ._:-, and a user can have at most %d", MaxRoles)
)

// Errors of Open that the operator must resolve.
var (
	ErrUnknownURL      = errors.New("no database engine accepts this URL")
	ErrNoCGO           = errors.New("SQLite needs cgo, and this program was built without it")
	ErrNoDatabase      = errors.New("the database does not exist")
	ErrBrokenLink      = errors.New("the database is a link to a file that does not exist")
	ErrNotDatabase     = errors.New("the file is not a SQLite database")
	ErrForeignDatabase = errors.New("the database belongs to another program")
	ErrNewerDatabase   = errors.New("the database belongs to another version of Latchkey: a newer one, or one from before the first release")
)

// wrap wraps an error of the database with what was being done. It adds ErrStorageFull if the disk
// is full, and ErrUnavailable if the error is temporary for another reason, but not if it is
// context.Canceled or context.DeadlineExceeded, because then the caller gave up. All other errors
// are faults of the program or its data. A nil error stays nil.
func (s *Store) wrap(doing string, err error) error {
	if err != nil && s.closed.Load() {
		err = fmt.Errorf("%w: %w", sql.ErrConnDone, err) // database/sql does not export "database is closed"
	}
	return s.engine.wrap(doing, err)
}

func (e engine) wrap(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case e.full(err):
		return fmt.Errorf("%s: %w: %w", doing, ErrStorageFull, err)
	case errors.Is(err, sql.ErrConnDone), errors.Is(err, driver.ErrBadConn), e.transient(err):
		return fmt.Errorf("%s: %w: %w", doing, ErrUnavailable, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
