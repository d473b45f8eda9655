package models

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"latchkey/auth"
)

// IssueLink issues a set-password link for a user, which voids all earlier ones. It fails with
// ErrUserNotFound.
//
// The link works once, for auth.SetPasswordLinkTTL. It is void as soon as another one is issued,
// the user is disabled, or the user gets a new password in any way. A link that is issued to a
// disabled user works, but the user still cannot log in.
func (s *Store) IssueLink(ctx context.Context, _ Actor, userID string) (link auth.SetPasswordLink, err error) {
	err = s.transaction(ctx, "issuing a set-password link", func(tx *gorm.DB) error {
		user, err := s.lockUser(tx, userID)
		if err != nil {
			return err
		}
		link = auth.SetPasswordLink{
			UserID: user.ID, Version: user.LinkVersion + linkGrowth(),
			ExpiresAt: s.now().Truncate(time.Second).Add(auth.SetPasswordLinkTTL),
		}
		return s.wrap("storing a link version", tx.Model(&user).Update("link_version", link.Version).Error)
	})
	if err != nil {
		return auth.SetPasswordLink{}, err
	}
	return link, nil
}

// SetPasswordByLink sets the password of the user of a link, whose MAC the caller has verified, and
// ends all their sessions. It fails with ErrLinkExpired, without the work of a hash, and otherwise
// with *auth.WeakPasswordError or *BusyError. Of several calls with one link, one succeeds.
func (s *Store) SetPasswordByLink(ctx context.Context, by Actor, link auth.SetPasswordLink, password string) error {
	if !s.now().Before(link.ExpiresAt) {
		return fmt.Errorf("%w: it was for user %s until %v", ErrLinkExpired, link.UserID, link.ExpiresAt)
	}
	user, err := s.UserByID(ctx, link.UserID) // with the roles, whose names the password must not repeat
	if err := checkLink(link, user, err); err != nil {
		return err
	}
	t := turn{place: s.placeFor(by, user), recheck: func() error { // so that a link that was used meanwhile costs no hash
		current, err := s.UserByID(ctx, link.UserID)
		return checkLink(link, current, err)
	}}
	hash, err := s.hashNewPassword(ctx, t, user, password)
	if err != nil {
		return err
	}
	return s.transaction(ctx, "setting a password by a link", func(tx *gorm.DB) error {
		locked, err := s.lockUser(tx, link.UserID)
		if err := checkLink(link, locked, err); err != nil { // it may have been used during the hash
			return err
		}
		if err := s.storePassword(tx, link.UserID, hash); err != nil {
			return err
		}
		return s.endAllSessions(tx, link.UserID)
	})
}

// linkGrowth returns by how much a link version grows: more than anyone can guess. Someone who has
// stolen the secret, but not the database, can therefore forge no link.
func linkGrowth() int64 {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // never fails
	return 1 + int64(binary.BigEndian.Uint64(random)>>24)
}

// checkLink fails with ErrLinkExpired unless the link is the newest of its user. The error is that
// of reading the user: if there is no such user, the link has expired too.
func checkLink(link auth.SetPasswordLink, user User, err error) error {
	switch {
	case errors.Is(err, ErrUserNotFound):
		return fmt.Errorf("%w: user %s does not exist", ErrLinkExpired, link.UserID)
	case err != nil:
		return err
	case user.LinkVersion != link.Version || link.Version == 0: // no link has been issued yet
		return fmt.Errorf("%w: it has been used or replaced, for user %s", ErrLinkExpired, user.ID)
	}
	return nil
}
