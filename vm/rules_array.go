package vm

import (
	"math"

	"github.com/dop251/goja"
)

var arrayStatics = objectRules{
	"from": {call: arrayFrom},
}

var arrayPrototype = objectRules{
	"concat":         {call: concat},
	"copyWithin":     {call: arrayLike},
	"every":          {call: callingBack},
	"fill":           {call: arrayLike},
	"filter":         {call: callingBack},
	"find":           {call: callingBack},
	"findIndex":      {call: callingBack},
	"findLast":       {call: callingBack},
	"findLastIndex":  {call: callingBack},
	"flat":           {call: flat},
	"flatMap":        {call: flatMap},
	"forEach":        {call: callingBack},
	"includes":       {call: comparing},
	"indexOf":        {call: comparing},
	"join":           {call: join},
	"lastIndexOf":    {call: comparing},
	"map":            {call: copyingBack},
	"push":           {call: arrayGrow},
	"reduce":         {call: callingBack},
	"reduceRight":    {call: callingBack},
	"reverse":        {call: arrayLike},
	"shift":          {call: arrayLike},
	"slice":          {call: copying},
	"some":           {call: callingBack},
	"sort":           {call: sortArray},
	"splice":         {call: arrayLike},
	"toLocaleString": {call: joinLocalized},
	"toReversed":     {call: copying},
	"toSorted":       {call: sortArray},
	"toSpliced":      {call: copying},
	"unshift":        {call: arrayLike},
	"with":           {call: copying},
	"keys":           {call: iterating},
	"values":         {call: iterating},
	"entries":        {call: iterating},
	"@@iterator":     {call: iterating},
}

// iterating guards a native that makes an iterator, whose prototype the engine makes then.
func iterating(g *guard, next native, call goja.FunctionCall) goja.Value {
	iterator := next(call)
	g.sweep()
	return iterator
}

// arrayGrow guards push: an array grows by doubling.
func arrayGrow(g *guard, next native, call goja.FunctionCall) goja.Value {
	if len(call.Arguments) > quickElements {
		g.take(int64(len(call.Arguments)) * 2 * elementBytes)
	}
	return next(call)
}

// arrayFrom guards Array.from and TypedArray.from: the source may be an array-like.
func arrayFrom(g *guard, next native, call goja.FunctionCall) goja.Value {
	if len(call.Arguments) == 0 {
		return next(call)
	}
	object, ok := call.Arguments[0].(*goja.Object)
	if !ok {
		if s, ok := call.Arguments[0].(goja.String); ok {
			g.take(int64(s.Length()) * (elementBytes + 16))
		}
		return next(call)
	}
	length, dense, known := lengthOf(object)
	if known && length <= slowElements && (dense || length <= quickElements) {
		return next(call)
	}
	if known && dense {
		g.take(length * elementBytes)
		return next(call)
	}
	if g.iterable(object) {
		return next(call)
	}
	stand := g.newStandIn(object).proxy
	g.take(snapshot(stand) * elementBytes)
	call.Arguments = withArgument(call.Arguments, 0, stand)
	return next(call)
}

// iterable reports whether an object has an iterator method, which reading may run code of the script.
func (g *guard) iterable(object *goja.Object) bool {
	v := object.GetSymbol(goja.SymIterator)
	return v != nil && !goja.IsUndefined(v) && !goja.IsNull(v)
}

// concat guards concat, which visits the elements of its this and of its arguments.
func concat(g *guard, next native, call goja.FunctionCall) goja.Value {
	total := int64(0)
	odd := g.odd(call.This)
	for _, v := range call.Arguments {
		odd = odd || g.odd(v)
	}
	for i := -1; i < len(call.Arguments); i++ {
		v := call.This
		if i >= 0 {
			v = call.Arguments[i]
		}
		object, ok := v.(*goja.Object)
		if !ok {
			continue
		}
		length, dense, known := lengthOf(object)
		if known && !odd && (dense && length <= slowElements || length <= quickElements) {
			total += length
			continue
		}
		if !g.spreads(object) {
			continue
		}
		if dense {
			total += length
		}
		if i < 0 {
			call.This = g.newStandIn(object).proxy
			continue
		}
		call.Arguments = withArgument(call.Arguments, i, g.newStandIn(object).proxy)
	}
	g.take(total * elementBytes)
	return next(call)
}

