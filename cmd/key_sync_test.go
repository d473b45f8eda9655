package cmd

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"latchkey/auth"
	"latchkey/auth/authtest"
	"latchkey/models"
)

// TestKeySyncLogsARepeatedFailureOnce lets ten syncs fail, on a clock that jumps whenever everyone
// waits for it.
func TestKeySyncLogsARepeatedFailureOnce(t *testing.T) {
	store, err := models.Open(t.Context(), models.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "test.db"), Now: time.Now})
	authtest.Must(t, err)
	authtest.Must(t, store.Close())
	secrets, err := auth.ParseSecrets(strings.Repeat("1", 40))
	authtest.Must(t, err)
	synctest.Test(t, func(t *testing.T) {
		issuer, err := auth.NewIssuer(auth.IssuerOptions{
			Keys: auth.SecretKeys(secrets), Issuer: "x", Audience: "x", TTL: time.Minute, Now: time.Now,
		})
		authtest.Must(t, err)
		var log bytes.Buffer
		use := models.KeyUse{Algorithm: auth.ES256, Secrets: secrets}
		stop := background(t.Context(), keySync{store, use, issuer, slog.New(slog.NewTextHandler(&log, nil))}.run)
		time.Sleep(10 * keySyncInterval)
		stop() // and its goroutine has ended, or this test would fail
		if n := strings.Count(log.String(), "cannot load the signing keys"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, log.String())
		}
	})
}
