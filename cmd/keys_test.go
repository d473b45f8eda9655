package cmd_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/cmd/cmdtest"
)

// saveSettings writes a .env that the server and the commands in folder read.
func saveSettings(t *testing.T, folder string, settings ...string) {
	t.Helper()
	settings = append(settings, "PUBLIC_URL=http://localhost:8000", "ADMIN_PASSWORD='"+adminPassword+"'")
	writeFile(t, filepath.Join(folder, ".env"), strings.Join(settings, "\n"))
}

// newFolder returns a folder with settings.
func newFolder(t *testing.T, settings ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	saveSettings(t, folder, settings...)
	return folder
}

// headerOf decodes the header of a token.
func headerOf(t *testing.T, token string) (header struct{ Alg, Kid string }) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	authtest.Must(t, err)
	authtest.Must(t, json.Unmarshal(text, &header))
	return header
}

// publishedKeys returns the ids of the published key set.
func publishedKeys(t *testing.T, p *cmdtest.Program) (ids []string) {
	t.Helper()
	_, body := p.Get("/.well-known/jwks.json", "")
	var set struct{ Keys []struct{ Kid string } }
	authtest.Must(t, json.Unmarshal([]byte(body), &set))
	for _, key := range set.Keys {
		ids = append(ids, key.Kid)
	}
	return ids
}

// listedKeys returns the ids and states that "keys list" prints.
func listedKeys(t *testing.T, folder string) (ids []string, states string) {
	t.Helper()
	r := cmdtest.Command{Folder: folder, Args: []string{"keys", "list", "--json"}}.Run(t)
	var keys []struct{ Kid, State string }
	if err := json.Unmarshal([]byte(r.Stdout), &keys); err != nil || r.Exit != 0 {
		t.Fatalf("keys list: exit code %d: %s%s", r.Exit, r.Stdout, r.Stderr)
	}
	for _, key := range keys {
		ids, states = append(ids, key.Kid), states+" "+key.State
	}
	return ids, strings.TrimSpace(states)
}

// eventually waits until done returns true. A server needs 2 s to follow a change of the keys; the
// limit only bounds a test that fails.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for limit := time.Now().Add(2 * time.Minute); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("this never happened: %s", what)
		}
	}
}

// TestServersFollowTheKeysCommands starts two servers on one database. It rotates the keys, then
// removes the retiring key and the current key as stolen.
func TestServersFollowTheKeysCommands(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=ES256")
	first, second := cmdtest.Start(t, folder), cmdtest.Start(t, folder)
	both := func(done func(*cmdtest.Program) bool) func() bool {
		return func() bool { return done(first) && done(second) }
	}
	keys, states := listedKeys(t, folder)
	published := both(func(p *cmdtest.Program) bool { return slices.Equal(publishedKeys(t, p), keys) })
	if states != "current next" || !published() {
		t.Fatalf("the keys are %v (%s), published are %v and %v", keys, states, publishedKeys(t, first), publishedKeys(t, second))
	}
	_, old := first.Login("admin", adminPassword)
	if header := headerOf(t, old); header.Alg != "ES256" || header.Kid != keys[0] {
		t.Errorf("the token's header is %+v", header)
	}

	wantFailure(t, folder, "", "--force", "keys", "rotate")
	if again, _ := listedKeys(t, folder); !slices.Equal(again, keys) {
		t.Fatalf("a refused rotation changed %v to %v", keys, again)
	}
	wantDone(t, folder, "", "retiring until", "keys", "rotate", "--force")
	rotated, states := listedKeys(t, folder)
	if states != "current next retiring" || rotated[0] != keys[1] || rotated[2] != keys[0] {
		t.Fatalf("%v became %v (%s)", keys, rotated, states)
	}
	eventually(t, "both servers publish the rotated keys", both(func(p *cmdtest.Program) bool {
		return slices.Equal(publishedKeys(t, p), rotated)
	}))
	_, token := second.Login("admin", adminPassword)
	if kid := headerOf(t, token).Kid; kid != rotated[0] {
		t.Errorf("a new token is signed with %s, want the current key %s", kid, rotated[0])
	}
	for _, text := range []string{old, token} {
		if !both(func(p *cmdtest.Program) bool { return p.Who(text) == 200 })() {
			t.Error("the rotation invalidated a token")
		}
	}

	wantDone(t, folder, "", "next", "keys", "compromised", rotated[2])
	refuse := func(token string) func() bool {
		return both(func(p *cmdtest.Program) bool { return p.Who(token) == 401 })
	}
	eventually(t, "both servers refuse the tokens of the removed retiring key", refuse(old))
	if first.Who(token) != 200 {
		t.Error("the token of the current key is refused too")
	}
	wantDone(t, folder, "", "next", "keys", "compromised", "--json", rotated[0])
	eventually(t, "both servers refuse the tokens of the removed current key", refuse(token))
	_, token = first.Login("admin", adminPassword)
	if kid := headerOf(t, token).Kid; kid != rotated[1] {
		t.Errorf("a new token is signed with %s, want the former next key %s", kid, rotated[1])
	}
	wantFailure(t, folder, "", "signing key not found", "keys", "compromised", rotated[0])
	for _, p := range []*cmdtest.Program{first, second} {
		if log := p.Stop(); strings.Count(log, "signing keys changed") != 3 || strings.Contains(log, "cannot load") {
			t.Errorf("the log is\n%s", log)
		}
	}
}

