package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
)

// figure is one line of the table.
type figure struct {
	what, required, measured string

	ok    bool
	speed bool // depends on the machine's speed or memory, so it is judged in a full run only
	info  bool // nothing is required
}

// table collects the figures of all attacks.
type table struct {
	judgeAll bool
	rows     [][5]string
	failed   bool
}

func (t *table) add(attack string, figures ...figure) {
	for _, f := range figures {
		result := "ok"
		if f.info {
			f.required = "-"
		}
		switch {
		case f.info || f.speed && !t.judgeAll:
			result = "-"
		case !f.ok:
			result = "FAILED"
			t.failed = true
		}
		t.rows = append(t.rows, [5]string{attack, f.what, f.required, f.measured, result})
	}
}

func (t *table) missed() bool { return t.failed }

func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "attack\tfigure\trequired\tmeasured\tresult")
	for _, row := range t.rows {
		fmt.Fprintln(w, strings.Join(row[:], "\t"))
	}
	_ = w.Flush()
}

// printMachine says what the figures were measured on.
func printMachine(out io.Writer, z size) {
	model := "unknown processor"
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	fmt.Fprintf(out, "%s, %d cores, %s, %d MiB for each hash, %s for each flood\n",
		model, runtime.GOMAXPROCS(0), runtime.Version(), z.hashMemory>>10, z.flood)
	fmt.Fprintf(out, "load before: %s\n\n", load())
}

// load returns how many processes wanted a processor during the last minute. If it is high before
// the attacks, the machine has other work, and the times say little.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	average, _, _ := strings.Cut(string(text), " ")
	return average
}
