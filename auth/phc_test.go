package auth

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"
)

const (
	salt8  = "c29tZXNhbHQ"                                 // 8 bytes
	key32  = "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc" // 32 bytes
	params = "m=64,t=1,p=1"
)

// encoded64 returns n bytes in the encoding of PHC strings.
func encoded64(n int) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }

// acceptableHashes returns hashes at the limits of what is accepted.
func acceptableHashes() map[string]string {
	phc := func(params, salt, key string) string { return "$argon2id$v=19$" + params + "$" + salt + "$" + key }
	return map[string]string{
		"plain":              phc(params, salt8, key32),
		"least memory":       phc("m=8,t=1,p=1", salt8, key32),
		"most memory":        phc("m=262144,t=1,p=1", salt8, key32),
		"most passes":        phc("m=64,t=10,p=1", salt8, key32),
		"most threads":       phc("m=128,t=1,p=16", salt8, key32),
		"salt of 8 bytes":    phc(params, encoded64(8), key32),
		"salt of 64 bytes":   phc(params, encoded64(64), key32),
		"key of 16 bytes":    phc(params, salt8, encoded64(16)),
		"key of 64 bytes":    phc(params, salt8, encoded64(64)),
		"plus and slash too": phc(params, "+/+/+/+/+/8", key32),
	}
}

// hostileHashes returns what an attacker with write access could put into the database.
func hostileHashes() map[string]string {
	hashes := hostileParameters()
	maps.Copy(hashes, hostileFields())
	return hashes
}

func hostileParameters() map[string]string {
	with := func(params string) string { return "$argon2id$v=19$" + params + "$" + salt8 + "$" + key32 }
	return map[string]string{
		"no passes":                        with("m=64,t=0,p=1"),
		"11 passes":                        with("m=64,t=11,p=1"),
		"all passes":                       with("m=64,t=4294967295,p=1"),
		"more passes than 32 bits hold":    with("m=64,t=4294967297,p=1"),
		"no threads":                       with("m=64,t=1,p=0"),
		"17 threads":                       with("m=136,t=1,p=17"),
		"255 threads":                      with("m=4096,t=1,p=255"),
		"257 threads, 1 after an overflow": with("m=4096,t=1,p=257"),
		"no memory":                        with("m=0,t=1,p=1"),
		"7 KiB":                            with("m=7,t=1,p=1"),
		"less than 8 KiB a thread":         with("m=31,t=1,p=4"),
		"1 KiB more than allowed":          with("m=262145,t=1,p=1"),
		"4 TiB":                            with("m=4294967295,t=1,p=1"),
		"memory that overflows to 0":       with("m=4294967296,t=1,p=1"),
		"memory that overflows to 64":      with("m=4294967360,t=1,p=1"),
		"memory beyond 64 bits":            with("m=99999999999999999999,t=1,p=1"),
		"negative memory":                  with("m=-64,t=1,p=1"),
		"a leading zero":                   with("m=064,t=1,p=1"),
		"a plus sign":                      with("m=+64,t=1,p=1"),
		"a hexadecimal number":             with("m=0x40,t=1,p=1"),
		"an underscore in a number":        with("m=6_4,t=1,p=1"),
		"a fraction":                       with("m=64.0,t=1,p=1"),
		"an Arabic digit":                  with("m=6٤,t=1,p=1"),
		"a space before a number":          with("m= 64,t=1,p=1"),
		"a space after a comma":            with("m=64, t=1,p=1"),
		"a space at the end":               with("m=64,t=1,p=1 "),
		"a line break in the parameters":   with("m=64,\nt=1,p=1"),
		"parameters in another order":      with("t=1,m=64,p=1"),
		"upper-case parameters":            with("M=64,T=1,P=1"),
		"one parameter twice":              with("m=64,m=64,t=1,p=1"),
		"a fourth parameter":               with("m=64,t=1,p=1,keyid=a"),
		"a comma at the end":               with("m=64,t=1,p=1,"),
		"threads missing":                  with("m=64,t=1"),
		"memory missing":                   with("t=1,p=1"),
		"no numbers":                       with("m=,t=,p="),
		"no parameters":                    with(""),
		"format verbs instead of numbers":  with("m=%d,t=%d,p=%d"),
		"a number with 1000 digits":        with("m=" + strings.Repeat("6", 1000) + ",t=1,p=1"),
		"a thousand leading zeros":         with("m=" + strings.Repeat("0", 1000) + "64,t=1,p=1"),
		"negative threads":                 with("m=64,t=1,p=-1"),
	}
}

