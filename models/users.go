package models

import (
	"context"
	"slices"

	"gorm.io/gorm"
)

// UserQuery selects the users to list.
type UserQuery struct {
	Prefix string // beginning of the username, regardless of case; may be empty
	After  string // next of the page before; empty for the first page
	Limit  int    // at least 1
}

// Users returns a page of users, sorted by username, and the After of the next page, which is empty
// on the last page. The cost of a page does not grow with the number of users.
func (s *Store) Users(ctx context.Context, q UserQuery) (users []User, next string, err error) {
	if !hasUsernameCharacters(q.Prefix + q.After) {
		return nil, "", nil // no username matches
	}
	db := s.reader.WithContext(ctx)
	if err := usersQuery(db, q).Find(&users).Error; err != nil {
		return nil, "", s.wrap("listing users", err)
	}
	if len(users) > q.Limit {
		users = users[:q.Limit]
		next = users[q.Limit-1].UsernameKey
	}
	pointers := make([]*User, len(users))
	for i := range users {
		pointers[i] = &users[i]
	}
	return users, next, s.loadRoles(db, pointers...)
}

// usersQuery walks along the index of username keys. It reads one row more than the page has, to
// find out whether there is a next page.
func usersQuery(db *gorm.DB, q UserQuery) *gorm.DB {
	prefix := foldCase(q.Prefix)
	end := prefix + "\x7f" // every character of a key sorts below it
	return db.Where("username_key >= ? AND username_key < ?", prefix, end).
		Where("username_key > ?", foldCase(q.After)).
		Order("username_key").Limit(q.Limit + 1)
}

// UserChange describes a change of a user. A nil field stays as it is.
type UserChange struct {
	Disabled *bool
	Roles    *Roles
}

// UpdateUser changes a user and returns the result. Disabling a user ends all their sessions. It
// fails with ErrUserNotFound, ErrInvalidRole or ErrLastAdmin.
func (s *Store) UpdateUser(ctx context.Context, _ Actor, id string, change UserChange) (user User, err error) {
	err = s.transaction(ctx, "changing a user", func(tx *gorm.DB) error {
		locked, err := s.lockWithAdmins(tx, id)
		if err != nil {
			return err
		}
		user = locked.user
		if change.Disabled != nil {
			user.Disabled = *change.Disabled
		}
		if change.Roles != nil {
			if user.Roles, err = newRoles(*change.Roles); err != nil {
				return err
			}
		}
		if !isEnabledAdmin(user) {
			if err := s.keepAnAdmin(tx, locked); err != nil {
				return err
			}
		}
		return s.storeChange(tx, user, change)
	})
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// storeChange stores the changed fields of a user.
func (s *Store) storeChange(tx *gorm.DB, user User, change UserChange) error {
	if change.Roles != nil {
		if err := s.replaceRoles(tx, user); err != nil {
			return err
		}
	}
	if change.Disabled == nil {
		return nil
	}
	if err := tx.Model(&user).Update("disabled", user.Disabled).Error; err != nil {
		return s.wrap("disabling or enabling a user", err)
	}
	if !user.Disabled {
		return nil
	}
	return s.endAllSessions(tx, user.ID)
}

// DeleteUser deletes a user with all their sessions. It fails with ErrUserNotFound or ErrLastAdmin.
func (s *Store) DeleteUser(ctx context.Context, _ Actor, id string) error {
	return s.transaction(ctx, "deleting a user", func(tx *gorm.DB) error {
		locked, err := s.lockWithAdmins(tx, id)
		if err != nil {
			return err
		}
		if err := s.keepAnAdmin(tx, locked); err != nil {
			return err
		}
		return s.wrap("deleting a user", tx.Delete(&locked.user).Error) // sessions and roles cascade
	})
}

// lockedUser is a user whose row is locked, as are the rows of all administrators.
type lockedUser struct {
	user   User
	others []string // ids of the other users that had RoleAdmin before the lock
}

// lockWithAdmins locks a user and all administrators. One statement locks them all, in the order of
// their ids, so that two transactions cannot deadlock. It fails with ErrUserNotFound.
func (s *Store) lockWithAdmins(tx *gorm.DB, id string) (locked lockedUser, err error) {
	if err := lockQuery(tx, id).Pluck("id", &locked.others).Error; err != nil {
		return lockedUser{}, s.wrap("locking a user and the administrators", err)
	}
	locked.others = slices.DeleteFunc(locked.others, func(other string) bool { return other == id })
	locked.user, err = s.userByID(tx, id)
	return locked, err
}

func lockQuery(tx *gorm.DB, id string) *gorm.DB {
	return tx.Model(&User{}).Clauses(forUpdate()).Where("id = ? OR id IN (?)", id, adminIDs(tx)).Order("id")
}

func adminIDs(db *gorm.DB) *gorm.DB {
	return db.Model(&userRole{}).Select("user_id").Where("role = ?", RoleAdmin)
}

// keepAnAdmin fails with ErrLastAdmin if the locked user is the last enabled administrator.
//
// It reads the others again, since they may have changed while the lock was waiting. Only users
// that are locked count: no other transaction can disable, demote or delete them now.
func (s *Store) keepAnAdmin(tx *gorm.DB, locked lockedUser) error {
	if !isEnabledAdmin(locked.user) {
		return nil
	}
	var others []string
	err := tx.Model(&User{}).Where("id IN ? AND id IN (?) AND NOT disabled", locked.others, adminIDs(tx)).
		Limit(1).Pluck("id", &others).Error
	if err == nil && len(others) == 0 {
		return ErrLastAdmin
	}
	return s.wrap("looking for other administrators", err)
}

func isEnabledAdmin(user User) bool { return !user.Disabled && slices.Contains(user.Roles, RoleAdmin) }
