package vm

import (
	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// What the rest of the package does with objects of the library, of which it sees nothing but what their modules tell.

// shown returns what an object shows to people: itself, or what its module says.
func (r *realm) shown(object *goja.Object) *goja.Object {
	for _, inspect := range r.inspectors {
		if shown := told(inspect, object); shown != nil {
			return shown
		}
	}
	return object
}

// plainOf returns headers as an object that can be written, nil for any other object.
func (r *realm) plainOf(object *goja.Object) *goja.Object { return r.ask("headers", "plain", object) }

// ask returns what a function of a module returns for a value, nil where that is no object, or the module was not opened.
func (r *realm) ask(module, function string, v goja.Value) *goja.Object {
	exports := r.modules[module]
	if exports == nil {
		return nil
	}
	f, _ := goja.AssertFunction(exports.Get(function))
	return told(f, v)
}

func told(f goja.Callable, v goja.Value) *goja.Object {
	answer, err := f(goja.Undefined(), v)
	rethrow(err)
	object, _ := answer.(*goja.Object)
	return object
}

// answered returns what a script that returned a Response answers with, once its body is there; any other value is itself.
func (r *realm) answered(v goja.Value) (answer goja.Value, failure *jsruntime.ScriptError) {
	if _, ok := v.(*goja.Object); !ok || r.modules["response"] == nil {
		return v, nil
	}
	answer = v
	if ex := r.rt.Try(func() {
		if promise := r.ask("response", "answer", v); promise != nil {
			answer, failure = r.settle(promise, nil)
		}
	}); ex != nil {
		return nil, r.failure(ex)
	}
	return answer, failure
}
