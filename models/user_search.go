package models

import (
	"cmp"
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
)

// UserQuery selects the users to list.
type UserQuery struct {
	Prefix   string // beginning of the username or e-mail address, regardless of case; may be empty
	Role     string // that the users have; may be empty
	Disabled *bool  // whether the users are disabled; nil for both
	After    string // next of the page before; empty for the first page
	Limit    int    // at least 1, and less than maxExamined
}

// maxExamined is how many users are read for one page at most. It bounds the cost of a search that
// hardly any user matches.
const maxExamined = 1000

// Users returns a page of users, and the After of the next page, which is empty on the last page.
// The users whose username has the prefix come first, in the order of their usernames; then the
// others whose e-mail address has it, in the order of their addresses.
//
// The cost of a page does not grow with the number of users: it examines at most maxExamined of
// them. So a page can be short, or even empty, and still have a next one. It fails with
// ErrInvalidCursor.
func (s *Store) Users(ctx context.Context, q UserQuery) (users []User, next string, err error) {
	after, valid := parseCursor(q.After)
	if !valid {
		return nil, "", ErrInvalidCursor
	}
	if !isPrintableASCII(q.Prefix) || q.Role != "" && !ValidRole(q.Role) {
		return nil, "", nil // such a text must not reach a query, and no user matches
	}
	q.Prefix = foldCase(q.Prefix)
	db := s.reader.WithContext(ctx)
	found, complete, err := s.candidates(db, q, after)
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	var pointers []*User
	for _, c := range found {
		if c.user != nil {
			pointers = append(pointers, c.user)
		}
	}
	if err := s.loadRoles(db, pointers...); err != nil {
		return nil, "", err
	}
	last := after
	for _, c := range found {
		if c.user != nil && q.matches(*c.user) {
			if len(users) == q.Limit {
				return users, last.cursor(), nil
			}
			users = append(users, *c.user)
		}
		last = c.at
	}
	if complete {
		return users, "", nil
	}
	return users, last.cursor(), nil
}

// candidate is a user who was examined at a position.
type candidate struct {
	user *User // nil if the user has another position in the results
	at   position
}

// candidates returns users after a position, in the order of the results: all of them, or as many
// as may be examined. It reports whether they are complete. Their roles are not loaded.
func (s *Store) candidates(db *gorm.DB, q UserQuery, after position) (found []candidate, complete bool, err error) {
	if q.Role != "" {
		found, complete, err = s.holders(db, q, after)
		if complete || err != nil {
			return found, complete, err
		}
	}
	rows := maxExamined
	if q.Role == "" && q.Disabled == nil {
		rows = q.Limit + 1 // every user is a result
	}
	if !after.byEmail {
		if found, err = s.search(usernameQuery(db, q.Prefix, after), rows); err != nil || len(found) == rows || q.Prefix == "" {
			return found, len(found) < rows, err
		}
		after = position{byEmail: true}
	}
	rows = maxExamined - len(found)
	byEmail, err := s.search(emailQuery(db, q.Prefix, after), rows)
	for i, c := range byEmail {
		byEmail[i].at = emailPosition(*c.user)
		if at, _ := q.positionOf(*c.user); at != byEmail[i].at { // the username has the prefix too
			byEmail[i].user = nil
		}
	}
	return append(found, byEmail...), len(byEmail) < rows, err
}

// search returns the users that a query finds, at most this many. Their positions are those by
// username.
func (s *Store) search(query *gorm.DB, rows int) ([]candidate, error) {
	var users []User
	if err := query.Limit(rows).Find(&users).Error; err != nil {
		return nil, s.wrap("listing users", err)
	}
	found := make([]candidate, len(users))
	for i := range users {
		found[i] = candidate{&users[i], usernamePosition(users[i])}
	}
	return found, nil
}

