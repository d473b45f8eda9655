package models

import (
	"runtime"
	"testing"
)

func TestMemoryOfHashesIsFreedOnceThereIsAsMuchAsMayBeInUse(t *testing.T) { // alone: it counts collections
	for _, row := range []struct {
		name          string
		size          int64
		slots, hashes int
		want          uint32
	}{
		{"one slot", 64 << 20, 1, 3, 3},
		{"three slots", 64 << 20, 3, 9, 3},
		{"cheap hashes", 1 << 20, 1, 48, 3},
	} {
		var memory hashMemory
		before := forcedCollections()
		for range row.hashes {
			memory.release(row.size, row.slots)
		}
		if got := forcedCollections() - before; got != row.want {
			t.Errorf("%s: %d collections, want %d", row.name, got, row.want)
		}
	}
}

func TestEveryHashFreesMemory(t *testing.T) { // alone: it counts collections
	s := newStore(t)
	user := s.addUser(t, "marisol")
	s.memory.garbage.Store(minGarbage)
	before := forcedCollections()
	_, _ = s.Authenticate(t.Context(), visitor(), user.Username, "wrong horse")
	if forcedCollections() == before {
		t.Error("the memory of a hash was not freed")
	}
}

func forcedCollections() uint32 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.NumForcedGC
}
