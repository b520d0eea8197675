package vm

import (
	"slices"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// waitUntil is context.waitUntil.
func (r *realm) waitUntil(call goja.FunctionCall) goja.Value {
	v := call.Argument(0)
	if object, ok := v.(*goja.Object); !ok || kindOf(object) == kindPromise && object.Export().(*goja.Promise).State() == goja.PromiseStateFulfilled {
		return goja.Undefined()
	}
	if r.dropSettled(); len(r.waits) >= maxWaits {
		panic(r.rt.NewTypeError("a script can wait for at most %d promises", maxWaits))
	}
	promise := r.newPromise()
	r.waits = append(r.waits, promise)
	rethrow(r.resolve(promise, v))
	return goja.Undefined()
}

// dropSettled forgets the promises at the end of the list that have settled, and where it is full all of them.
func (r *realm) dropSettled() {
	for n := len(r.waits) - 1; n >= 0 && settled(r.waits[n]); n-- {
		r.waits = r.waits[:n]
	}
	if len(r.waits) >= maxWaits {
		r.waits = slices.DeleteFunc(r.waits, settled)
	}
}

func settled(p *goja.Promise) bool { return p.State() != goja.PromiseStatePending }

// finish runs the event loop until all that the script asked to wait for has settled. What was rejected is left to unhandled.
func (r *realm) finish() *jsruntime.ScriptError {
	r.returned = nil // it is encoded
	for r.loop.failed == nil {
		if r.dropSettled(); len(r.waits) == 0 {
			return nil
		}
		if failure := r.turn(); failure != nil {
			return failure
		}
	}
	return r.loop.failed
}
