//go:build !cgo

package models

const cgoEnabled = false

func notDatabase(error) bool { return false }

func sqliteTransient(error) bool { return false }

func sqliteFull(error) bool { return false }
