package vm

import (
	"unsafe"

	"github.com/dop251/goja"
)

// global is a global that this package adds to those of the engine. It is made when a script first reads it, so those that it
// does not use cost nothing.
type global struct {
	name       string
	enumerable bool // functions are, classes and objects are not
	make       func(r *realm) goja.Value
	needs      string // the function that the host must have for it to be there; "" for none
}

// globals are set by init: what makes them refers to what the table is part of.
var globals []global

func allGlobals() []global {
	all := []global{
		{name: "console", make: func(r *realm) goja.Value { return r.consoleObject() }},
		{name: "RateLimitError", make: func(r *realm) goja.Value { return r.rateLimitClass() }},
		globalFunction("setTimeout", (*realm).setTimeout),
		globalFunction("setInterval", (*realm).setInterval),
		globalFunction("clearTimeout", (*realm).clearTimer),
		globalFunction("clearInterval", (*realm).clearTimer),
		globalFunction("queueMicrotask", (*realm).queueMicrotask),
		globalFunction("reportError", (*realm).report),
	}
	for _, m := range library {
		for _, name := range m.globals {
			all = append(all, global{
				name: name, enumerable: !isClassName(name), needs: m.needs,
				make: func(r *realm) goja.Value { return r.module(m).Get(name) },
			})
		}
	}
	return all
}

func globalFunction(name string, f func(*realm, goja.FunctionCall) goja.Value) global {
	return global{name: name, enumerable: true, make: func(r *realm) goja.Value {
		return r.function(name, func(call goja.FunctionCall) goja.Value { return f(r, call) })
	}}
}

// factory returns what the engine makes the property of.
func (g global) factory() factory {
	return func(rt *goja.Runtime) goja.Value {
		return (&valueProperty{value: g.make(guardOf(rt).realm), writable: true, configurable: true, enumerable: g.enumerable}).asValue()
	}
}

// asValue returns a property as the engine keeps those with attributes.
func (p *valueProperty) asValue() goja.Value {
	var v goja.Value
	*wordOf(&v) = valueWord{propertyKind, unsafe.Pointer(p)}
	return v
}

type native = func(goja.FunctionCall) goja.Value

// function returns a native function under a name of its own; the engine would name it after the Go function.
func (r *realm) function(name string, f native) *goja.Object {
	function := r.rt.ToValue(r.guard.guarded(f, nil)).(*goja.Object)
	must(function.DefineDataProperty("name", r.rt.ToValue(name), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	return function
}

// define sets a property as those of the global object are: writable, configurable and not enumerable.
func (r *realm) define(object *goja.Object, name string, value goja.Value) {
	must(object.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE))
}

// rateLimitError makes the class by which a script tells an exhausted budget from other errors. Its base is handed to
// it, since the script may have replaced the global.
var rateLimitError = goja.MustCompile("", "(function(Error){return class RateLimitError extends Error {}})", true)

// rateLimitClass returns the class RateLimitError.
func (r *realm) rateLimitClass() *goja.Object {
	if r.limitClass == nil {
		declare, _ := goja.AssertFunction(r.evaluate(rateLimitError))
		value, err := declare(goja.Undefined(), r.guard.intrinsic("Error"))
		must(err)
		r.limitClass = value.(*goja.Object)
		r.limitErr = r.limitClass.Get("prototype").(*goja.Object)
		r.define(r.limitErr, "name", r.rt.ToValue("RateLimitError"))
	}
	return r.limitClass
}

// microtask makes a function that calls another one in a microtask. It uses nothing that a script can replace, and what
// the other one throws is an unhandled rejection.
var microtask = goja.MustCompile("", "(async function(f){await undefined;f()})", true)

func (r *realm) queueMicrotask(call goja.FunctionCall) goja.Value {
	f := r.callback(call)
	if r.loop.microtask == nil {
		r.loop.microtask, _ = goja.AssertFunction(r.evaluate(microtask))
	}
	_, err := r.loop.microtask(goja.Undefined(), f)
	rethrow(err)
	return goja.Undefined()
}

// callback returns the function that is the first argument of a call; anything else is the script's TypeError, text
// included: a text would have to be compiled.
func (r *realm) callback(call goja.FunctionCall) goja.Value {
	f := call.Argument(0)
	if _, ok := goja.AssertFunction(f); !ok {
		panic(r.rt.NewTypeError("the first argument must be a function"))
	}
	return f
}

// rethrow hands an error of the engine on to the engine, from inside a native function.
func rethrow(err error) {
	if err != nil {
		panic(err)
	}
}
