// Package runtime keeps memory in its place while the host writes to it or reads it, and knows which handles of the host's
// resources are still the function's.
package runtime

import (
	"runtime"
	"unsafe"
)

// Allocate takes memory that stays where it is until the pinner lets go. Eight bytes are the largest alignment there is.
func Allocate(pinner *runtime.Pinner, size, _ uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	pointer := unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	pinner.Pin(pointer)
	return pointer
}

// Unpin is for memory that was pinned while the host wrote to it. What the host takes with cabi_realloc is not.
func Unpin() {}

// Handle is one of a resource of the host's. It is used up when it is given away.
type Handle struct {
	number int32
}

// MakeHandle is the handle of this number.
func MakeHandle(number int32) *Handle {
	if number == 0 {
		panic("a handle is never 0")
	}
	return &Handle{number}
}

// Use is its number, and leaves it here.
func (h *Handle) Use() int32 {
	if h.number == 0 {
		panic("it has been given away")
	}
	return h.number
}

// Take is its number, and gives it away.
func (h *Handle) Take() int32 {
	number := h.Use()
	h.number = 0
	return number
}

// TakeOrNil is its number, and gives it away; 0 if that has been done.
func (h *Handle) TakeOrNil() int32 {
	number := h.number
	h.number = 0
	return number
}

// Set puts a number into a handle that was given away.
func (h *Handle) Set(number int32) {
	if h.number != 0 {
		panic("it is still here")
	}
	h.number = number
}
