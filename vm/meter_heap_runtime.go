//go:build gc && !go1.27

package vm

import "unsafe"

// runtimeIsKnown is true for the versions of Go whose runtime was looked at. The function is one that the runtime keeps
// for others to link to (go.dev/issue/67401).
const runtimeIsKnown = true

//go:linkname runtimeFindObject runtime.findObject
func runtimeFindObject(p, refBase, refOff uintptr) (base uintptr, span unsafe.Pointer, index uintptr)

func findObject(p uintptr) (base uintptr, span unsafe.Pointer) {
	base, span, _ = runtimeFindObject(p, 0, 0)
	return base, span
}
