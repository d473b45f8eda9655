package cmd

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/auth"
	"latchkey/models"
)

const adminPassword = "correct horse battery"

// withSettings is a folder whose .env the server and the commands read.
func withSettings(t *testing.T, settings ...string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	set(t, folder, settings...)
	return folder
}

func set(t *testing.T, folder string, settings ...string) {
	t.Helper()
	settings = append(settings, "PUBLIC_URL=http://localhost:8000", "ADMIN_PASSWORD='"+adminPassword+"'")
	write(t, filepath.Join(folder, ".env"), strings.Join(settings, "\n"))
}

// headerOf reads a token's header.
func headerOf(t *testing.T, token string) (header struct{ Alg, Kid string }) {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	must(t, err)
	must(t, json.Unmarshal(text, &header))
	return header
}

// published returns the ids of the key set that the server at url publishes.
func published(t *testing.T, url string) (ids []string) {
	t.Helper()
	response, err := http.Get(url + "/.well-known/jwks.json")
	must(t, err)
	defer response.Body.Close()
	var set struct{ Keys []struct{ Kid string } }
	must(t, json.NewDecoder(response.Body).Decode(&set))
	for _, key := range set.Keys {
		ids = append(ids, key.Kid)
	}
	return ids
}

// listed returns the ids and states that "keys list" tells.
func listed(t *testing.T, folder string) (ids []string, states string) {
	t.Helper()
	stdout, stderr, exit := latchkey(t, folder, "", "keys", "list", "--json")
	var keys []struct{ Kid, State string }
	if err := json.Unmarshal([]byte(stdout), &keys); err != nil || exit != 0 {
		t.Fatalf("keys list: exit code %d, %q, %q", exit, stdout, stderr)
	}
	for _, key := range keys {
		ids, states = append(ids, key.Kid), states+" "+key.State
	}
	return ids, strings.TrimSpace(states)
}

// soon waits until a server has followed, which takes 2 s at the most on a
// machine that has time for it.
func soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("still not so: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestServersFollowTheKeysCommands takes two servers on one database through
// a rotation, the theft of a retiring key, and that of the current one.
func TestServersFollowTheKeysCommands(t *testing.T) {
	folder := withSettings(t, "JWT_ALG=ES256")
	servers := []*program{start(t, folder), start(t, folder)}
	everywhere := func(done func(url string) bool) func() bool {
		return func() bool { return done(servers[0].url) && done(servers[1].url) }
	}
	keys, states := listed(t, folder)
	if states != "current next" || !slices.Equal(published(t, servers[0].url), keys) || !slices.Equal(published(t, servers[1].url), keys) {
		t.Fatalf("the keys are %v (%s), published are %v", keys, states, published(t, servers[0].url))
	}
	_, old := login(t, servers[0].url, "admin", adminPassword)
	if header := headerOf(t, old); header.Alg != "ES256" || header.Kid != keys[0] {
		t.Errorf("the token's header is %+v", header)
	}

	wantRefused(t, folder, "", 1, "--force", "keys", "rotate")
	if again, _ := listed(t, folder); !slices.Equal(again, keys) {
		t.Fatalf("a refused rotation changed %v to %v", keys, again)
	}
	wantDone(t, folder, "", "retiring until", "keys", "rotate", "--force")
	rotated, states := listed(t, folder)
	if states != "current next retiring" || rotated[0] != keys[1] || rotated[2] != keys[0] {
		t.Fatalf("%v became %v (%s)", keys, rotated, states)
	}
	soon(t, "all publish the rotated keys", everywhere(func(url string) bool { return slices.Equal(published(t, url), rotated) }))
	_, token := login(t, servers[1].url, "admin", adminPassword)
	if kid := headerOf(t, token).Kid; kid != rotated[0] {
		t.Errorf("the new token is signed by %s, the current key is %s", kid, rotated[0])
	}
	for _, text := range []string{old, token} {
		if !everywhere(func(url string) bool { return who(t, url, text) == 200 })() {
			t.Error("a token is refused during the rotation")
		}
	}

	wantDone(t, folder, "", "next", "keys", "compromised", rotated[2])
	soon(t, "all refuse the stolen key's token", everywhere(func(url string) bool { return who(t, url, old) == 401 }))
	if who(t, servers[0].url, token) != 200 {
		t.Error("the current key's token is refused too")
	}
	wantDone(t, folder, "", "next", "keys", "compromised", "--json", rotated[0])
	soon(t, "all refuse the stolen key's token", everywhere(func(url string) bool { return who(t, url, token) == 401 }))
	_, token = login(t, servers[0].url, "admin", adminPassword)
	if kid := headerOf(t, token).Kid; kid != rotated[1] {
		t.Errorf("the new token is signed by %s, the next key was %s", kid, rotated[1])
	}
	wantRefused(t, folder, "", 1, "no such signing key", "keys", "compromised", rotated[0])
	for _, p := range servers {
		if log := p.stop(t); strings.Count(log, "signing keys changed") != 3 || strings.Contains(log, "cannot be followed") {
			t.Errorf("the log is\n%s", log)
		}
	}
}

func TestARestartKeepsTheKeys(t *testing.T) {
	folder := withSettings(t, "JWT_ALG=ES256")
	p := start(t, folder)
	_, token := login(t, p.url, "admin", adminPassword)
	keys := published(t, p.url)
	p.stop(t)
	p = start(t, folder)
	if again := published(t, p.url); len(keys) != 2 || !slices.Equal(again, keys) {
		t.Errorf("%v became %v", keys, again)
	}
	if status := who(t, p.url, token); status != 200 {
		t.Errorf("a token from before the restart: %d", status)
	}
}

func TestARetiredKeyLeavesTheKeySetAndTheDatabase(t *testing.T) {
	folder := withSettings(t, "JWT_ALG=ES256")
	p := start(t, folder)
	wantDone(t, folder, "", "retiring", "keys", "rotate", "--force")
	soon(t, "three keys are published", func() bool { return len(published(t, p.url)) == 3 })
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(folder, "data", "latchkey.db")+"?_busy_timeout=5000")
	must(t, err)
	defer db.Close()
	_, err = db.Exec("UPDATE signing_keys SET retires_at = ? WHERE state = 'retiring'", time.Now().UTC().Add(-time.Minute))
	must(t, err)
	soon(t, "two keys are published", func() bool { return len(published(t, p.url)) == 2 })
	soon(t, "two keys are left", func() bool {
		var left int
		must(t, db.QueryRow("SELECT count(*) FROM signing_keys").Scan(&left))
		return left == 2
	})
}

