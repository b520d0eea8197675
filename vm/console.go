package vm

import (
	"fmt"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"

	"github.com/jsruntime/jsruntime"
)

const (
	maxLabels     = 1000 // that one run counts by, and as many that it takes the time by
	maxLabelBytes = 200  // of one label; what it has beyond is left out
	maxIndent     = 20   // groups inside one another that are indented
)

// console is what a run's console knows: https://console.spec.whatwg.org. What it writes goes to the run's logBook.
type console struct {
	r      *realm
	groups int
	counts map[string]int
	timers map[string]float64 // milliseconds, see realm.elapsed
}

// consoleMethods are the methods in the order of the standard.
var consoleMethods = []struct {
	name string
	call func(*console, []goja.Value)
}{
	{"assert", (*console).assert},
	{"clear", func(c *console, _ []goja.Value) { c.groups = 0 }},
	{"debug", writes(jsruntime.LogDebug)},
	{"error", writes(jsruntime.LogError)},
	{"info", writes(jsruntime.LogInfo)},
	{"log", writes(jsruntime.LogInfo)},
	{"table", (*console).table},
	{"trace", (*console).trace},
	{"warn", writes(jsruntime.LogWarn)},
	{"dir", (*console).dir},
	{"dirxml", (*console).dirxml},
	{"count", (*console).count},
	{"countReset", (*console).countReset},
	{"group", (*console).group},
	{"groupCollapsed", (*console).group},
	{"groupEnd", func(c *console, _ []goja.Value) { c.groups = max(c.groups-1, 0) }},
	{"time", (*console).time},
	{"timeLog", (*console).timeLog},
	{"timeEnd", (*console).timeEnd},
}

// consoleTemplate is set by init: see globals.
var consoleTemplate *objectTemplate

// newConsoleTemplate returns the template by which the methods are made that a script uses.
func newConsoleTemplate() *objectTemplate {
	t := &objectTemplate{props: map[unistring.String]factory{}}
	for _, m := range consoleMethods {
		name := unistring.String(m.name)
		t.propNames = append(t.propNames, name)
		t.props[name] = func(rt *goja.Runtime) goja.Value {
			r := guardOf(rt).realm
			return r.function(m.name, func(call goja.FunctionCall) goja.Value {
				m.call(&r.console, call.Arguments)
				return goja.Undefined()
			})
		}
	}
	t.symPropNames = []*goja.Symbol{goja.SymToStringTag}
	t.symProps = map[*goja.Symbol]factory{goja.SymToStringTag: func(rt *goja.Runtime) goja.Value {
		return (&valueProperty{value: rt.ToValue("console"), configurable: true}).asValue()
	}}
	return t
}

// consoleObject returns the global console.
func (r *realm) consoleObject() *goja.Object {
	r.console.r = r
	object := r.rt.CreateObject(r.rt.CreateObject(r.objects))
	r.guard.extend(object, consoleTemplate)
	return object
}

// writes returns a method that writes its arguments at a level.
func writes(level jsruntime.LogLevel) func(*console, []goja.Value) {
	return func(c *console, arguments []goja.Value) { c.write(level, arguments) }
}

// write writes arguments, formatted as the first of them says.
func (c *console) write(level jsruntime.LogLevel, arguments []goja.Value) {
	if !c.r.logs.full() {
		c.put(level, c.r.message(arguments))
	}
}

// tell writes a text of the console's own.
func (c *console) tell(level jsruntime.LogLevel, format string, args ...any) {
	if !c.r.logs.full() {
		c.put(level, fmt.Sprintf(format, args...))
	}
}

// put writes a text with the indentation of the groups.
func (c *console) put(level jsruntime.LogLevel, text string) {
	if c.groups > 0 {
		indent := strings.Repeat("  ", min(c.groups, maxIndent))
		text = indent + strings.ReplaceAll(clipText(text, maxLogLineBytes), "\n", "\n"+indent)
		text = clipText(text, maxLogLineBytes)
	}
	c.r.logs.add(level, text)
}

