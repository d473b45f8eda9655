package auth

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// cheap is the cost for tests in which it does not matter.
var cheap = Cost{Memory: 64, Time: 1, Threads: 1}

// allocated returns how many bytes f allocates. Argon2 allocates new memory for each hash, so this
// shows how many hashes f computes. Tests that use it must not run in parallel.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestVerifyAcceptsThePasswordThatWasHashed(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	for _, password := range []string{
		"", "a", "correct horse battery staple", " spaces around ", "line\nbreaks\r\n", "NUL\x00inside", "invalid \xff UTF-8",
		"pässwörd ☂ 🔑", strings.Repeat("long", 4096),
	} {
		if err := h.Verify(password, h.Hash(password)); err != nil {
			t.Errorf("%.40q: %v", password, err)
		}
	}
}

func TestVerifyNeverTrimsFoldsOrCutsThePassword(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	long := strings.Repeat("kX9#", 64)
	tests := []struct{ name, password, other string }{
		{"a space before", "correct horse", " correct horse"},
		{"a space after", "correct horse", "correct horse "},
		{"two spaces for one", "correct horse", "correct  horse"},
		{"no space", "correct horse", "correcthorse"},
		{"a line break after", "correct horse", "correct horse\n"},
		{"upper case", "correct horse", "Correct horse"},
		{"upper case beyond ASCII", "große äpfel", "große Äpfel"},
		{"case folding", "große äpfel", "grosse äpfel"},
		{"compatibility forms", "ﬁsh and chips", "fish and chips"},
		{"full-width letters", "password", "ｐａｓｓｗｏｒｄ"},
		{"without accents", "résumé", "resume"},
		{"the first 72 bytes", strings.Repeat("a", 73), strings.Repeat("a", 72)},
		{"another byte after 72", strings.Repeat("a", 72) + "b", strings.Repeat("a", 72) + "c"},
		{"the first 64 of 65 characters", long[:65], long[:64]},
		{"the last of 256 characters", long, long[:255]},
		{"only up to NUL", "before\x00after", "before"},
		{"another byte after NUL", "before\x00after", "before\x00AFTER"},
		{"empty", "correct horse", ""},
		{"different invalid UTF-8", "a\xff", "a\xfe"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, pair := range [][2]string{{test.password, test.other}, {test.other, test.password}} {
				if err := h.Verify(pair[1], h.Hash(pair[0])); err != ErrPasswordMismatch {
					t.Errorf("%q for %q: %v, want ErrPasswordMismatch", pair[1], pair[0], err)
				}
			}
		})
	}
}

func TestVerifyRefusesEveryPasswordWithOneByteChanged(t *testing.T) {
	t.Parallel()
	h := NewHasher(Cost{Memory: 8, Time: 1, Threads: 1})
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
		encoded := h.Hash(string(password))
		if err := h.Verify(string(password), encoded); err != nil {
			t.Fatalf("%q: %v", password, err)
		}
		for range 10 {
			i := random.IntN(len(password))
			was := password[i]
			password[i] ^= byte(1 + random.IntN(255))
			if err := h.Verify(string(password), encoded); err != ErrPasswordMismatch {
				t.Fatalf("%q with byte %d changed from %q: %v, want ErrPasswordMismatch", password, i, was, err)
			}
			password[i] = was
		}
	}
}

func TestVerifyIgnoresHowCharactersAreEncoded(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
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
				t.Fatal("both have the same bytes")
			}
			for _, pair := range [][2]string{{test.one, test.other}, {test.other, test.one}} {
				if err := h.Verify(pair[1], h.Hash(pair[0])); err != nil {
					t.Errorf("%+q for %+q: %v", pair[1], pair[0], err)
				}
			}
		})
	}
}

// The first hash is a test vector of the reference implementation. The others were created with its
// command line: printf %s PASSWORD | argon2 SALT -id -t … -k … -p … -l … -e
func TestVerifyAgreesWithTheReferenceImplementation(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	for password, encoded := range map[string]string{
		"password":                     "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"correct horse battery staple": "$argon2id$v=19$m=19456,t=2,p=1$bGF0Y2hrZXktc2FsdC0xNg$0i6qoCqmsTKugD88rTsALppKlD8wbk0ic5BGcZY/mO4",
		"pässwörd ☂":                   "$argon2id$v=19$m=64,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg$sRnbUdy0useZ100RHfs2yA",
	} {
		if err := h.Verify(password, encoded); err != nil {
			t.Errorf("%q: %v", password, err)
		}
		if err := h.Verify(password+"x", encoded); err != ErrPasswordMismatch {
			t.Errorf("another password for %q: %v", encoded, err)
		}
	}
}

