package vm

import "github.com/dop251/goja"

// report is the global reportError: the run fails when the task that goes on has ended, as it does for what a timer throws. It
// takes note of the first error.
func (r *realm) report(call goja.FunctionCall) goja.Value {
	if len(call.Arguments) == 0 {
		panic(r.rt.NewTypeError("reportError needs 1 argument"))
	}
	if r.loop.failed != nil {
		return goja.Undefined()
	}
	v := call.Argument(0)
	var stack []goja.StackFrame
	if r.raised.value == nil || !r.raised.value.SameAs(v) {
		stack = r.rt.CaptureCallStack(maxStackFrames, nil)
	}
	r.loop.failed = r.thrown(v, stack)
	return goja.Undefined()
}
