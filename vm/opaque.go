package vm

import (
	"strings"
	"unsafe"

	"github.com/dop251/goja"
)

// opaqueKinds are the names of the engine's kinds of objects whose content is not in their properties. See learnOpaque.
var opaqueKinds map[unsafe.Pointer]string

// hints say what an author may have wanted who gave away what is not plain.
var hints = map[string]string{
	"a BigInt":          "pass it as a string",
	"a Map":             "Object.fromEntries makes an object of it",
	"a Set":             "Array.from makes an array of it",
	"a Promise":         "is an await missing?",
	"an iterator":       "Array.from makes an array of it",
	"a Response":        "read it with json() or text()",
	"a Request":         "read it with json() or text()",
	"a Blob":            "read it with text() or bytes()",
	"a File":            "read it with text() or bytes()",
	"a FormData":        "Object.fromEntries makes an object of it",
	"a URLSearchParams": "toString() makes a text of it",
}

// opaque returns what an object is, with its article, whose content is not in its properties, so that JSON.stringify would make {}
// of it; "" for any other object, and for one with properties of its own. It runs no script code.
func (r *realm) opaque(object *goja.Object) string {
	if object.Prototype() == r.objects { // most are
		return ""
	}
	name := r.opaqueName(object)
	if name == "" || len(keysOf(object)) > 0 {
		return ""
	}
	if strings.ContainsRune("AEIOaeio", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

func (r *realm) opaqueName(object *goja.Object) string {
	if name := opaqueKinds[kindWord(object)]; name != "" {
		return name
	}
	var iterators *goja.Object // that the library made inherit from this
	if r.modules["iteration"] != nil {
		iterators = r.guard.seenAs("IteratorPrototype")
	}
	if len(r.interfaces) == 0 && iterators == nil {
		return ""
	}
	const longest = 64 // of prototype chains
	link := object.Prototype()
	for range longest {
		if link == nil || isProxy(link) {
			break
		}
		if _, ok := r.interfaces[link]; ok {
			return r.interfaceName(link)
		}
		if link == iterators {
			return "iterator"
		}
		link = link.Prototype()
	}
	return ""
}

// interfaceName returns the name of an interface of the platform by the prototype of its objects. A script may have changed it.
func (r *realm) interfaceName(prototype *goja.Object) string {
	if p := r.room().own(prototype, goja.SymToStringTag); p != nil {
		if name, ok := p.value.(goja.String); ok && name.Length() > 0 {
			return oneLine(clip(name, maxFrameName))
		}
	}
	return "object of the platform"
}