func TestHashRecordsItsCostAndUsesANewSalt(t *testing.T) {
	t.Parallel()
	h := NewHasher(Cost{Memory: 72, Time: 3, Threads: 2})
	salts := map[string]bool{}
	for range 200 {
		encoded := h.Hash("the same password")
		if !strings.HasPrefix(encoded, "$argon2id$v=19$m=72,t=3,p=2$") {
			t.Fatalf("%s does not record the cost", encoded)
		}
		stored, err := parsePHC(encoded)
		if err != nil {
			t.Fatalf("%s: %v", encoded, err)
		}
		if len(stored.salt) != 16 || len(stored.key) != 32 {
			t.Fatalf("%s: the salt has %d bytes and the key %d", encoded, len(stored.salt), len(stored.key))
		}
		salts[string(stored.salt)] = true
	}
	if len(salts) != 200 {
		t.Errorf("200 hashes have %d salts", len(salts))
	}
}

func TestVerifyForAnUnknownUserNeverMatches(t *testing.T) {
	t.Parallel()
	h := NewHasher(cheap)
	for _, password := range []string{"", "password", h.decoy} {
		if err := h.Verify(password, ""); err != ErrPasswordMismatch {
			t.Errorf("%q: %v, want ErrPasswordMismatch", password, err)
		}
	}
	decoy, err := parsePHC(h.decoy)
	if err != nil || decoy.cost != cheap || len(decoy.salt) != saltLength || len(decoy.key) != keyLength {
		t.Errorf("the decoy %q differs from other hashes: %v", h.decoy, err)
	}
	if NewHasher(cheap).decoy == h.decoy {
		t.Error("two hashers have the same decoy")
	}
}

// Work is memory times passes. Hashing "missing" takes passes over as much memory as the whole work
// is short of, so the allocated memory shows it.
func TestVerifyAlwaysDoesTheWorkOfOneNewHash(t *testing.T) {
	const mib = 1024 // KiB
	h := NewHasher(Cost{Memory: 8 * mib, Time: 2, Threads: 1})
	for _, test := range []struct {
		name    string
		encoded string
		want    uint64 // MiB: of the stored hash and of the missing work
	}{
		{"unknown user", "", 8},
		{"a new hash", h.Hash("password"), 8},
		{"half the memory", NewHasher(Cost{4 * mib, 2, 1}).Hash("password"), 4 + 4},
		{"half the passes", NewHasher(Cost{8 * mib, 1, 1}).Hash("password"), 8 + 4},
		{"a quarter of both", NewHasher(Cost{2 * mib, 1, 1}).Hash("password"), 2 + 7},
		{"more memory, fewer passes", NewHasher(Cost{16 * mib, 1, 1}).Hash("password"), 16},
		{"more of both", NewHasher(Cost{16 * mib, 3, 1}).Hash("password"), 16},
	} {
		for _, password := range []string{"password", "another password"} {
			got := allocated(func() { h.Verify(password, test.encoded) })
			if got < test.want<<20 || got >= (test.want+1)<<20 {
				t.Errorf("%s: %q takes %d KiB, want %d MiB", test.name, password, got>>10, test.want)
			}
		}
	}
}

func TestNeedsRehash(t *testing.T) {
	t.Parallel()
	h := NewHasher(Cost{Memory: 128, Time: 2, Threads: 2})
	hash := func(memory, time uint32, threads uint8) string {
		return phc{Cost{memory, time, threads}, make([]byte, 16), make([]byte, 32)}.String()
	}
	tests := []struct {
		name    string
		encoded string
		want    bool
	}{
		{"the same", hash(128, 2, 2), false},
		{"less memory", hash(127, 2, 2), true},
		{"fewer passes", hash(128, 1, 2), true},
		{"less of both", hash(64, 1, 2), true},
		{"more memory, fewer passes", hash(256, 1, 2), true},
		{"less memory, more passes", hash(64, 3, 2), true},
		{"more memory", hash(129, 2, 2), true},
		{"more passes", hash(128, 3, 2), true},
		{"fewer threads", hash(128, 2, 1), true},
		{"more threads", hash(128, 2, 4), true},
		{"no hash", "", false},
		{"malformed", "$argon2id$v=19$m=64,t=0,p=1$$", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := h.NeedsRehash(test.encoded); got != test.want {
				t.Errorf("NeedsRehash is %v", got)
			}
		})
	}
	if h.NeedsRehash(h.Hash("password")) {
		t.Error("a new hash needs a rehash")
	}
}

func TestMemoryIsThatOfTheCostlierHash(t *testing.T) {
	t.Parallel()
	cheaper, dearer := NewHasher(Cost{Memory: 64, Time: 1, Threads: 1}), NewHasher(Cost{Memory: 128, Time: 1, Threads: 1})
	for name, row := range map[string]struct {
		hasher  *Hasher
		encoded string
		want    int64
	}{
		"a new hash":      {cheaper, "", 64 << 10},
		"a dearer hash":   {cheaper, dearer.Hash("correct horse"), 128 << 10},
		"a cheaper hash":  {dearer, cheaper.Hash("correct horse"), 128 << 10},
		"an unknown user": {dearer, "", 128 << 10},
		"no hash at all":  {cheaper, "x", 64 << 10},
	} {
		if got := row.hasher.Memory(row.encoded); got != row.want {
			t.Errorf("%s: %d bytes, want %d", name, got, row.want)
		}
	}
}
