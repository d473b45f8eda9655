package models

import (
	"context"
	"slices"

	"gorm.io/gorm"
)

// UserChange describes a change of a user. A nil field stays as it is.
type UserChange struct {
	Disabled *bool
	Roles    *Roles
	Email    **string // a pointer to nil removes the address
}

// UpdateUser changes a user and returns the result. Disabling a user ends all their sessions and
// voids their set-password link. It fails with ErrUserNotFound, ErrInvalidRole, ErrInvalidEmail or
// ErrLastAdmin.
func (s *Store) UpdateUser(ctx context.Context, _ Actor, id string, change UserChange) (user User, err error) {
	err = s.transaction(ctx, "changing a user", func(tx *gorm.DB) error {
		locked, err := s.lockWithAdmins(tx, id)
		if err != nil {
			return err
		}
		if user, err = change.applyTo(locked.user); err != nil {
			return err
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

// applyTo returns a user with the changes.
func (c UserChange) applyTo(user User) (_ User, err error) {
	if c.Disabled != nil {
		user.Disabled = *c.Disabled
	}
	if c.Disabled != nil && user.Disabled {
		user.LinkVersion += linkGrowth()
	}
	if c.Roles != nil {
		if user.Roles, err = newRoles(*c.Roles); err != nil {
			return User{}, err
		}
	}
	if c.Email != nil {
		if *c.Email != nil && !ValidEmail(**c.Email) {
			return User{}, ErrInvalidEmail
		}
		user.Email, user.EmailKey = *c.Email, emailKey(*c.Email)
	}
	return user, nil
}

// storeChange stores the changed fields of a user, whose row is locked.
func (s *Store) storeChange(tx *gorm.DB, user User, change UserChange) error {
	fields := tx.Model(&user).Select("disabled", "link_version", "email", "email_key")
	if err := fields.Updates(&user).Error; err != nil {
		return s.wrap("storing the fields of a user", err)
	}
	if change.Roles != nil {
		if err := s.replaceRoles(tx, user); err != nil {
			return err
		}
	}
	if change.Disabled == nil || !user.Disabled {
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
		return s.deleteLocked(tx, locked)
	})
}

// deleteLocked deletes a user with all their sessions and roles, which cascade. It fails with
// ErrLastAdmin.
func (s *Store) deleteLocked(tx *gorm.DB, locked lockedUser) error {
	if err := s.keepAnAdmin(tx, locked); err != nil {
		return err
	}
	return s.wrap("deleting a user", tx.Delete(&locked.user).Error)
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

// keepAnAdmin fails with ErrLastAdmin if the locked user is the last administrator who can log in.
// One who has no password yet does not count: the link may never be used.
//
// It reads the others again, since they may have changed while the lock was waiting. Only users
// that are locked count: no other transaction can disable, demote or delete them now.
func (s *Store) keepAnAdmin(tx *gorm.DB, locked lockedUser) error {
	if !isEnabledAdmin(locked.user) {
		return nil
	}
	var others []string
	err := tx.Model(&User{}).Where("id IN ? AND id IN (?)", locked.others, adminIDs(tx)).
		Where("NOT disabled AND password_hash <> ''").Limit(1).Pluck("id", &others).Error
	if err == nil && len(others) == 0 {
		return ErrLastAdmin
	}
	return s.wrap("looking for other administrators", err)
}

func isEnabledAdmin(user User) bool { return !user.Disabled && slices.Contains(user.Roles, RoleAdmin) }
