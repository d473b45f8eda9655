package models

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"latchkey/auth/authtest"
)

// seedUsers adds users whose names, addresses, states and roles differ: everyone is a member, every
// tenth an editor, every hundredth an auditor and disabled. Every seventh has no e-mail address,
// and some share one.
func (s testStore) seedUsers(t *testing.T, count int) {
	t.Helper()
	numbers := "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?) "
	s.exec(t, numbers+`
		INSERT INTO users (id, username, username_key, email, email_key, password_hash, disabled, created_at)
		SELECT printf('id%06d', n), name, name, email, email, 'x', n % 100 = 99, '2026-11-21 12:00:00+00:00'
		FROM (SELECT n, char(97 + n * 7 % 26) || printf('%06d', n) AS name,
			CASE WHEN n % 7 > 0 THEN char(97 + n * 11 % 26) || printf('%03d@example.org', n % 500) END AS email FROM numbers)`, count-1)
	for role, every := range map[string]int{"member": 1, "editor": 10, "auditor": 100} {
		s.exec(t, numbers+"INSERT INTO user_roles (user_id, role) SELECT printf('id%06d', n), ? FROM numbers WHERE n % ? = ? - 1",
			count-1, role, every, every)
	}
}

// allPages returns the users on all pages of a query.
func (s testStore) allPages(t *testing.T, q UserQuery) (ids []string) {
	t.Helper()
	for {
		users, next, err := s.Users(t.Context(), q)
		authtest.Must(t, err)
		for _, user := range users {
			ids = append(ids, user.ID)
		}
		if len(users) > q.Limit || len(next) > 400 {
			t.Fatalf("%+v: a page of %d users, next %s", q, len(users), next)
		}
		if next == "" {
			return ids
		}
		q.After = next
	}
}

// TestPagesContainEveryMatchingUserOnceInOrder compares the pages with what a filter over all users
// finds, for roles that few and many users have.
func TestPagesContainEveryMatchingUserOnceInOrder(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.seedUsers(t, 3000)
	s.exec(t, "UPDATE users SET email = 'a000@example.org', email_key = 'a000@example.org' WHERE id BETWEEN 'id000100' AND 'id000140'")
	var everyone []User
	authtest.Must(t, s.reader.Find(&everyone).Error)
	pointers := make([]*User, len(everyone))
	for i := range everyone {
		pointers[i] = &everyone[i]
	}
	authtest.Must(t, s.loadRoles(s.reader, pointers...))
	found := 0
	for _, prefix := range []string{"", "A", "a0", "a000@", "a000@example.org", "b00", "zz", "Q123@EXAMPLE"} {
		for _, role := range []string{"", "member", "editor", "auditor", "nobody"} {
			for _, disabled := range []*bool{nil, new(true), new(false)} {
				q := UserQuery{Prefix: prefix, Role: role, Disabled: disabled, Limit: 41}
				got, want := s.allPages(t, q), expectedIDs(everyone, q)
				if !slices.Equal(got, want) {
					t.Errorf("%q, role %q: %d users, want %d", prefix, role, len(got), len(want))
				}
				found += len(got)
			}
		}
	}
	if found < 10_000 {
		t.Errorf("only %d users were compared", found)
	}
}

func expectedIDs(everyone []User, q UserQuery) (ids []string) {
	prefix := strings.ToLower(q.Prefix)
	matching := func(test func(User) bool) (found []User) {
		for _, user := range everyone {
			has := q.Role == "" || slices.Contains(user.Roles, q.Role)
			if has && (q.Disabled == nil || *q.Disabled == user.Disabled) && test(user) {
				found = append(found, user)
			}
		}
		return found
	}
	byName := matching(func(u User) bool { return strings.HasPrefix(u.UsernameKey, prefix) })
	slices.SortFunc(byName, func(a, b User) int { return strings.Compare(a.UsernameKey, b.UsernameKey) })
	byEmail := matching(func(u User) bool {
		return !strings.HasPrefix(u.UsernameKey, prefix) && u.EmailKey != nil && strings.HasPrefix(*u.EmailKey, prefix)
	})
	slices.SortFunc(byEmail, func(a, b User) int { return strings.Compare(*a.EmailKey+a.ID, *b.EmailKey+b.ID) })
	for _, user := range append(byName, byEmail...) {
		ids = append(ids, user.ID)
	}
	return ids
}