func TestRestartKeepsTheKeys(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=ES256")
	p := cmdtest.Start(t, folder)
	_, token := p.Login("admin", adminPassword)
	keys := publishedKeys(t, p)
	p.Stop()
	p = cmdtest.Start(t, folder)
	if again := publishedKeys(t, p); len(keys) != 2 || !slices.Equal(again, keys) {
		t.Errorf("%v became %v", keys, again)
	}
	if status := p.Who(token); status != 200 {
		t.Errorf("GET /user with a token from before the restart: status %d", status)
	}
}

func TestRetiredKeyIsUnpublishedAndDeleted(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=ES256")
	p := cmdtest.Start(t, folder)
	wantDone(t, folder, "", "retiring", "keys", "rotate", "--force")
	eventually(t, "three keys are published", func() bool { return len(publishedKeys(t, p)) == 3 })
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "data", "latchkey.db")+"?_busy_timeout=60000")
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE signing_keys SET retires_at = ? WHERE state = 'retiring'", time.Now().UTC().Add(-time.Minute))
	authtest.Must(t, err)
	eventually(t, "two keys are published", func() bool { return len(publishedKeys(t, p)) == 2 })
	eventually(t, "two keys are stored", func() bool {
		var stored int
		authtest.Must(t, db.QueryRow("SELECT count(*) FROM signing_keys").Scan(&stored))
		return stored == 2
	})
}

// TestSecretCanBeReplacedWithoutLosingTheKeys replaces the secret that sealed the keys. A secret
// that opens none of them must change nothing.
func TestSecretCanBeReplacedWithoutLosingTheKeys(t *testing.T) {
	t.Parallel()
	one, two := "an older secret of forty characters.....", "a newer secret of forty characters....."
	folder := newFolder(t, "JWT_ALG=ES256", "JWT_SECRET="+one)
	p := cmdtest.Start(t, folder)
	_, token := p.Login("admin", adminPassword)
	keys := publishedKeys(t, p)
	p.Stop()
	wantWrongSecret := func() {
		t.Helper()
		message := wantNoStart(t, folder, "JWT_SECRET does not match the database")
		if strings.Count(message, "\n") != 1 || strings.Contains(message, one) || strings.Contains(message, two) {
			t.Errorf("the message is %s", message)
		}
		for _, args := range [][]string{{"list"}, {"rotate", "--force"}, {"compromised", keys[0]}, {"compromised", keys[1]}} {
			wantFailure(t, folder, "", "JWT_SECRET does not match the database", append([]string{"keys"}, args...)...)
		}
	}
	saveSettings(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+two)
	wantWrongSecret()
	for _, secrets := range []string{two + "," + one, two} {
		saveSettings(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+secrets)
		p = cmdtest.Start(t, folder)
		if again := publishedKeys(t, p); !slices.Equal(again, keys) {
			t.Fatalf("%v became %v", keys, again)
		}
		if status := p.Who(token); status != 200 {
			t.Errorf("GET /user with a token from before: status %d", status)
		}
		p.Stop()
	}
	saveSettings(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+one) // which no longer opens anything
	wantWrongSecret()
}

