package vm

import (
	_ "unsafe" // for linkname

	"github.com/dop251/goja"
)

// The engine makes these prototypes when a program first uses a literal or a value that has them, without any property being
// made. Its own functions make one alone; what its API offers makes an array, a number object and a string object besides, in
// every realm.

//go:linkname makeArrayPrototype github.com/dop251/goja.(*Runtime).getArrayPrototype
func makeArrayPrototype(rt *goja.Runtime) *goja.Object

//go:linkname makeNumberPrototype github.com/dop251/goja.(*Runtime).getNumberPrototype
func makeNumberPrototype(rt *goja.Runtime) *goja.Object

//go:linkname makeStringPrototype github.com/dop251/goja.(*Runtime).getStringPrototype
func makeStringPrototype(rt *goja.Runtime) *goja.Object
