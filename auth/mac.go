package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
)

// macKeys signs texts and opens what it signed: refresh tokens, nonces and the like. Each purpose
// has a label, and so keys, of its own: no text can be taken for one of another purpose.
type macKeys [][]byte

// newMACKeys derives a key from each secret. The first signs, all of them open.
func newMACKeys(secrets []Secret, label string) macKeys {
	var keys macKeys
	for _, secret := range secrets {
		keys = append(keys, secret.derive(label, sha256.Size))
	}
	return keys
}

// sign returns TEXT.MAC.
func (k macKeys) sign(text string) string { return text + "." + mac(k[0], text) }

// open returns the text that sign signed, and reports whether it did.
func (k macKeys) open(signed string) (text string, valid bool) {
	end := strings.LastIndexByte(signed, '.')
	if end < 0 {
		return "", false
	}
	text, given := signed[:end], signed[end+1:]
	for _, key := range k {
		if hmac.Equal([]byte(given), []byte(mac(key, text))) {
			return text, true
		}
	}
	return "", false
}

func mac(key []byte, text string) string {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return encode(hash.Sum(nil))
}