// TestAnotherSecretComesAndTheFirstGoes: the keys outlive the secret that
// sealed them first, and a secret that opens none changes nothing.
func TestAnotherSecretComesAndTheFirstGoes(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	folder := withSettings(t, "JWT_ALG=ES256", "JWT_SECRET="+one)
	p := start(t, folder)
	_, token := login(t, p.url, "admin", adminPassword)
	keys := published(t, p.url)
	p.stop(t)
	refused := func() {
		t.Helper()
		message := failStart(t, folder, "JWT_SECRET is not the one of this database")
		if strings.Count(message, "\n") != 1 || strings.Contains(message, one) || strings.Contains(message, two) {
			t.Errorf("the message is %s", message)
		}
		for _, args := range [][]string{{"list"}, {"rotate", "--force"}, {"compromised", keys[0]}, {"compromised", keys[1]}} {
			wantRefused(t, folder, "", 1, "JWT_SECRET is not the one of this database", append([]string{"keys"}, args...)...)
		}
	}
	set(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+two)
	refused()
	for _, secrets := range []string{two + "," + one, two} {
		set(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+secrets)
		p = start(t, folder)
		if again := published(t, p.url); !slices.Equal(again, keys) {
			t.Fatalf("%v became %v", keys, again)
		}
		if status := who(t, p.url, token); status != 200 {
			t.Errorf("the token is refused: %d", status)
		}
		p.stop(t)
	}
	set(t, folder, "JWT_ALG=ES256", "JWT_SECRET="+one) // which is of no use any more
	refused()
}

func TestTheAlgorithmMayChangeAndComeBack(t *testing.T) {
	folder := withSettings(t, "JWT_ALG=RS256")
	p := start(t, folder)
	keys := published(t, p.url)
	_, token := login(t, p.url, "admin", adminPassword)
	if header := headerOf(t, token); header.Alg != "RS256" || header.Kid != keys[0] || who(t, p.url, token) != 200 {
		t.Errorf("the header is %+v, the keys are %v", header, keys)
	}
	p.stop(t)
	for _, algorithm := range []string{"HS256", "ES256"} {
		set(t, folder, "JWT_ALG="+algorithm)
		p = start(t, folder)
		if status := who(t, p.url, token); status != 401 {
			t.Errorf("%s: the token of RS256 is accepted: %d", algorithm, status)
		}
		_, other := login(t, p.url, "admin", adminPassword)
		if headerOf(t, other).Alg != algorithm || slices.Contains(published(t, p.url), keys[0]) {
			t.Errorf("%s: signs with %+v, publishes %v", algorithm, headerOf(t, other), published(t, p.url))
		}
		p.stop(t)
	}
	set(t, folder, "JWT_ALG=RS256")
	p = start(t, folder)
	if again := published(t, p.url); !slices.Equal(again, keys) || who(t, p.url, token) != 200 {
		t.Errorf("%v became %v", keys, again)
	}
}

