package cmd

import (
	"bytes"
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/models"
)

// newKeySync returns a keySync with a new database, which holds keys, and the file of that
// database.
func newKeySync(t *testing.T) (sync keySync, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "test.db")
	store, err := models.Open(t.Context(), models.Options{URL: "sqlite:" + path, Now: time.Now})
	authtest.Must(t, err)
	t.Cleanup(func() { store.Close() })
	keyConfig := models.KeyConfig{Algorithm: auth.ES256, Secrets: []auth.Secret{auth.Secret(strings.Repeat("1", 40))}}
	keys, err := loadOrCreateKeys(t.Context(), store, keyConfig, time.Minute)
	authtest.Must(t, err)
	issuer, err := auth.NewIssuer(auth.IssuerOptions{Keys: keys, Issuer: "x", Audience: "x", TTL: time.Minute, Now: time.Now})
	authtest.Must(t, err)
	return keySync{store, keyConfig, issuer, slog.New(slog.DiscardHandler)}, path
}

// TestKeySyncLogsARepeatedFailureOnce lets ten syncs fail, on a clock that jumps whenever every
// goroutine waits for it.
func TestKeySyncLogsARepeatedFailureOnce(t *testing.T) {
	t.Parallel()
	sync, _ := newKeySync(t)
	authtest.Must(t, sync.store.Close())
	var log bytes.Buffer
	sync.log = slog.New(slog.NewTextHandler(&log, nil))
	synctest.Test(t, func(t *testing.T) {
		stop := background(t.Context(), sync.run)
		time.Sleep(10 * keySyncInterval)
		stop() // and its goroutine has ended, or this test would fail
		if n := strings.Count(log.String(), "cannot load the signing keys"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, log.String())
		}
	})
}

// TestKeySyncNeverSignsWithAKeyThatIsNotCurrent removes the current key behind the program's back.
func TestKeySyncNeverSignsWithAKeyThatIsNotCurrent(t *testing.T) {
	t.Parallel()
	sync, path := newKeySync(t)
	before := sync.issuer.Keys()
	db, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=60000")
	authtest.Must(t, err)
	defer db.Close()
	_, err = db.Exec("DELETE FROM signing_keys WHERE state = 'current'")
	authtest.Must(t, err)
	if err := sync.sync(t.Context()); err == nil || !strings.Contains(err.Error(), "no current signing key") {
		t.Errorf("the error is %v", err)
	}
	sameID := func(a, b auth.Key) bool { return a.ID == b.ID }
	if after := sync.issuer.Keys(); !slices.EqualFunc(after, before, sameID) {
		t.Errorf("the keys changed from %v to %v", before, after)
	}
}
