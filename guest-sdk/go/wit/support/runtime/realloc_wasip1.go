package runtime

import "unsafe"

// The host may ask for memory before Go's runtime has begun, and while Go must not call the host, as its garbage collector
// does for the time. So what the host hands over lies beside Go's heap, in chunks that nobody frees: an instance ends with
// its request, and its policy bounds its memory.
var next, end uintptr

// The size to which sbrk rounds up.
const page = 64 << 10

//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	at := (next + align - 1) &^ (align - 1)
	if at+size > end || at+size < at {
		chunk := uintptr(sbrk(size + align))
		if chunk == 0 {
			panic("out of memory")
		}
		at = (chunk + align - 1) &^ (align - 1)
		end = (chunk + size + align + page - 1) &^ (page - 1)
	}
	next = at + size
	for i := uintptr(0); i < oldSize && i < size; i++ {
		*(*byte)(unsafe.Pointer(at + i)) = *(*byte)(unsafe.Add(old, i))
	}
	return unsafe.Pointer(at)
}
