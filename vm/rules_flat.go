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
	if f.tooDeep {
		panic(g.rangeError("arrays are nested deeper than %d levels", maxFlatDepth))
	}
	g.take(product(total, elementBytes))
	call.Arguments = []goja.Value{g.rt.ToValue(depth)}
	if !f.unknown && total <= slowElements && g.quick(object, 1<<62) {
		return next(call)
	}
	// an array as the native would make it, which is filled here
	result := next(goja.FunctionCall{This: g.emptyStandIn(object)}).(*goja.Object)
	flat, at := g.flat, int64(0)
	defer func() { g.flat = flat }()
	g.flatten(result, object, depth, &at)
	return result
}

// emptyStandIn returns a proxy of an array that has no elements for a native that visits them.
func (g *guard) emptyStandIn(object *goja.Object) *goja.Object {
	proxy := g.rt.NewProxy(object, &goja.ProxyTrapConfig{
		Get: func(_ *goja.Object, name string, _ goja.Value) goja.Value {
			if name == "length" {
				return g.rt.ToValue(0)
			}
			return object.Get(name)
		},
	})
	return g.rt.ToValue(proxy).(*goja.Object)
}

// flatten appends the elements of an array, see https://tc39.es/ecma262/#sec-flattenintoarray.
func (g *guard) flatten(result, source *goja.Object, depth int64, at *int64) {
	room := g.realm.room()
	length := snapshot(source)
	for i := range length {
		g.checkpoint()
		v := element(source, i)
		if v == nil || goja.IsUndefined(v) {
			name := g.rt.ToValue(decimal(i))
			if !room.call(room.static("Reflect", "has"), goja.Undefined(), source, name).ToBoolean() {
				continue
			}
			v = goja.Undefined()
		}
		if array, ok := v.(*goja.Object); ok && depth > 0 && isArray(array) {
			g.flattenInner(result, array, depth-1, at)
			continue
		}
		rethrow(result.DefineDataProperty(decimal(*at), v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
		*at++
	}
}

// flattenInner goes a level deeper.
func (g *guard) flattenInner(result, array *goja.Object, depth int64, at *int64) {
	if g.flat++; g.flat > maxFlatDepth {
		panic(g.rangeError("arrays are nested deeper than %d levels", maxFlatDepth))
	}
	g.flatten(result, array, depth, at)
	g.flat--
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
		call.Arguments = withArgument(call.Arguments, 0, g.function(func(inner goja.FunctionCall) goja.Value {
			v, err := callback(inner.This, inner.Arguments...)
			rethrow(err)
			if object, ok := v.(*goja.Object); ok && isArray(object) && !g.quick(object, 1<<62) {
				return g.newStandIn(object).proxy
			}
			return v
		}))
	}
	return callingBack(g, next, call)
}
