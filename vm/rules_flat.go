package vm

import "github.com/dop251/goja"

// maxFlatDepth is how deep arrays may be nested that flat flattens.
const maxFlatDepth = 200

// flat guards Array.prototype.flat, which recurses without a bound and meets an array once for each way that leads to it.
func flat(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := call.This.(*goja.Object)
	if !ok {
		return next(call)
	}
	depth := int64(1)
	if v := argument(call, 0); !goja.IsUndefined(v) {
		depth = v.ToInteger()
	}
	f := flattening{g: g, counts: map[flatKey]int64{}}
	total := f.count(object, min(depth, maxFlatDepth+1), 0)
	if f.tooDeep || (f.unknown && depth > maxFlatDepth) {
		panic(g.rangeError("arrays are nested deeper than %d levels", maxFlatDepth))
	}
	g.take(product(total, elementBytes))
	call.Arguments = []goja.Value{g.rt.ToValue(depth)}
	if f.unknown || total > slowElements {
		return g.throughStandIn(object, next, call)
	}
	return arrayLike(g, next, call)
}

// flattening counts what flat would produce.
type flattening struct {
	g       *guard
	counts  map[flatKey]int64
	tooDeep bool
	unknown bool // an element is a proxy, or is made by code
}

type flatKey struct {
	array *goja.Object
	depth int64
}

// count returns how many elements an array has when it is flattened.
func (f *flattening) count(object *goja.Object, depth int64, level int) int64 {
	if level > maxFlatDepth {
		f.tooDeep = true
		return 0
	}
	if kindWord(object) != arrayKind {
		f.unknown = f.unknown || kindWord(object) != sparseKind
		return 0
	}
	key := flatKey{object, depth}
	if total, ok := f.counts[key]; ok {
		return total
	}
	f.counts[key] = 0 // a cycle is found by its depth
	total := int64(0)
	for i := range inside[arrayObject](object).values {
		if i&0xFFF == 0xFFF {
			f.g.checkpoint()
		}
		total = f.plus(total, inside[arrayObject](object).values[i], depth, level)
	}
	f.counts[key] = total
	return total
}

func (f *flattening) plus(total int64, v goja.Value, depth int64, level int) int64 {
	if v == nil {
		return total
	}
	if wordOf(&v).kind == propertyKind {
		f.unknown = true
		return total
	}
	element, ok := v.(*goja.Object)
	if !ok || depth <= 0 {
		return total + 1
	}
	switch kindWord(element) {
	case arrayKind:
		return sum(total, f.count(element, depth-1, level+1))
	case sparseKind, proxyKind, templatedArrayKind:
		f.unknown = true
	}
	return total + 1
}

func sum(a, b int64) int64 {
	if a+b < a {
		return 1<<63 - 1
	}
	return a + b
}

// flatMap guards flatMap: arrays that the callback returns are visited natively.
func flatMap(g *guard, next native, call goja.FunctionCall) goja.Value {
	if callback, ok := goja.AssertFunction(argument(call, 0)); ok {
		call.Arguments = withArgument(call.Arguments, 0, g.rt.ToValue(func(inner goja.FunctionCall) goja.Value {
			v, err := callback(inner.This, inner.Arguments...)
			rethrow(err)
			if object, ok := v.(*goja.Object); ok && isArray(object) && !g.quick(object, 1<<62) {
				return g.newStandIn(object)
			}
			return v
		}))
	}
	return callingBack(g, next, call)
}
