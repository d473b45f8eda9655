package cmd

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"
)

// newLogger returns a logger that writes to w: text if w is a terminal and JSON otherwise, unless
// LOG_FORMAT is set.
func newLogger(config Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(config.LogLevel)) // checked by loadConfig
	options := &slog.HandlerOptions{Level: level}
	if config.LogFormat == "text" || config.LogFormat == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}
