package models

import (
	"runtime"
	"sync/atomic"
)

// minGarbage is how much memory of finished hashes, in bytes, is not worth a collection.
const minGarbage = 16 << 20

// hashMemory frees the memory of finished hashes. The runtime collects garbage when the heap has
// doubled, and a single large hash doubles it several times: the memory of three would pile up.
type hashMemory struct {
	garbage atomic.Int64 // bytes of finished hashes since the last collection
}

// release must be called when a hash of so many bytes has finished, while it still has its slot. It
// lets the garbage grow to the memory of as many hashes as there are slots.
func (m *hashMemory) release(size int64, slots int) {
	limit := max(size*int64(slots), minGarbage)
	if m.garbage.Add(size) >= limit && m.garbage.Swap(0) >= limit {
		runtime.GC()
	}
}