func hostileFields() map[string]string {
	tail := params + "$" + salt8 + "$" + key32
	return map[string]string{
		"argon2i":                        "$argon2i$v=19$" + tail,
		"argon2d":                        "$argon2d$v=19$" + tail,
		"upper-case name":                "$ARGON2ID$v=19$" + tail,
		"no name":                        "$$v=19$" + tail,
		"bcrypt":                         "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"version 16":                     "$argon2id$v=16$" + tail,
		"version 20":                     "$argon2id$v=20$" + tail,
		"version with a leading zero":    "$argon2id$v=019$" + tail,
		"no version number":              "$argon2id$v=$" + tail,
		"no version":                     "$argon2id$" + tail,
		"no dollar at the start":         "argon2id$v=19$" + tail,
		"text before":                    "x$argon2id$v=19$" + tail,
		"a space before":                 " $argon2id$v=19$" + tail,
		"a space after":                  "$argon2id$v=19$" + tail + " ",
		"a line break after":             "$argon2id$v=19$" + tail + "\n",
		"a dollar after":                 "$argon2id$v=19$" + tail + "$",
		"a seventh field":                "$argon2id$v=19$" + tail + "$YQ",
		"no key":                         "$argon2id$v=19$" + params + "$" + salt8,
		"an empty key":                   "$argon2id$v=19$" + params + "$" + salt8 + "$",
		"an empty salt":                  "$argon2id$v=19$" + params + "$$" + key32,
		"salt of 7 bytes":                "$argon2id$v=19$" + params + "$" + encoded64(7) + "$" + key32,
		"salt of 65 bytes":               "$argon2id$v=19$" + params + "$" + encoded64(65) + "$" + key32,
		"salt of a megabyte":             "$argon2id$v=19$" + params + "$" + encoded64(1<<20) + "$" + key32,
		"key of 15 bytes":                "$argon2id$v=19$" + params + "$" + salt8 + "$" + encoded64(15),
		"key of 65 bytes":                "$argon2id$v=19$" + params + "$" + salt8 + "$" + encoded64(65),
		"key of a megabyte":              "$argon2id$v=19$" + params + "$" + salt8 + "$" + encoded64(1<<20),
		"padded base64":                  "$argon2id$v=19$" + params + "$" + salt8 + "=$" + key32,
		"padded base64 of the key":       "$argon2id$v=19$" + params + "$" + salt8 + "$" + key32 + "=",
		"base64url":                      "$argon2id$v=19$" + params + "$-_-_-_-_-_8$" + key32,
		"trailing bits in the salt":      "$argon2id$v=19$" + params + "$c29tZXNhbHR$" + key32,
		"trailing bits in the key":       "$argon2id$v=19$" + params + "$" + salt8 + "$" + key32[:42] + "d",
		"a line break in the salt":       "$argon2id$v=19$" + params + "$c29tZ\nXNhbHQ$" + key32,
		"a line break in the key":        "$argon2id$v=19$" + params + "$" + salt8 + "$" + key32[:9] + "\r\n" + key32[9:],
		"NUL in the key":                 "$argon2id$v=19$" + params + "$" + salt8 + "$" + key32[:9] + "\x00" + key32[9:],
		"the password itself":            "password",
		"dollars":                        "$$$$$",
		"thousands of dollars":           strings.Repeat("$", 100_000),
		"a space":                        " ",
		"invalid UTF-8":                  "$argon2id$v=19$" + params + "$" + salt8 + "$\xff\xfe",
		"a second hash on the next line": "$argon2id$v=19$" + tail + "\n$argon2id$v=19$" + tail,
	}
}

func TestParsePHCReadsWhatStringWrites(t *testing.T) {
	t.Parallel()
	for name, encoded := range acceptableHashes() {
		t.Run(name, func(t *testing.T) {
			p, err := parsePHC(encoded)
			if err != nil {
				t.Fatalf("%s: %v", encoded, err)
			}
			if p.String() != encoded {
				t.Errorf("%s was read as %s", encoded, p)
			}
		})
	}
}

// A hash at the cost of this Hasher takes 16 MiB. If Argon2 ran for a malformed hash, even for a
// cheap one, Verify would allocate as much.
func TestVerifyRefusesHostileHashesBeforeArgon2Runs(t *testing.T) {
	h := NewHasher(Cost{Memory: 16 * 1024, Time: 1, Threads: 1})
	for name, encoded := range hostileHashes() {
		t.Run(name, func(t *testing.T) {
			var err error
			if memory := allocated(func() { err = h.Verify("password", encoded) }); memory >= 12<<20 {
				t.Errorf("%.200q takes %d MiB", encoded, memory>>20)
			}
			if err != ErrMalformedHash {
				t.Errorf("%.200q: %v, want ErrMalformedHash", encoded, err)
			}
			if p, err := parsePHC(encoded); err == nil || p.String() != (phc{}).String() {
				t.Errorf("%.200q: parsed as %v, %v", encoded, p, err)
			}
		})
	}
	if memory := allocated(func() { h.Verify("password", acceptableHashes()["plain"]) }); memory < 12<<20 {
		t.Errorf("a valid hash takes only %d MiB", memory>>20)
	}
}

func FuzzParsePHC(f *testing.F) {
	for _, encoded := range acceptableHashes() {
		f.Add(encoded)
	}
	for _, encoded := range hostileHashes() {
		if len(encoded) < 1000 { // the fuzzer is slow on long ones
			f.Add(encoded)
		}
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		p, err := parsePHC(encoded)
		if err != nil {
			if err != ErrMalformedHash {
				t.Fatalf("%q: %v, want ErrMalformedHash", encoded, err)
			}
			return
		}
		if p.String() != encoded {
			t.Errorf("%q was read as %q", encoded, p)
		}
		c := p.cost
		if c.Threads < 1 || c.Threads > 16 || c.Time < 1 || c.Time > 10 || c.Memory < 8*uint32(c.Threads) || c.Memory > 256<<10 ||
			len(p.salt) < 8 || len(p.salt) > 64 || len(p.key) < 16 || len(p.key) > 64 {
			t.Errorf("%q is out of bounds", encoded)
		}
	})
}
