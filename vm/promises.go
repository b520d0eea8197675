package vm

import (
	_ "unsafe" // for linkname

	"github.com/dop251/goja"
)

// The engine offers a promise with two functions that settle it, each of them an object with properties of its own, of which one
// is called once. These are the steps behind them.

//go:linkname makePromise github.com/dop251/goja.(*Runtime).newPromise
func makePromise(rt *goja.Runtime, prototype *goja.Object) *goja.Promise

//go:linkname makePromisePrototype github.com/dop251/goja.(*Runtime).getPromisePrototype
func makePromisePrototype(rt *goja.Runtime) *goja.Object

//go:linkname resolvingFunctions github.com/dop251/goja.(*Promise).createResolvingFunctions
func resolvingFunctions(p *goja.Promise) (resolve, reject *goja.Object)

//go:linkname fulfillPromise github.com/dop251/goja.(*Promise).fulfill
func fulfillPromise(p *goja.Promise, v goja.Value) goja.Value

//go:linkname rejectPromise github.com/dop251/goja.(*Promise).reject
func rejectPromise(p *goja.Promise, reason goja.Value) goja.Value

// makePrivateElements returns the private fields of an object, which are made where the last argument is true.
//
//go:linkname makePrivateElements github.com/dop251/goja.(*baseObject).getPrivateEnv
func makePrivateElements(o *baseObject, class *privateEnvType, create bool) *privateElements

// runWrapped runs f as a call from outside: where no script is running, the microtasks follow.
//
//go:linkname runWrapped github.com/dop251/goja.(*Runtime).runWrapped
func runWrapped(rt *goja.Runtime, f func()) error

// newPromise returns a promise, which a script may come across although it mentions none. It is for resolve or reject, once.
func (r *realm) newPromise() *goja.Promise {
	r.guard.ensure("Promise")
	return makePromise(r.rt, makePromisePrototype(r.rt))
}

// resolve is https://tc39.es/ecma262/#sec-promise-resolve-functions. Its error is one that no script catches.
func (r *realm) resolve(p *goja.Promise, v goja.Value) error {
	if !settles(v) {
		resolve, _ := resolvingFunctions(p)
		call, _ := goja.AssertFunction(resolve)
		_, err := call(goja.Undefined(), v)
		return err
	}
	return runWrapped(r.rt, func() { fulfillPromise(p, v) })
}

// settles reports whether a promise that is resolved with a value has that value, whatever a script does.
func settles(v goja.Value) bool {
	object, ok := v.(*goja.Object)
	return !ok || hasNoThen(object)
}

// reject rejects a promise. Its error is one that no script catches.
func (r *realm) reject(p *goja.Promise, reason goja.Value) error {
	return runWrapped(r.rt, func() { rejectPromise(p, reason) })
}

// hasNoThen reports whether nobody can tell that the property then of an object was not read: there is none, and nothing on the
// way to it runs code.
func hasNoThen(object *goja.Object) bool {
	const longest = 8 // of prototype chains
	for range longest {
		switch kindWord(object) {
		case plainKind, arrayKind, typedArrayKind:
		case templatedKind, templatedArrayKind:
			if inside[templatedObject](object).tmpl.props["then"] != nil {
				return false
			}
		default:
			return false
		}
		if baseOf(object).values["then"] != nil {
			return false
		}
		if object = object.Prototype(); object == nil {
			return true
		}
	}
	return false
}
