package cmd

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// newLogger writes to w: for a person on a terminal, for machines elsewhere,
// unless LOG_FORMAT says otherwise.
func newLogger(config Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(config.LogLevel)) // loadConfig has checked it
	options := &slog.HandlerOptions{Level: level}
	if config.LogFormat == "text" || config.LogFormat == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// isTerminal tells whether a person looks at what is written to w.
func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