// The cost of a page is the rows that its queries return: each of them searches an index, without a
// scan of the table and without sorting. In the worst case hardly any user is a result.
func TestPageExaminesAThousandOf50000UsersAtMost(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.seedUsers(t, 50_000)
	s.exec(t, "UPDATE users SET email = 'same@example.org', email_key = 'same@example.org' WHERE id >= 'id010000'")
	var statements []string
	rows := int64(0)
	authtest.Must(t, s.reader.Callback().Query().After("gorm:query").Register("test:record", func(db *gorm.DB) {
		statements = append(statements, db.Dialector.Explain(db.Statement.SQL.String(), db.Statement.Vars...))
		if db.Statement.Table == "users" {
			rows += db.Statement.RowsAffected
		}
	}))
	for _, q := range []UserQuery{
		{}, {Prefix: "a"}, {Prefix: "same"}, {Prefix: "same@example.org"}, {Role: "member"}, {Role: "auditor"}, {Role: "auditor", Prefix: "a"},
		{Role: "editor", Disabled: new(true)}, {Disabled: new(true)}, {Disabled: new(true), Prefix: "s"}, {Role: "nobody"},
		{Role: "editor", Prefix: "same"}, {Role: "member", Disabled: new(true), Prefix: "same"},
	} {
		q.Limit = 50
		for range 3 { // pages
			statements, rows = nil, 0
			users, next, err := s.Users(t.Context(), q)
			authtest.Must(t, err)
			if rows > maxExamined {
				t.Errorf("%+v: %d users were examined", q, rows)
			}
			for _, statement := range statements {
				wantPlan(t, s, statement, "SEARCH")
			}
			if q.After = next; next == "" {
				break
			}
			if len(users) == 0 && rows < maxExamined {
				t.Errorf("%+v: an empty page after %d users", q, rows)
			}
		}
	}
}

func TestListWithImpossibleCharactersIsEmpty(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addUser(t, "kim")
	for _, text := range []string{"\u212a", "\x00", "\xff", " kim", "kim\x7f", "%", "k'"} {
		for _, query := range []UserQuery{{Limit: 10, Prefix: text}, {Limit: 10, Role: text}} {
			users, next, err := s.Users(t.Context(), query)
			if err != nil || len(users) != 0 || next != "" {
				t.Errorf("%+v: %v, next %q, %v", query, users, next, err)
			}
		}
	}
}

func TestCursorOfAnotherKindIsInvalid(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.addUser(t, "kim")
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, cursor := range map[string]string{
		"a username": "kim", "not base64": "%", "NUL": "\x00", "no key": encode("u"), "unknown kind": encode("xkim"),
		"NUL inside": encode("uk\x00m"), "invalid UTF-8": encode("u\xff"), "an address without an id": encode("ekim@example.org"),
		"an id without an address": encode("eid\n"), "padded": "dWtpbQ==", "with spare bits": "dWtpbR", "16 kB": strings.Repeat("%", 16<<10),
	} {
		users, next, err := s.Users(t.Context(), UserQuery{Limit: 10, After: cursor})
		if err != ErrInvalidCursor || len(users) != 0 || next != "" {
			t.Errorf("%s: %v, next %q, %v", name, users, next, err)
		}
	}
	for _, cursor := range []string{encode("u' OR 1=1 --"), encode("e' OR 1=1 --\n' OR 1=1 --"), encode("u%"), encode("u\u212a")} {
		_, _, err := s.Users(t.Context(), UserQuery{Limit: 10, Prefix: "k", After: cursor})
		authtest.Must(t, err)
	}
}

// A page of any size takes one query for the users and one for their roles.
func TestPageTakesTwoQueries(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.seedUsers(t, 30)
	queries := 0
	authtest.Must(t, s.reader.Callback().Query().Register("test:count", func(*gorm.DB) { queries++ }))
	users, _, err := s.Users(t.Context(), UserQuery{Limit: 20})
	authtest.Must(t, err)
	if len(users) != 20 || queries != 2 {
		t.Errorf("%d users took %d queries", len(users), queries)
	}
}

func TestCursorOfAnotherSearchFindsNobodyElse(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for name, email := range map[string]string{"user-1": "anna@example.org", "user-2": "antje@example.org", "zora": "bert@example.org"} {
		authtest.Must(t, errorOf(s.CreateUser(t.Context(), CommandLine(), UserParams{Username: name, NoPassword: true, Email: &email})))
	}
	for name, row := range map[string]struct{ first, second, want string }{
		"by username":       {"", "z", "zora"},
		"by e-mail address": {"an", "b", "zora"},
	} {
		_, cursor, err := s.Users(t.Context(), UserQuery{Prefix: row.first, Limit: 1})
		authtest.Must(t, err)
		users, _, err := s.Users(t.Context(), UserQuery{Prefix: row.second, Limit: 10, After: cursor})
		if err != nil || len(users) != 1 || users[0].Username != row.want {
			t.Errorf("%s: %v, %v", name, users, err)
		}
	}
}