func TestAlgorithmCanChangeAndChangeBack(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=RS256")
	p := cmdtest.Start(t, folder)
	keys := publishedKeys(t, p)
	_, token := p.Login("admin", adminPassword)
	if header := headerOf(t, token); header.Alg != "RS256" || header.Kid != keys[0] || p.Who(token) != 200 {
		t.Errorf("the token's header is %+v, the keys are %v", header, keys)
	}
	p.Stop()
	for _, algorithm := range []string{"HS256", "ES256"} {
		saveSettings(t, folder, "JWT_ALG="+algorithm)
		p = cmdtest.Start(t, folder)
		if status := p.Who(token); status != 401 {
			t.Errorf("%s: GET /user with a token of RS256: status %d", algorithm, status)
		}
		_, other := p.Login("admin", adminPassword)
		if headerOf(t, other).Alg != algorithm || slices.Contains(publishedKeys(t, p), keys[0]) {
			t.Errorf("%s: the token's header is %+v, published are %v", algorithm, headerOf(t, other), publishedKeys(t, p))
		}
		p.Stop()
	}
	saveSettings(t, folder, "JWT_ALG=RS256")
	p = cmdtest.Start(t, folder)
	if again := publishedKeys(t, p); !slices.Equal(again, keys) || p.Who(token) != 200 {
		t.Errorf("%v became %v", keys, again)
	}
}

func TestKeysOfHS256AreTheSecrets(t *testing.T) {
	t.Parallel()
	one, two := "an older secret of forty characters.....", "a newer secret of forty characters....."
	folder := newFolder(t, "JWT_SECRET="+one+","+two)
	keys, states := listedKeys(t, folder)
	if want := []string{auth.Secret(one).Key().ID, auth.Secret(two).Key().ID}; !slices.Equal(keys, want) || states != "current older" {
		t.Errorf("the keys are %v (%s), want %v", keys, states, want)
	}
	wantFailure(t, folder, "", "set JWT_SECRET to OLD,NEW on every server, then to NEW,OLD", "keys", "rotate")
	wantFailure(t, folder, "", "without the stolen one", "keys", "compromised", keys[0])
	if files := readFolder(t, folder); len(files) != 1 {
		t.Errorf("the commands created %v", files)
	}
	p := cmdtest.Start(t, folder)
	_, token := p.Login("admin", adminPassword)
	if header := headerOf(t, token); header.Kid != keys[0] || len(publishedKeys(t, p)) != 0 {
		t.Errorf("the token's header is %+v, published are %v", header, publishedKeys(t, p))
	}
}

func TestKeysCommandsNeverCreateASecretOrADatabase(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []string{"HS256", "ES256"} {
		folder := newFolder(t, "JWT_ALG="+algorithm)
		for _, args := range [][]string{{"keys", "list"}, {"keys", "rotate"}, {"keys", "compromised", "x"}} {
			wantFailure(t, folder, "", "secret file", args...)
		}
		if files := readFolder(t, folder); len(files) != 1 {
			t.Errorf("the commands created %v", files)
		}
	}
	folder := newFolder(t, "JWT_ALG=ES256", "JWT_SECRET=a secret of forty characters............")
	wantFailure(t, folder, "", "the database does not exist", "keys", "list")
	if files := readFolder(t, folder); len(files) != 1 {
		t.Errorf("the command created %v", files)
	}
}

func TestKeysCommandsRefuseUnknownKeys(t *testing.T) {
	t.Parallel()
	folder := newFolder(t, "JWT_ALG=ES256", "JWT_SECRET=a secret of forty characters............")
	cmdtest.Start(t, folder).Stop()
	wantFailure(t, folder, "", "signing key not found", "keys", "compromised", "-a-kid-may-begin-so")
	saveSettings(t, folder, "JWT_ALG=RS256", "JWT_SECRET=a secret of forty characters............") // no server has created such keys
	wantFailure(t, folder, "", "when it starts", "keys", "rotate", "--force")
	wantDone(t, folder, "", "[]", "keys", "list", "--json")
}
