package vm

import (
	"cmp"
	"math"
	"slices"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

var typedArrayPrototype = objectRules{
	"join":           {call: joinTyped(false)},
	"toLocaleString": {call: joinTyped(true)},
	"indexOf":        {call: typedSearch("indexOf")},
	"lastIndexOf":    {call: typedSearch("lastIndexOf")},
	"includes":       {call: typedSearch("includes")},
	"set":            {call: typedSet},
	"fill":           {call: typedFill},
	"sort":           {call: typedSort(true)},
	"toSorted":       {call: typedSort(false)},
	"map":            {call: typedCopy},
	"filter":         {call: typedCopy},
	"slice":          {call: typedCopy},
	"toReversed":     {call: typedCopy},
	"with":           {call: typedCopy},
	"keys":           {call: iterating},
	"values":         {call: iterating},
	"entries":        {call: iterating},
	"@@iterator":     {call: iterating},
}

var typedArrayStatics = objectRules{"from": {call: arrayFrom}}

var bufferStatics = objectRules{"": {make: makeBuffer}}

var bufferPrototype = objectRules{"slice": {call: bufferCopy}}

var dataViewPrototype = objectRules{
	"getBigInt64":  {call: readsBigInt},
	"getBigUint64": {call: readsBigInt},
	"setBigInt64":  {call: writesBigInt},
	"setBigUint64": {call: writesBigInt},
}

// elementSizes are the sizes of the elements of typed arrays, in bytes.
var elementSizes = map[string]int64{
	"Uint8Array": 1, "Uint8ClampedArray": 1, "Int8Array": 1, "Uint16Array": 2, "Int16Array": 2, "Uint32Array": 4, "Int32Array": 4,
	"Float32Array": 4, "Float64Array": 8, "BigInt64Array": 8, "BigUint64Array": 8,
}

// makeBuffer guards the constructor of ArrayBuffer.
func makeBuffer(g *guard, args []goja.Value) []goja.Value { return g.takeElements(args, 1) }

// makeTyped guards the constructor of a kind of typed array.
func makeTyped(size int64) makeRule {
	return func(g *guard, args []goja.Value) []goja.Value { return g.takeElements(args, size) }
}

// takeElements counts what a constructor allocates: as many elements as its argument says, or has.
func (g *guard) takeElements(args []goja.Value, size int64) []goja.Value {
	if len(args) == 0 {
		return args
	}
	object, ok := args[0].(*goja.Object)
	switch {
	case ok && kindWord(object) == bufferKind:
		return args
	case !ok:
		call := goja.FunctionCall{Arguments: args}
		if n := numberArgument(&call, 0); n > 0 && n < 1<<53 {
			g.takeBuffer(scaled(size, n))
		}
		return args
	}
	g.boundTexts(object)
	if length, _, known := lengthOf(object); known && product(length, size) > maxBuffer {
		g.takeBuffer(product(length, size))
	}
	call := goja.FunctionCall{Arguments: args}
	arrayFrom(g, func(changed goja.FunctionCall) goja.Value {
		args = changed.Arguments
		return nil
	}, call)
	if length, _, known := lengthOf(object); known {
		g.takeBuffer(product(length, size))
	}
	return args
}

// maxBuffer is more bytes than any buffer has.
const maxBuffer = 1 << 33

// takeBuffer counts what a buffer takes. More than any realm has is an error for the script, as it is in other engines.
func (g *guard) takeBuffer(bytes int64) {
	if bytes > maxBuffer {
		panic(g.rangeError("Array buffer allocation failed"))
	}
	g.take(bytes)
}

// typedThis returns the typed array that a native is called on.
func typedThis(call goja.FunctionCall) (*typedArrayObject, *goja.Object) {
	if object, ok := call.This.(*goja.Object); ok && kindWord(object) == typedArrayKind {
		return inside[typedArrayObject](object), object
	}
	return nil, nil
}

func (a *typedArrayObject) bytes() int64 { return int64(a.length) * int64(a.elemSize) }

func typedCopy(g *guard, next native, call goja.FunctionCall) goja.Value {
	if a, _ := typedThis(call); a != nil {
		g.take(a.bytes())
	}
	return next(call)
}

func bufferCopy(g *guard, next native, call goja.FunctionCall) goja.Value {
	if object, ok := call.This.(*goja.Object); ok && kindWord(object) == bufferKind {
		g.take(int64(len(inside[arrayBufferObject](object).data)))
	}
	return next(call)
}

// typedSearch guards a native that goes over all elements quickly.
func typedSearch(name unistring.String) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		const quick = 1 << 24
		a, object := typedThis(call)
		if a == nil || a.length <= quick {
			return next(call)
		}
		return g.generic(name, object, call)
	}
}