// holders returns the candidates among the users with the role, unless there are too many to read
// them all: then it reports that they are not complete.
func (s *Store) holders(db *gorm.DB, q UserQuery, after position) (found []candidate, complete bool, err error) {
	var ids []string
	if err := holderQuery(db, q.Role).Pluck("user_id", &ids).Error; err != nil {
		return nil, false, s.wrap("looking for the users with a role", err)
	}
	if len(ids) > maxExamined {
		return nil, false, nil
	}
	all, err := s.search(db.Where("id IN ?", ids), maxExamined)
	for _, c := range all {
		if at, has := q.positionOf(*c.user); has && at.compare(after) > 0 {
			found = append(found, candidate{c.user, at})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return a.at.compare(b.at) })
	return found, err == nil, err
}

func holderQuery(db *gorm.DB, role string) *gorm.DB {
	return db.Model(&userRole{}).Where("role = ?", role).Limit(maxExamined + 1)
}

// usernameQuery walks along the index of username keys. A key has one lower bound only: of two, the
// database might walk from the wrong one.
func usernameQuery(db *gorm.DB, prefix string, after position) *gorm.DB {
	query := db.Order("username_key").Where("username_key < ?", prefix+"\x7f") // every character sorts below it
	if after == (position{}) || after.key < prefix {                           // the cursor of another search
		return query.Where("username_key >= ?", prefix)
	}
	return query.Where("username_key > ?", after.key)
}

// emailQuery walks along the index of e-mail addresses. Several users can have the same one.
func emailQuery(db *gorm.DB, prefix string, after position) *gorm.DB {
	query := db.Order("email_key, id").Where("email_key < ?", prefix+"\x7f")
	if after.key == "" {
		return query.Where("email_key >= ?", prefix)
	}
	return query.Where("(email_key, id) > (?, ?)", after.key, after.id)
}

// matches reports whether a user, who has the prefix, has the role and the state.
func (q UserQuery) matches(user User) bool {
	return (q.Role == "" || slices.Contains(user.Roles, q.Role)) && (q.Disabled == nil || *q.Disabled == user.Disabled)
}

// positionOf returns the only position of a user in the results, and reports whether the username
// or the e-mail address has the prefix. If both have it, the position is that of the username.
func (q UserQuery) positionOf(user User) (at position, has bool) {
	if strings.HasPrefix(user.UsernameKey, q.Prefix) {
		return usernamePosition(user), true
	}
	if user.EmailKey == nil || !strings.HasPrefix(*user.EmailKey, q.Prefix) {
		return position{}, false
	}
	return emailPosition(user), true
}

// position is a place in the results. The zero value is before all of them.
type position struct {
	byEmail bool   // whether it is among those found by their e-mail address
	key     string // of the username or e-mail address
	id      string // of the user, if byEmail
}

func usernamePosition(user User) position { return position{key: user.UsernameKey} }

func emailPosition(user User) position { return position{true, *user.EmailKey, user.ID} }

func (p position) compare(other position) int {
	if p.byEmail != other.byEmail {
		if other.byEmail {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(p.key, other.key), cmp.Compare(p.id, other.id))
}

// cursor returns the position as a text that URLs may contain, of at most 400 bytes.
func (p position) cursor() string {
	text := "u" + p.key
	if p.byEmail {
		text = "e" + p.id + "\n" + p.key
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// parseCursor returns the position of a cursor, and reports whether it is one. Anyone can make a
// cursor: it is a place in the results, and grants nothing.
func parseCursor(cursor string) (p position, valid bool) {
	if cursor == "" {
		return position{}, true
	}
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	text := string(decoded)
	if err != nil || len(text) < 2 || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		return position{}, false
	}
	kind, rest := text[0], text[1:]
	if kind == 'u' {
		return position{key: rest}, true
	}
	id, key, found := strings.Cut(rest, "\n")
	return position{true, key, id}, kind == 'e' && found && key != ""
}

// isPrintableASCII reports whether text could be a part of a username or an e-mail address.
func isPrintableASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
