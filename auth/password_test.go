package auth

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// cheap is a cost for tests where the cost is not the point.
var cheap = Cost{Memory: 64, Time: 1, Threads: 1}

func mustHash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	encoded, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatalf("hashing %q: %v", password, err)
	}
	return encoded
}

func TestVerifyAcceptsThePasswordThatWasHashed(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	for _, password := range []string{
		"", "a", "correct horse battery staple", " spaces around ", "line\nbreaks\r\n", "NUL\x00inside", "invalid \xff UTF-8",
		"pässwörd ☂ 🔑", strings.Repeat("long", 4096),
	} {
		if err := h.Verify(t.Context(), password, mustHash(t, h, password)); err != nil {
			t.Errorf("%.40q: %v", password, err)
		}
	}
}

func TestVerifyTakesThePasswordAsItIs(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	long := strings.Repeat("kX9#", 64)
	tests := []struct{ name, password, other string }{
		{"a space before", "correct horse", " correct horse"},
		{"a space after", "correct horse", "correct horse "},
		{"two spaces for one", "correct horse", "correct  horse"},
		{"no space", "correct horse", "correcthorse"},
		{"a line break after", "correct horse", "correct horse\n"},
		{"upper case", "correct horse", "Correct horse"},
		{"other letter case beyond ASCII", "große äpfel", "große Äpfel"},
		{"case folding", "große äpfel", "grosse äpfel"},
		{"compatibility forms", "ﬁsh and chips", "fish and chips"},
		{"full-width letters", "password", "ｐａｓｓｗｏｒｄ"},
		{"no accent", "résumé", "resume"},
		{"the first 72 bytes", strings.Repeat("a", 73), strings.Repeat("a", 72)},
		{"another byte after 72", strings.Repeat("a", 72) + "b", strings.Repeat("a", 72) + "c"},
		{"the first 64 of 65 characters", long[:65], long[:64]},
		{"the last of 256 characters", long, long[:255]},
		{"cut at NUL", "before\x00after", "before"},
		{"another byte after NUL", "before\x00after", "before\x00AFTER"},
		{"empty", "correct horse", ""},
		{"different invalid UTF-8", "a\xff", "a\xfe"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, pair := range [][2]string{{test.password, test.other}, {test.other, test.password}} {
				if err := h.Verify(t.Context(), pair[1], mustHash(t, h, pair[0])); err != ErrPasswordMismatch {
					t.Errorf("%q for %q: %v, want ErrPasswordMismatch", pair[1], pair[0], err)
				}
			}
		})
	}
}

func TestVerifyRefusesEveryPasswordWithOneByteChanged(t *testing.T) {
	h := NewHasher(Cost{Memory: 8, Time: 1, Threads: 1}, 1, 0)
	random := rand.New(rand.NewPCG(1, 2))
	pairs := 10_000
	if testing.Short() {
		pairs = 500
	}
	for range pairs / 10 {
		password := make([]byte, 1+random.IntN(80))
		for i := range password {
			password[i] = byte(' ' + random.IntN('~'-' '+1))
		}
		encoded := mustHash(t, h, string(password))
		if err := h.Verify(t.Context(), string(password), encoded); err != nil {
			t.Fatalf("%q: %v", password, err)
		}
		for range 10 {
			i := random.IntN(len(password))
			was := password[i]
			password[i] ^= byte(1 + random.IntN(255))
			if err := h.Verify(t.Context(), string(password), encoded); err != ErrPasswordMismatch {
				t.Fatalf("%q with byte %d changed from %q: %v, want ErrPasswordMismatch", password, i, was, err)
			}
			password[i] = was
		}
	}
}

func TestVerifyTakesEqualCharactersAsEqual(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	tests := []struct{ name, one, other string }{
		{"composed and decomposed", "r\u00e9sum\u00e9", "re\u0301sume\u0301"},
		{"two accents in either order", "a\u0323\u0307", "a\u0307\u0323"},
		{"the Ångström sign", "\u212b", "\u00c5"},
		{"the Kelvin sign", "\u212a", "K"},
		{"Hangul", "\ud55c\uae00", norm.NFD.String("\ud55c\uae00")},
		{"an en quad and an en space", "\u2000", "\u2002"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.one == test.other {
				t.Fatal("both are the same bytes")
			}
			for _, pair := range [][2]string{{test.one, test.other}, {test.other, test.one}} {
				if err := h.Verify(t.Context(), pair[1], mustHash(t, h, pair[0])); err != nil {
					t.Errorf("%+q for %+q: %v", pair[1], pair[0], err)
				}
			}
		})
	}
}