func (c *console) assert(arguments []goja.Value) {
	if len(arguments) > 0 && arguments[0].ToBoolean() {
		return
	}
	const failed = "Assertion failed"
	arguments = arguments[min(len(arguments), 1):]
	message := c.r.rt.ToValue(failed)
	if len(arguments) > 0 {
		if text, ok := arguments[0].(goja.String); ok {
			message = c.r.rt.ToValue(failed + ": ").(goja.String).Concat(text)
			arguments = arguments[1:]
		}
	}
	c.write(jsruntime.LogError, append([]goja.Value{message}, arguments...))
}

func (c *console) trace(arguments []goja.Value) {
	if c.r.logs.full() {
		return
	}
	text := "Trace"
	if len(arguments) > 0 {
		text += ": " + c.r.message(arguments)
	}
	for _, frame := range framesOf(c.r.rt.CaptureCallStack(maxStackFrames, nil)) {
		text += "\n" + frame
	}
	c.put(jsruntime.LogInfo, clipText(text, maxLogLineBytes))
}

func (c *console) dir(arguments []goja.Value) {
	if !c.r.logs.full() {
		c.put(jsruntime.LogInfo, c.r.inspect(argumentAt(arguments, 0), maxLogLineBytes))
	}
}

func (c *console) dirxml(arguments []goja.Value) {
	if !c.r.logs.full() {
		c.put(jsruntime.LogInfo, c.r.plainMessage(arguments))
	}
}

func (c *console) group(arguments []goja.Value) {
	if len(arguments) > 0 {
		c.write(jsruntime.LogInfo, arguments)
	}
	c.groups++
}

func (c *console) count(arguments []goja.Value) {
	label := c.label(arguments)
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	if _, known := c.counts[label]; known || len(c.counts) < maxLabels {
		c.counts[label]++
	}
	c.tell(jsruntime.LogInfo, "%s: %d", label, max(c.counts[label], 1))
}

func (c *console) countReset(arguments []goja.Value) {
	label := c.label(arguments)
	if _, known := c.counts[label]; !known {
		c.tell(jsruntime.LogWarn, "Count for '%s' does not exist", label)
		return
	}
	c.counts[label] = 0
}

func (c *console) time(arguments []goja.Value) {
	label := c.label(arguments)
	if _, known := c.timers[label]; known {
		c.tell(jsruntime.LogWarn, "Timer '%s' already exists", label)
		return
	}
	if c.timers == nil {
		c.timers = map[string]float64{}
	}
	if len(c.timers) < maxLabels {
		c.timers[label] = c.r.elapsed()
	}
}

func (c *console) timeLog(arguments []goja.Value) {
	label := c.label(arguments)
	if text, ok := c.elapsed(label); ok && len(arguments) > 1 {
		c.write(jsruntime.LogInfo, append([]goja.Value{c.r.rt.ToValue(strings.ReplaceAll(text, "%", "%%"))}, arguments[1:]...))
	} else if ok {
		c.tell(jsruntime.LogInfo, "%s", text)
	}
}

func (c *console) timeEnd(arguments []goja.Value) {
	label := c.label(arguments)
	if text, ok := c.elapsed(label); ok {
		delete(c.timers, label)
		c.tell(jsruntime.LogInfo, "%s", text)
	}
}

// elapsed returns the time that a timer shows, and complains where there is no such timer.
func (c *console) elapsed(label string) (string, bool) {
	began, known := c.timers[label]
	if !known {
		c.tell(jsruntime.LogWarn, "Timer '%s' does not exist", label)
		return "", false
	}
	const second = 1000
	passed := c.r.elapsed() - began
	if passed >= second {
		return fmt.Sprintf("%s: %.3fs", label, passed/second), true
	}
	return fmt.Sprintf("%s: %.1fms", label, passed), true
}

// label returns the label that is the first argument. Its conversion may call the script.
func (c *console) label(arguments []goja.Value) string {
	v := argumentAt(arguments, 0)
	if goja.IsUndefined(v) {
		return "default"
	}
	text, ok := stringOf(v)
	if !ok {
		panic(c.r.rt.NewTypeError("a label cannot be a symbol"))
	}
	return strings.ToValidUTF8(clip(text, maxLabelBytes), "\uFFFD")
}

func argumentAt(arguments []goja.Value, i int) goja.Value {
	if i < len(arguments) {
		return arguments[i]
	}
	return goja.Undefined()
}
