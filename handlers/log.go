package handlers

import (
	"log/slog"
	"strings"

	"latchkey/models"
)

// logEvent logs what happened, with the address and the request of the actor.
func (h *Handler) logEvent(by models.Actor, event string, fields ...any) {
	h.log.Info(event, append(fields, "address", by.Address, "id", by.RequestID)...)
}

// logWarning logs an event that someone should look at.
func (h *Handler) logWarning(by models.Actor, event string, fields ...any) {
	h.log.Warn(event, append(fields, "address", by.Address, "id", by.RequestID)...)
}

// logWriter sends Echo's own messages to our log.
type logWriter struct{ log *slog.Logger }

// Write implements io.Writer.
func (w logWriter) Write(line []byte) (int, error) {
	w.log.Warn("echo: " + strings.TrimSpace(string(line)))
	return len(line), nil
}