// The first is a vector of the reference implementation, the others were made
// with its command line: printf %s PASSWORD | argon2 SALT -id -t … -k … -p … -l … -e
func TestVerifyAgreesWithTheReferenceImplementation(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	for password, encoded := range map[string]string{
		"password":                     "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"correct horse battery staple": "$argon2id$v=19$m=19456,t=2,p=1$bGF0Y2hrZXktc2FsdC0xNg$0i6qoCqmsTKugD88rTsALppKlD8wbk0ic5BGcZY/mO4",
		"pässwörd ☂":                   "$argon2id$v=19$m=64,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$sRnbUdy0useZ100RHfs2yA",
	} {
		if err := h.Verify(t.Context(), password, encoded); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		if err := h.Verify(t.Context(), password+"x", encoded); err != ErrPasswordMismatch {
			t.Errorf("another password for %q: %v", encoded, err)
		}
	}
}

func TestHashSaysItsCostAndHasANewSaltEachTime(t *testing.T) {
	h := NewHasher(Cost{Memory: 72, Time: 3, Threads: 2}, 1, 0)
	salts := map[string]bool{}
	for range 200 {
		encoded := mustHash(t, h, "the same password")
		if !strings.HasPrefix(encoded, "$argon2id$v=19$m=72,t=3,p=2$") {
			t.Fatalf("%s does not say the cost", encoded)
		}
		stored, err := parsePHC(encoded)
		if err != nil {
			t.Fatalf("%s: %v", encoded, err)
		}
		if len(stored.salt) != 16 || len(stored.key) != 32 {
			t.Fatalf("%s: salt of %d and key of %d bytes", encoded, len(stored.salt), len(stored.key))
		}
		salts[string(stored.salt)] = true
	}
	if len(salts) != 200 {
		t.Errorf("200 hashes have %d salts", len(salts))
	}
}

func TestVerifyForNobodyNeverMatchesAndCostsOneHash(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	for _, password := range []string{"", "password", h.decoy} {
		if err := h.Verify(t.Context(), password, ""); err != ErrPasswordMismatch {
			t.Errorf("%q: %v, want ErrPasswordMismatch", password, err)
		}
	}
	decoy, err := parsePHC(h.decoy)
	if err != nil || decoy.cost != cheap || len(decoy.salt) != saltLength || len(decoy.key) != keyLength {
		t.Errorf("the decoy %q is not like other hashes: %v", h.decoy, err)
	}
	if NewHasher(cheap, 1, 0).decoy == h.decoy {
		t.Error("two hashers have the same decoy")
	}
	defer mustEnter(t, h.gate)()
	if err := h.Verify(t.Context(), "password", ""); err != ErrBusy {
		t.Errorf("with the gate full: %v, want ErrBusy", err)
	}
}

func TestHasherGivesItsSlotBackAndIsBusyWithout(t *testing.T) {
	h := NewHasher(cheap, 1, 0)
	encoded := mustHash(t, h, "password")
	for _, step := range []struct {
		name string
		do   func() error
		want error
	}{
		{"hash", func() error { _, err := h.Hash(t.Context(), "password"); return err }, nil},
		{"match", func() error { return h.Verify(t.Context(), "password", encoded) }, nil},
		{"mismatch", func() error { return h.Verify(t.Context(), "Password", encoded) }, ErrPasswordMismatch},
		{"nobody", func() error { return h.Verify(t.Context(), "password", "") }, ErrPasswordMismatch},
	} {
		if err := step.do(); err != step.want {
			t.Errorf("%s: %v, want %v", step.name, err, step.want)
		}
		leave := mustEnter(t, h.gate)
		if err := step.do(); err != ErrBusy {
			t.Errorf("%s with the gate full: %v, want ErrBusy", step.name, err)
		}
		leave()
	}
}

func TestNeedsRehash(t *testing.T) {
	h := NewHasher(Cost{Memory: 128, Time: 2, Threads: 2}, 1, 0)
	of := func(memory, time uint32, threads uint8) string {
		return phc{Cost{memory, time, threads}, make([]byte, 16), make([]byte, 32)}.String()
	}
	tests := []struct {
		name    string
		encoded string
		want    bool
	}{
		{"the same", of(128, 2, 2), false},
		{"less memory", of(127, 2, 2), true},
		{"fewer passes", of(128, 1, 2), true},
		{"less of both", of(64, 1, 2), true},
		{"more memory, fewer passes", of(256, 1, 2), true},
		{"less memory, more passes", of(64, 3, 2), true},
		{"more memory", of(129, 2, 2), false},
		{"more passes", of(128, 3, 2), false},
		{"fewer threads", of(128, 2, 1), false},
		{"more threads", of(128, 2, 4), false},
		{"nobody", "", false},
		{"malformed", "$argon2id$v=19$m=64,t=0,p=1$$", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := h.NeedsRehash(test.encoded); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
	if h.NeedsRehash(mustHash(t, h, "password")) {
		t.Error("a new hash needs another")
	}
}
