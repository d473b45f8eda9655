package main

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be the attacker, which the program starts as a process of its own.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-attacker" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestHonestUsersGetInDuringEveryAttack(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the attacks come from many addresses in 127.0.0.0/8, which only Linux has")
	}
	var out strings.Builder
	err := run(t.Context(), []string{"-short"}, &out)
	if err != nil || strings.Count(out.String(), "GET /user answered 200") != 8 {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestAnUnknownAttackIsAnError(t *testing.T) {
	t.Parallel()
	if err := run(t.Context(), []string{"-only", "teapot"}, io.Discard); err == nil || !strings.Contains(err.Error(), "register-many") {
		t.Errorf("%v, want an error that lists the attacks", err)
	}
}

func TestTableFailsWithOneFigure(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		judgeAll bool
		figure   figure
		failed   bool
	}{
		{"reached", true, figure{ok: true}, false},
		{"missed", true, figure{}, true},
		{"missed in a short run", false, figure{}, true},
		{"too slow", true, figure{speed: true}, true},
		{"too slow in a short run", false, figure{speed: true}, false},
		{"nothing required", true, figure{info: true}, false},
	} {
		table := table{judgeAll: row.judgeAll}
		table.add("attack", figure{ok: true}, row.figure)
		if table.missed() != row.failed {
			t.Errorf("%s: missed is %t", row.name, table.missed())
		}
	}
}

func TestPercentileIsOneOfTheSamples(t *testing.T) {
	t.Parallel()
	var s samples
	for i := range 200 {
		s.add(time.Duration(200-i)*time.Millisecond, i%2 == 0)
	}
	for p, want := range map[float64]string{0: "1ms", 50: "100ms", 99: "198ms", 100: "200ms"} {
		if got := s.percentile(p); got.String() != want {
			t.Errorf("the %g. percentile is %s, want %s", p, got, want)
		}
	}
	if s.good() != 100 || (samples{}).percentile(99) != 0 {
		t.Errorf("%d samples are good", s.good())
	}
}