func TestTheKeysOfHS256AreTheSecrets(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	folder := withSettings(t, "JWT_SECRET="+one+","+two)
	keys, states := listed(t, folder)
	if want := []string{auth.Secret(one).Key().ID, auth.Secret(two).Key().ID}; !slices.Equal(keys, want) || states != "current older" {
		t.Errorf("the keys are %v (%s), want %v", keys, states, want)
	}
	wantRefused(t, folder, "", 1, "set JWT_SECRET to NEW,OLD", "keys", "rotate")
	wantRefused(t, folder, "", 1, "without the stolen one", "keys", "compromised", keys[0])
	if files := snapshot(t, folder); len(files) != 1 {
		t.Errorf("the commands made %v", files)
	}
	p := start(t, folder)
	_, token := login(t, p.url, "admin", adminPassword)
	if header := headerOf(t, token); header.Kid != keys[0] || len(published(t, p.url)) != 0 {
		t.Errorf("the token's header is %+v", header)
	}
}

func TestKeysCommandsThatAreRefused(t *testing.T) {
	for _, algorithm := range []string{"HS256", "ES256"} {
		folder := withSettings(t, "JWT_ALG="+algorithm)
		for _, args := range [][]string{{"keys", "list"}, {"keys", "rotate"}, {"keys", "compromised", "x"}} {
			wantRefused(t, folder, "", 1, "secret file", args...) // and makes none
		}
		if files := snapshot(t, folder); len(files) != 1 {
			t.Errorf("commands in the wrong place made %v", files)
		}
	}
	folder := withSettings(t, "JWT_ALG=ES256", "JWT_SECRET="+strings.Repeat("1", 40))
	wantRefused(t, folder, "", 1, "no database", "keys", "list")
	start(t, folder).stop(t)
	wantRefused(t, folder, "", 1, "no such signing key", "keys", "compromised", "-a-kid-may-begin-so")
	set(t, folder, "JWT_ALG=RS256", "JWT_SECRET="+strings.Repeat("1", 40)) // of which the server has made none
	wantRefused(t, folder, "", 1, "when it starts", "keys", "rotate", "--force")
	wantDone(t, folder, "", "[]", "keys", "list", "--json")
	for _, args := range [][]string{
		{"keys"}, {"keys", "drop"}, {"keys", "list", "x"}, {"keys", "list", "--force"}, {"keys", "rotate", "x"}, {"keys", "--json"},
		{"keys", "compromised"}, {"keys", "compromised", ""}, {"keys", "compromised", "--json"}, {"keys", "compromised", "a", "b"},
	} {
		wantRefused(t, folder, "", 2, "usage:", args...)
	}
}

// TestAFailureToFollowIsLoggedOnce looks ten times at a database that is away,
// on a clock that runs as fast as it can.
func TestAFailureToFollowIsLoggedOnce(t *testing.T) {
	store, err := models.Open(t.Context(), models.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "test.db"), Now: time.Now})
	must(t, err)
	must(t, store.Close())
	secrets, err := auth.ParseSecrets(strings.Repeat("1", 40))
	must(t, err)
	synctest.Test(t, func(t *testing.T) {
		issuer, err := auth.NewIssuer(auth.IssuerOptions{
			Keys: auth.SecretKeys(secrets), Issuer: "x", Audience: "x", TTL: time.Minute, Now: time.Now,
		})
		must(t, err)
		var log bytes.Buffer
		signing := signingKeys{store, models.KeyUse{Algorithm: auth.ES256, Secrets: secrets}, slog.New(slog.NewTextHandler(&log, nil))}
		stop := signing.follow(context.Background(), issuer)
		time.Sleep(10 * models.KeySetDelay)
		stop() // and its goroutine has ended, else the bubble would not
		if n := strings.Count(log.String(), "cannot be followed"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
	})
}
