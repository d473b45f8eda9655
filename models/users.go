package models

import (
	"context"
	"errors"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// UserQuery is which users to list. The zero value but for Limit is the first
// of all.
type UserQuery struct {
	Prefix string // how the name begins, in any case
	After  string // the cursor of the page before
	Limit  int    // at least 1
}

// Users lists users in the order of their names, and the cursor of the next
// page, which is empty on the last. Its cost does not depend on how many users
// there are: it walks the index of names from the cursor on.
func (s *Store) Users(ctx context.Context, q UserQuery) (users []User, next string, err error) {
	if strings.Trim(q.Prefix+q.After, usernameCharacters) != "" {
		return nil, "", nil // no name holds such a character, and not every database takes each
	}
	err = usersQuery(s.reader.WithContext(ctx), q).Find(&users).Error
	if err != nil {
		return nil, "", failed("listing users", err)
	}
	if len(users) > q.Limit {
		users = users[:q.Limit]
		next = users[q.Limit-1].UsernameKey
	}
	return users, next, nil
}

func usersQuery(db *gorm.DB, q UserQuery) *gorm.DB {
	prefix := usernameKey(q.Prefix)
	return db.Where("username_key >= ? AND username_key < ?", prefix, prefix+"\x7f"). // names are ASCII below that
												Where("username_key > ?", usernameKey(q.After)).
												Order("username_key").Limit(q.Limit + 1)
}

// UserByID returns a user, or ErrUserNotFound.
func (s *Store) UserByID(ctx context.Context, id string) (User, error) {
	return takeUser(s.reader.WithContext(ctx).Where("id = ?", id))
}

// UserByName returns a user by its name in any case, or ErrUserNotFound.
func (s *Store) UserByName(ctx context.Context, username string) (User, error) {
	return takeUser(s.reader.WithContext(ctx).Where("username_key = ?", usernameKey(username)))
}

func takeUser(query *gorm.DB) (user User, err error) {
	err = query.Take(&user).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return User{}, ErrUserNotFound
	}
	return user, failed("reading a user", err)
}

// UserChange is what UpdateUser changes; nil leaves a field as it is.
type UserChange struct {
	Disabled *bool
	Roles    *Roles
}

// UpdateUser changes a user and returns it as it is then. Disabling ends all
// of the user's sessions. It fails with ErrUserNotFound, ErrInvalidRole or
// ErrLastAdmin.
func (s *Store) UpdateUser(ctx context.Context, id string, change UserChange) (user User, err error) {
	err = s.transaction(ctx, "changing a user", func(tx *gorm.DB) error {
		user, err = lockUser(tx, id)
		if err != nil {
			return err
		}
		wasAdmin := isEnabledAdmin(user)
		if change.Disabled != nil {
			user.Disabled = *change.Disabled
		}
		if change.Roles != nil {
			if user.Roles, err = cleanRoles(*change.Roles); err != nil {
				return err
			}
		}
		if wasAdmin && !isEnabledAdmin(user) {
			if err := checkNotLastAdmin(tx); err != nil {
				return err
			}
		}
		if user.Disabled {
			if err := endSessions(tx, id); err != nil {
				return err
			}
		}
		return failed("storing a changed user", tx.Model(&user).Select("disabled", "roles").Updates(&user).Error)
	})
	return user, err
}

// DeleteUser removes a user with all of its sessions. Its id is never given
// again. It fails with ErrUserNotFound or ErrLastAdmin.
func (s *Store) DeleteUser(ctx context.Context, id string) error {
	return s.transaction(ctx, "deleting a user", func(tx *gorm.DB) error {
		user, err := lockUser(tx, id)
		if err != nil {
			return err
		}
		if isEnabledAdmin(user) {
			if err := checkNotLastAdmin(tx); err != nil {
				return err
			}
		}
		return failed("deleting a user", tx.Delete(&user).Error) // the sessions go with the row
	})
}

// lockUser reads a user whose row, and those of all administrators, nobody
// else changes until the transaction ends. SQLite has one writer anyway.
func lockUser(tx *gorm.DB, id string) (User, error) {
	if _, err := lockAdmins(tx); err != nil {
		return User{}, err
	}
	return takeUser(tx.Clauses(clause.Locking{Strength: "UPDATE"}).Where("id = ?", id))
}

// lockAdmins returns the ids of the enabled administrators.
func lockAdmins(tx *gorm.DB) (ids []string, err error) {
	err = adminsQuery(tx).Clauses(clause.Locking{Strength: "UPDATE"}).Pluck("id", &ids).Error
	return ids, failed("locking the administrators", err)
}

// adminsQuery finds the enabled administrators. The condition is that of the
// index, word for word; the order is one for all, so that no two transactions
// wait for each other.
func adminsQuery(db *gorm.DB) *gorm.DB {
	return db.Model(&User{}).Where("' ' || roles || ' ' LIKE '% admin %'").Where("NOT disabled").Order("id")
}

func checkNotLastAdmin(tx *gorm.DB) error {
	ids, err := lockAdmins(tx)
	if err == nil && len(ids) <= 1 {
		err = ErrLastAdmin
	}
	return err
}

func isEnabledAdmin(user User) bool { return !user.Disabled && slices.Contains(user.Roles, RoleAdmin) }

// endSessions ends all sessions of a user.
func endSessions(tx *gorm.DB, userID string) error {
	return failed("ending a user's sessions", tx.Where("user_id = ?", userID).Delete(&Session{}).Error)
}
