package vm

import (
	"runtime"
	"sort"
	"sync"
	"unsafe"
)

// allocations tells which allocation holds an address. Exactly, it knows what no type tells: that a short text keeps the long
// one of which it was cut, how much room an allocation really takes, and what is no heap at all. Otherwise each address
// is taken for the start of an allocation of its own.
type allocations struct {
	exact    bool
	elemSize uintptr // where the runtime's description of an allocation's neighbours has their size
}

// find returns the allocation that holds p, where n bytes are known to be in use; base is 0 for what is not on the heap.
// p must be a pointer of the realm, since the runtime takes a wild one for corruption and ends the process.
func (a *allocations) find(p unsafe.Pointer, n uintptr) (base, size uintptr) {
	if !a.exact {
		if n == 0 {
			return 0, 0
		}
		return uintptr(p), roundUp(n)
	}
	base, span := findObject(uintptr(p))
	if base == 0 {
		return 0, 0
	}
	return base, *(*uintptr)(unsafe.Add(span, a.elemSize))
}

// theHeap returns the exact heap where the runtime can be asked and answers as expected.
var theHeap = sync.OnceValue(func() allocations {
	if !runtimeIsKnown {
		return allocations{}
	}
	return probeHeap()
})

// probeHeap finds out where the runtime keeps the size of an allocation, by asking about some whose size is known.
func probeHeap() allocations {
	const words = 20 // of the runtime's description, which is longer than that
	var candidates []uintptr
	for i := range uintptr(words) {
		candidates = append(candidates, i*wordSize)
	}
	for _, n := range []int{50, 100, 1000, 5000, 20000, 100000, 1 << 20} {
		probe := make([]byte, n)
		base, span := findObject(uintptr(unsafe.Pointer(&probe[n/2])))
		if base != uintptr(unsafe.Pointer(&probe[0])) || span == nil {
			return allocations{}
		}
		var left []uintptr
		for _, offset := range candidates {
			if *(*uintptr)(unsafe.Add(span, offset)) == roundUp(uintptr(n)) {
				left = append(left, offset)
			}
		}
		candidates = left
		runtime.KeepAlive(probe)
	}
	if len(candidates) != 1 {
		return allocations{}
	}
	return allocations{exact: true, elemSize: candidates[0]}
}

const (
	pageSize    = 1 << pageShift
	largeSize   = 32 << 10 // what is larger takes whole pages
	headerSize  = 8
	headerAbove = 512 // what is larger and has pointers bears a header
)

// sizeClasses are the sizes of small allocations.
var sizeClasses = sync.OnceValue(func() []uintptr {
	var classes []uintptr
	for n := uintptr(1); n < largeSize-headerSize; {
		class := uintptr(cap(append([]byte(nil), make([]byte, n)...)))
		classes = append(classes, class)
		n = class + 1
	}
	return classes
})

// roundUp returns how much room an allocation of n bytes takes.
func roundUp(n uintptr) uintptr {
	classes := sizeClasses()
	if n > classes[len(classes)-1] {
		return (n + pageSize - 1) &^ (pageSize - 1)
	}
	return classes[sort.Search(len(classes), func(i int) bool { return classes[i] >= n })]
}

// wholeSize returns how much room an allocation of one value of n bytes takes.
func wholeSize(n uintptr, pointers bool) uintptr {
	if theHeap().exact && pointers && n > headerAbove && n <= largeSize-headerSize {
		n += headerSize
	}
	return roundUp(n)
}
