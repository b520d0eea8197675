package vm

import (
	_ "unsafe" // for linkname

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// The engine makes these prototypes when a program first uses a literal or a value that has them, without any property being
// made. Its own functions make one alone; what its API offers makes an array, a number object and a string object besides, in
// every realm.

//go:linkname makeArrayPrototype github.com/dop251/goja.(*Runtime).getArrayPrototype
func makeArrayPrototype(rt *goja.Runtime) *goja.Object

//go:linkname makeNumberPrototype github.com/dop251/goja.(*Runtime).getNumberPrototype
func makeNumberPrototype(rt *goja.Runtime) *goja.Object

// putProperty is what defines a property of an object that is new and so has none of the name.
//
//go:linkname putProperty github.com/dop251/goja.(*baseObject)._putProp
func putProperty(object *baseObject, name unistring.String, value goja.Value, writable, enumerable, configurable bool) goja.Value

//go:linkname makeStringPrototype github.com/dop251/goja.(*Runtime).getStringPrototype
func makeStringPrototype(rt *goja.Runtime) *goja.Object
