package vm

import (
	"fmt"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// failure returns how the run failed from an error of the engine. It looks at the error's type only: its methods,
// and with them errors.As, run script code.
func (r *realm) failure(err error) *jsruntime.ScriptError {
	if halt := r.halt.Load(); halt != nil {
		return halt
	}
	switch err := err.(type) { //nolint:errorlint // errors.As runs script code
	case *jsruntime.ScriptError:
		return err
	case *goja.StackOverflowError:
		failure := stackOverflow()
		locate(failure, framesOf(err.Stack()))
		return failure
	case *goja.Exception:
		return r.thrown(err.Value(), err.Stack())
	}
	return engineError("the engine failed", err)
}

// thrown returns the failure that a thrown value, or the reason of a rejection, stands for. The stack is where it was
// thrown, if that is known.
func (r *realm) thrown(v goja.Value, stack []goja.StackFrame) *jsruntime.ScriptError {
	failure := &jsruntime.ScriptError{Kind: jsruntime.FailureException}
	var frames []string
	ex := r.rt.Try(func() {
		object, ok := v.(*goja.Object)
		if !ok || kindOf(object) != kindError {
			failure.Message = "Uncaught " + r.inspect(v, maxMessageBytes)
			return
		}
		failure.Message, frames = r.describeWhole(object)
		if r.isRateLimit(object) {
			failure.Kind = jsruntime.FailureRateLimit
		}
	})
	if halt := r.halt.Load(); halt != nil {
		return halt
	}
	if ex != nil {
		failure.Message = "Uncaught value that cannot be shown"
	}
	if len(frames) == 0 {
		frames = framesOf(stack)
	}
	if len(frames) == 0 && r.raised.value != nil && r.raised.value.SameAs(v) {
		frames = framesOf(r.raised.stack)
	}
	locate(failure, frames)
	return failure
}

// isRateLimit reports whether an error is a RateLimitError.
func (r *realm) isRateLimit(object *goja.Object) bool {
	for range 64 {
		if object = object.Prototype(); object == nil || isProxy(object) {
			return false
		}
		if object == r.limitErr {
			return true
		}
	}
	return false
}

// describe returns "name: message" of an error and the frames of its stack.
func (r *realm) describe(object *goja.Object) (message string, frames []string) {
	room := r.room()
	if kindWord(object) == errorKind { // the text of its stack could hold lines of the script's own
		frames = framesOf(inside[errorObject](object).stack)
	}
	if len(frames) == 0 {
		_ = r.rt.Try(func() { // the engine writes the text when it is first asked for, with the name and the message
			if p := room.ownString(object, "stack"); p != nil && p.value != nil {
				if stack, ok := p.value.(goja.String); ok {
					frames = framesIn(clip(stack, 64<<10))
				}
			}
		})
	}
	name, text := r.nameAndMessage(object)
	switch {
	case name == "":
		return text, frames
	case text == "":
		return name, frames
	}
	return name + ": " + text, frames
}

// nameAndMessage returns what an error says of itself, without calling a getter of the script.
func (r *realm) nameAndMessage(object *goja.Object) (name, message string) {
	const longestName = 200
	if name, message, ok := r.domException(object); ok {
		return clip(name, longestName), clip(message, maxMessageBytes)
	}
	name, ok := r.room().text(object, "name", longestName)
	if !ok {
		name = "Error"
	}
	message, _ = r.room().text(object, "message", maxMessageBytes)
	if strings.HasPrefix(message, addressesBegin) {
		message = noConversion
	}
	return name, message
}

// domException returns the name and the message of a DOMException, which are accessors of the library.
func (r *realm) domException(object *goja.Object) (name, message goja.String, ok bool) {
	exports := r.modules["exception"]
	if exports == nil {
		return nil, nil, false
	}
	read, _ := goja.AssertFunction(exports.Get("read"))
	v, err := read(goja.Undefined(), object)
	parts, ok := v.(*goja.Object)
	if err != nil || !ok {
		return nil, nil, false
	}
	name, _ = parts.Get("0").(goja.String)
	message, _ = parts.Get("1").(goja.String)
	return name, message, name != nil && message != nil
}

// engineStack writes a captured stack as the engine does in an error's stack property.
func engineStack(stack []goja.StackFrame) string {
	var b strings.Builder
	for _, frame := range framesOf(stack) {
		b.WriteString("\t" + strings.TrimLeft(frame, " ") + "\n")
	}
	return b.String()
}

// framesOf returns the frames of the author's code, as lines "    at name (script:line:column)".
func framesOf(stack []goja.StackFrame) []string {
	var frames []string
	for i := range stack {
		if len(frames) >= maxStackFrames {
			break
		}
		if stack[i].SrcName() != sourceName {
			continue
		}
		position := stack[i].Position()
		frames = append(frames, frameLine(stack[i].FuncName(), position.Line, position.Column))
	}
	return frames
}

func frameLine(name string, line, column int) string {
	name = oneLine(clipText(name, maxFrameName))
	place := fmt.Sprintf("%s:%d:%d", sourceName, line, column)
	if name == "" || name == "<anonymous>" {
		return "    at " + place
	}
	return "    at " + name + " (" + place + ")"
}

// oneLine returns a name without what would begin a line of its own in a stack or a log.
func oneLine(name string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == '\u2028' || c == '\u2029' || c == 0x7F || c == 0x85 {
			return ' '
		}
		return c
	}, name)
}

