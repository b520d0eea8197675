package vm

import "github.com/dop251/goja"

// Programs whose value is an instance of each kind of function that the author's functions may be.
var (
	asyncInstance     = goja.MustCompile("", "(async function(){})", false)
	generatorInstance = goja.MustCompile("", "(function*(){})", false)
)

// forbidCode takes away every way to compile code that the templates of the realm did not leave out already, which are the
// globals and the constructor property of plain functions: see withoutCode. What is left is the constructor property
// of the prototypes of the other kinds of functions. Nothing else in a realm leads to the function constructors.
//
// The globals go whatever the program mentions: a getter on Object.prototype, or a proxy as prototype of the global
// object, is handed the global object when an unknown name is read.
func (r *realm) forbidCode(n *names) {
	if n.async && !r.forbidden.async {
		r.forbidden.async = true
		forbidConstructor(r.evaluate(asyncInstance).Prototype())
	}
	if n.generator && !r.forbidden.generator {
		r.forbidden.generator = true
		forbidConstructor(r.evaluate(generatorInstance).Prototype())
	}
}

func deleteCompilers(rt *goja.Runtime) {
	global := rt.GlobalObject()
	for _, name := range [...]string{"eval", "Function"} {
		must(global.Delete(name))
	}
}

// forbidConstructor makes the constructor property of a prototype undefined, for good.
func forbidConstructor(prototype *goja.Object) {
	must(prototype.DefineDataProperty("constructor", goja.Undefined(), goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE))
}

// evaluate runs a program of this package.
func (r *realm) evaluate(p *goja.Program) *goja.Object {
	value, err := r.rt.RunProgram(p)
	must(err)
	return value.(*goja.Object)
}

// must panics for an error that only a defect of this package can cause; the run ends as an engine failure.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
