package vm

import (
	"strings"

	"github.com/dop251/goja"
)

// The functions of the host with which globals of the library come: where the host has them, the script has these.
const (
	fetchSend = "fetch:send"
	dbQuery   = "db:query"
)

var hostNatives = natives{"call": (*realm).callPart}

// callPart calls a function of the host that is the library's half of one: its name has a colon. A script that gets hold of this
// can do no more than by the library.
func (r *realm) callPart(call goja.FunctionCall) goja.Value {
	name := r.textOf(call.Argument(0)).String()
	if !strings.Contains(name, ":") || !r.calls.mayCall(name) {
		return r.rejectedWith("the host has no such function")
	}
	if strings.HasPrefix(name, "fetch:") {
		return r.callHostAs("TypeError", name, call.Arguments[1:]) // as fetch fails
	}
	return r.callHostAs("Error", name, call.Arguments[1:])
}

// rejectedWith returns a promise that is rejected with a TypeError.
func (r *realm) rejectedWith(message string) goja.Value {
	promise, _, reject := r.newPromise()
	rethrow(reject(r.rt.NewTypeError(message)))
	return r.rt.ToValue(promise)
}

// mayCall reports whether the host has a function for the library.
func (c *calls) mayCall(name string) bool { return c != nil && c.parts[name] }
