package vm

import "github.com/dop251/goja"

var dbNatives = natives{"callAs": (*realm).callPartAs, "later": (*realm).later, "isUnhandled": (*realm).isUnhandled}

// isUnhandled reports whether a promise was rejected and nobody has handled that so far.
func (r *realm) isUnhandled(call goja.FunctionCall) goja.Value {
	object, ok := call.Argument(0).(*goja.Object)
	if !ok || kindOf(object) != kindPromise {
		return r.rt.ToValue(false)
	}
	promise, _ := object.Export().(*goja.Promise)
	_, unhandled := r.rejected[promise]
	return r.rt.ToValue(unhandled)
}