// odd reports whether code of the script may run when concat takes a value, which can change the others.
func (g *guard) odd(v goja.Value) bool {
	object, ok := v.(*goja.Object)
	if !ok {
		return false
	}
	if kindWord(object) != arrayKind {
		return true
	}
	a := inside[arrayObject](object)
	return a.propValueCount > 0 || a.symValues != nil || a.prototype != g.seenAs("ArrayPrototype")
}

// spreads reports whether concat takes the elements of an object instead of the object, which may run code of the script.
func (g *guard) spreads(object *goja.Object) bool {
	if v := object.GetSymbol(goja.SymIsConcatSpreadable); v != nil && !goja.IsUndefined(v) {
		return v.ToBoolean()
	}
	return isArray(object)
}

func argument(call goja.FunctionCall, i int) goja.Value {
	if i < len(call.Arguments) {
		return call.Arguments[i]
	}
	return goja.Undefined()
}

// product returns a*b, or the largest number where that overflows.
func product(a, b int64) int64 {
	if a <= 0 || b <= 0 {
		return 0
	}
	if a > math.MaxInt64/b {
		return math.MaxInt64
	}
	return a * b
}

// sortArray guards sort and toSorted. Without a comparator a native compares all by itself; it is given one that does the same
// and can be stopped.
func sortArray(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := call.This.(*goja.Object)
	if !ok {
		return next(call)
	}
	length, dense, known := lengthOf(object)
	compare := argument(call, 0)
	_, callable := goja.AssertFunction(compare)
	if known && dense && length <= 1<<11 && textsIn(object) <= slowText || !callable && !goja.IsUndefined(compare) {
		return next(call)
	}
	if goja.IsUndefined(compare) {
		args := append([]goja.Value(nil), call.Arguments...)
		if len(args) == 0 {
			args = append(args, nil)
		}
		args[0] = g.function(g.compareTexts)
		call.Arguments = args
	}
	if dense {
		return copying(g, next, call)
	}
	return g.throughStandIn(object, func(call goja.FunctionCall) goja.Value {
		length := snapshot(call.This) // for which the native takes memory at once
		if length >= 1<<32 {
			panic(g.rangeError("Invalid array length"))
		}
		g.take(length * elementBytes)
		return next(call)
	}, call)
}

// textsIn returns how long the texts in an array are together.
func textsIn(object *goja.Object) (total int64) {
	add := func(v goja.Value) {
		if s, ok := v.(goja.String); ok {
			total += int64(s.Length())
		}
	}
	switch kindWord(object) {
	case arrayKind:
		for _, v := range inside[arrayObject](object).values {
			add(v)
		}
	case sparseKind:
		for _, item := range inside[sparseArrayObject](object).items {
			add(item.value)
		}
	}
	return total
}

// comparing guards a native that compares each element with its argument: a long text takes long to compare.
func comparing(g *guard, next native, call goja.FunctionCall) goja.Value {
	const quick = 1 << 28 // units
	object, ok := call.This.(*goja.Object)
	if ok {
		length, _, _ := lengthOf(object)
		if s, isText := argument(call, 0).(goja.String); isText && product(length, int64(s.Length())) > quick {
			return g.throughStandIn(object, next, call)
		}
	}
	return arrayLike(g, next, call)
}

// boundTexts throws when the elements of an array are texts that take too long to turn into numbers.
func (g *guard) boundTexts(object *goja.Object) {
	const most = 1 << 24
	if total := textsIn(object); total > most {
		panic(g.rangeError("texts of %d units are too long to be turned into numbers", total))
	}
}

// numbers guards a native that turns all its arguments into numbers.
func numbers(g *guard, next native, call goja.FunctionCall) goja.Value {
	total := 0
	for _, v := range call.Arguments {
		if s, ok := v.(goja.String); ok {
			total += s.Length()
		}
	}
	if total > 1<<24 {
		panic(g.rangeError("texts of %d units are too long to be turned into numbers", total))
	}
	return next(call)
}

// compareTexts is the comparator that sort has when it is given none.
func (g *guard) compareTexts(call goja.FunctionCall) goja.Value {
	g.checkpoint()
	return g.rt.ToValue(g.mustString(argument(call, 0)).CompareTo(g.mustString(argument(call, 1))))
}