// frameText matches a frame of the author's code in an error's stack, with or without the engine's program counter.
var frameText = regexp.MustCompile(`^\s+at (?:(.{1,200}) \()?` + sourceName + `:(\d{1,9}):(\d{1,9})(?:\(\d+\))?\)?$`)

// framesIn returns the frames of the author's code in the text of an error's stack.
func framesIn(text string) []string {
	var frames []string
	for line := range strings.Lines(text) {
		if len(frames) >= maxStackFrames {
			break
		}
		match := frameText.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if match == nil {
			continue
		}
		row, _ := strconv.Atoi(match[2])
		column, _ := strconv.Atoi(match[3])
		frames = append(frames, frameLine(match[1], row, column))
	}
	return frames
}

// locate sets the stack of a failure, and its position to that of the first frame.
func locate(failure *jsruntime.ScriptError, frames []string) {
	if len(frames) == 0 {
		return
	}
	failure.Stack = strings.ToValidUTF8(strings.Join(frames, "\n"), "\uFFFD")
	if match := frameText.FindStringSubmatch(frames[0]); match != nil {
		failure.Line, _ = strconv.Atoi(match[2])
		failure.Column, _ = strconv.Atoi(match[3])
	}
}

// panicked returns the failure of a run whose goroutine panicked. The engine panics with what the script threw, with an
// interrupt, or because of a defect of its own. Nobody recovers a second panic, so there must be none.
func (r *realm) panicked(x any) (failure *jsruntime.ScriptError) {
	defer func() {
		if x := recover(); x != nil {
			failure = engineError("the script engine failed", x)
		}
	}()
	if halt := r.halt.Load(); halt != nil {
		return halt
	}
	switch x := x.(type) {
	case *goja.Exception:
		return r.failure(x)
	case *goja.StackOverflowError:
		return r.failure(x)
	case goja.Value:
		return r.thrown(x, nil)
	}
	return engineError("the script engine failed", x)
}

// engineError returns an engine failure. Of what the engine panicked with only Go's own run-time errors are told, since
// other texts may hold addresses of this process.
func engineError(what string, x any) *jsruntime.ScriptError {
	if err, ok := x.(runtime.Error); ok {
		if strings.Contains(err.Error(), "makeslice:") || strings.Contains(err.Error(), "growslice:") {
			return &jsruntime.ScriptError{Kind: jsruntime.FailureMemory, Message: jsruntime.ErrMemoryLimit.Error()} // more than there can be
		}
		what += ": " + strings.TrimPrefix(err.Error(), "runtime error: ")
	}
	return &jsruntime.ScriptError{Kind: jsruntime.FailureEngine, Message: what}
}
