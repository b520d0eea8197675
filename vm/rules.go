package vm

import (
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// rules are the rules of natives that can run or allocate without bound, by the object that they belong to. All others are
// guarded without a rule. slotRules are the same in the order of slots.
var (
	rules        map[string]objectRules
	slotRules    []objectRules
	slotAdded    []*objectTemplate // see additions
	functionSlot int               // the place of Function.prototype
)

// regexpClock is how exact regexp2's timeouts are, process-wide. By default they come up to a tenth of a second late.
const regexpClock = 5 * time.Millisecond

// localized are the rules of numbers. There are no locales; the engine takes one for a radix.
var localized = objectRules{"toLocaleString": {call: withoutArguments}}

func withoutArguments(_ *guard, next native, call goja.FunctionCall) goja.Value {
	call.Arguments = nil
	return next(call)
}

// The rules refer to the guard, and the guard to them, so they are not initialised where they are declared.
func init() {
	regexp2.SetTimeoutCheckPeriod(regexpClock)
	guardedCode, guardedMakerCode = codeOf((&guardedNative{}).call), codeOf((&guardedMaker{}).make)
	library = libraryModules()
	globals = allGlobals()
	consoleTemplate = newConsoleTemplate()
	added := additions()
	rules = map[string]objectRules{
		"globalThis":            globalRules,
		"Array":                 arrayStatics,
		"Array.prototype":       arrayPrototype,
		"ArrayBuffer":           bufferStatics,
		"ArrayBuffer.prototype": bufferPrototype,
		"BigInt":                bigIntStatics,
		"BigInt.prototype":      localized,
		"DataView.prototype":    dataViewPrototype,
		"Function.prototype":    functionPrototype,
		"JSON":                  jsonRules,
		"Math":                  {"max": {call: numbers}, "min": {call: numbers}, "hypot": {call: numbers}},
		"Date":                  {"": {make: dateTexts}, "parse": {call: dateText}},
		"Map.prototype":         iterators,
		"Number.prototype":      localized,
		"Object":                objectStatics,
		"Object.prototype":      {"__proto__": {call: setProto}, "toLocaleString": {call: toLocaleString}},
		"Promise.prototype":     promisePrototype,
		"Promise":               promiseStatics,
		"Proxy":                 {"": {make: makeProxy}, "revocable": {call: revocable}},
		"Reflect":               reflectRules,
		"RegExp":                regExpStatics,
		"RegExp.prototype":      regExpPrototype,
		"Set.prototype":         iterators,
		"String":                stringStatics,
		"String.prototype":      stringPrototype,
		"TypeError":             {"": {make: withoutAddresses}},
		"TypedArray":            typedArrayStatics,
		"TypedArray.prototype":  typedArrayPrototype,
	}
	for name, size := range elementSizes {
		rules[name] = objectRules{"": {make: makeTyped(size)}}
	}
	// natives that the engine keeps in places of their own
	for name, rule := range map[string]rule{
		"arrayValues": iterating, "setValues": iterating, "typedArrayValues": iterating,
		"parseFloat": shortText, "parseInt": shortText,
		"stringproto_trimEnd": growingText(1.5, false), "stringproto_trimStart": growingText(1.5, false),
	} {
		rules[name] = objectRules{"": {call: rule}}
	}
	for i, s := range slots {
		if s.name == "FunctionPrototype" {
			functionSlot = i
		}
		slotRules = append(slotRules, rules[slotName(s.name)])
		slotAdded = append(slotAdded, added[slotName(s.name)])
	}
}

var globalRules = objectRules{
	"decodeURI":          {call: growingArgument(2)},
	"decodeURIComponent": {call: growingArgument(2)},
	"encodeURI":          {call: growingArgument(9)},
	"encodeURIComponent": {call: growingArgument(9)},
	"escape":             {call: growingArgument(6)},
	"unescape":           {call: growingArgument(2)},
	"parseFloat":         {call: shortText},
}

var iterators = objectRules{
	"keys":       {call: iterating},
	"values":     {call: iterating},
	"entries":    {call: iterating},
	"@@iterator": {call: iterating},
}

// A handler may be given an error that the engine made.
var (
	promisePrototype = objectRules{"then": {call: meetsErrors}, "catch": {call: meetsErrors}, "finally": {call: meetsErrors}}
	promiseStatics   = objectRules{"allSettled": {call: meetsErrors}, "any": {call: meetsErrors}}
)

func meetsErrors(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.ensureErrors()
	return next(call)
}

// Of an object that cannot be converted the engine tells all that is inside, addresses included. Scripts are told less.
const (
	addressesBegin = "Could not convert &{"
	noConversion   = "Cannot convert object to primitive value"
)

// withoutAddresses guards the constructor of TypeError, by which the engine makes its own errors. A text that Go could not
// write, because the script's toString ended it, is told of in the same way.
func withoutAddresses(g *guard, args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	const n, most = len(addressesBegin), 1 << 10
	s, ok := args[0].(goja.String)
	if ok && s.Length() > n && (s.Substring(0, n).String() == addressesBegin ||
		strings.Contains(s.Substring(0, min(s.Length(), most)).String(), "%!s(PANIC=")) {
		return withArgument(args, 0, g.rt.ToValue(noConversion))
	}
	return args
}

// growingArgument guards a native whose result may be so many times as long as its argument.
func growingArgument(times float64) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		if len(call.Arguments) > 0 {
			if s, ok := asText(call.Arguments[0]); ok {
				g.take(scaled(int64(s.Length()), times))
				call.Arguments = withArgument(call.Arguments, 0, s)
			}
		}
		return next(call)
	}
}

// dateText guards Date.parse.
func dateText(g *guard, next native, call goja.FunctionCall) goja.Value {
	call.Arguments = dateTexts(g, call.Arguments)
	return next(call)
}

// dateTexts guards the constructor of Date: no date is that long.
func dateTexts(g *guard, args []goja.Value) []goja.Value {
	if len(args) == 1 {
		if s, ok := textOf(args[0]); ok && s.Length() > slowText {
			return withArgument(args, 0, g.rt.ToValue("no date"))
		}
	}
	return args
}

// shortText guards a native that reads a number slowly: what a text has beyond is no number that anybody writes.
func shortText(g *guard, next native, call goja.FunctionCall) goja.Value {
	if len(call.Arguments) > 0 {
		if s, ok := asText(call.Arguments[0]); ok {
			g.refuseLong(s)
			call.Arguments = withArgument(call.Arguments, 0, s)
		}
	}
	return next(call)
}