// generic calls a method of arrays on a stand-in.
func (g *guard) generic(name unistring.String, object *goja.Object, call goja.FunctionCall) goja.Value {
	return g.native("Array", name)(goja.FunctionCall{This: g.newStandIn(object).proxy, Arguments: call.Arguments})
}

// native returns a method of a class's prototype, made anew: whatever the script did to it.
func (g *guard) native(class string, name unistring.String) native {
	v := inside[templatedObject](g.prototype(class)).tmpl.props[name](g.rt)
	return inside[nativeFuncObject]((*valueProperty)(wordOf(&v).data).value.(*goja.Object)).f
}

// typedSet guards set: an empty source of another kind makes the engine panic, and a source may be an array-like.
func typedSet(g *guard, next native, call goja.FunctionCall) goja.Value {
	source, ok := argument(call, 0).(*goja.Object)
	if !ok {
		return next(call)
	}
	if kindWord(source) == typedArrayKind {
		if s := inside[typedArrayObject](source); s.length == 0 && !s.buffer.detached {
			call.Arguments = withArgument(call.Arguments, 0, g.rt.NewArray())
		}
		return next(call)
	}
	if a, _ := typedThis(call); a == nil || a.buffer.detached {
		return next(call)
	}
	g.boundTexts(source)
	if !g.quick(source, math.MaxInt64) {
		call.Arguments = withArgument(call.Arguments, 0, g.newStandIn(source).proxy)
	}
	return next(call)
}

// typedFill guards fill, which turns its argument into a number.
func typedFill(g *guard, next native, call goja.FunctionCall) goja.Value {
	if s, ok := argument(call, 0).(goja.String); ok {
		g.refuseLong(s)
	}
	return next(call)
}

// typedSort guards sort and toSorted: without a comparator a native compares all by itself, and slowly.
func typedSort(inPlace bool) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		const quick = 1 << 12
		a, object := typedThis(call)
		if a == nil {
			return next(call)
		}
		g.take(a.bytes())
		if a.length <= quick || !goja.IsUndefined(argument(call, 0)) {
			return next(call)
		}
		if inPlace {
			g.sortNumbers(object)
			return call.This
		}
		sorted := g.native("TypedArray", "toReversed")(goja.FunctionCall{This: call.This}) // a copy, of the same type
		g.sortNumbers(sorted.(*goja.Object))
		return sorted
	}
}

// sortNumbers sorts the elements of a typed array in place.
func (g *guard) sortNumbers(object *goja.Object) {
	switch list := object.Export().(type) {
	case []int8:
		sortStoppably(g, list, cmp.Compare)
	case []uint8:
		sortStoppably(g, list, cmp.Compare)
	case []int16:
		sortStoppably(g, list, cmp.Compare)
	case []uint16:
		sortStoppably(g, list, cmp.Compare)
	case []int32:
		sortStoppably(g, list, cmp.Compare)
	case []uint32:
		sortStoppably(g, list, cmp.Compare)
	case []int64:
		sortStoppably(g, list, cmp.Compare)
	case []uint64:
		sortStoppably(g, list, cmp.Compare)
	case []float32:
		sortStoppably(g, list, compareFloats)
	case []float64:
		sortStoppably(g, list, compareFloats)
	}
}

// compareFloats orders as the language does: -0 before 0, NaN last.
func compareFloats[T float32 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		if a == 0 && math.Signbit(float64(a)) != math.Signbit(float64(b)) {
			if math.Signbit(float64(a)) {
				return -1
			}
			return 1
		}
		return 0
	case a != a && b != b: //nolint:gocritic // NaN
		return 0
	case a != a: //nolint:gocritic // NaN
		return 1
	}
	return -1
}

func sortStoppably[T any](g *guard, list []T, compare func(a, b T) int) {
	count := 0
	slices.SortFunc(list, func(a, b T) int {
		if count++; count&0xFFF == 0 {
			g.checkpoint()
		}
		return compare(a, b)
	})
}
