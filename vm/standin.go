package vm

import (
	"math"
	"strconv"

	"github.com/dop251/goja"
)

// Natives over arrays take anything with a length, and go from 0 to there without looking up: over holes, over an object that
// says to be 2**53 long, over a proxy whose answers nobody knows. quickElements is how many elements of such an object
// a native may visit as it is; beyond, it is given a stand-in, a proxy of this package whose every access is a
// checkpoint. It is slower, and can be stopped. Arrays without holes are bounded by memory and need none.
const quickElements = 1 << 16

// slowElements is how many elements of an array a native may visit that takes long over each.
const slowElements = 1 << 17

// lengthOf returns the length of an array-like without running code of the script; false where only code can tell.
func lengthOf(object *goja.Object) (length int64, dense, ok bool) {
	switch kindWord(object) {
	case arrayKind:
		a := inside[arrayObject](object)
		return int64(a.length), int64(a.length) <= int64(len(a.values))+quickElements, true
	case sparseKind:
		return int64(inside[sparseArrayObject](object).length), false, true
	case stringKind:
		return int64(inside[stringObject](object).value.Length()), true, true
	case typedArrayKind:
		return int64(inside[typedArrayObject](object).length), true, true
	case proxyKind:
		return 0, false, false
	}
	v := baseOf(object).values["length"]
	if v != nil && wordOf(&v).kind == propertyKind {
		p := (*valueProperty)(wordOf(&v).data)
		if p.accessor {
			return 0, false, false
		}
		v = p.value
	}
	switch {
	case v == nil:
		return 0, false, plainChain(object)
	case goja.IsNumber(v):
		return toLength(v), false, true
	}
	return 0, false, false
}

// plainChain reports whether an object and what it inherits from are plain objects without a length.
func plainChain(object *goja.Object) bool {
	for depth := 0; object != nil && depth < 16; depth++ {
		switch kindWord(object) {
		case plainKind, templatedKind:
			if baseOf(object).values["length"] != nil {
				return false
			}
			object = baseOf(object).prototype
		default:
			return false
		}
	}
	return object == nil
}

// arrayLike guards a native that visits the elements of its this.
func arrayLike(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := call.This.(*goja.Object)
	if !ok || g.quick(object, math.MaxInt64) {
		return next(call)
	}
	return g.throughStandIn(object, next, call)
}

// callingBack guards one that calls a function with each element, its first argument.
func callingBack(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := call.This.(*goja.Object)
	if !ok || g.quick(object, math.MaxInt64) {
		return next(call)
	}
	return g.throughStandIn(object, g.hideStandIn(object, next), call)
}

// copying guards a native that makes an array as long as its this.
func copying(g *guard, next native, call goja.FunctionCall) goja.Value {
	object, ok := call.This.(*goja.Object)
	if !ok {
		return next(call)
	}
	if length, dense, ok := lengthOf(object); ok && (dense || length <= quickElements) {
		g.take(length * elementBytes)
		return next(call)
	}
	stand := g.newStandIn(object)
	stand.copies = true
	return g.through(stand, next, call)
}

// copyingBack guards map: it calls back as well.
func copyingBack(g *guard, next native, call goja.FunctionCall) goja.Value {
	if object, ok := call.This.(*goja.Object); ok {
		return copying(g, g.hideStandIn(object, next), call)
	}
	return next(call)
}

// elementBytes is what an element takes in an array, sparseBytes what it takes in one with holes.
const (
	elementBytes = 16
	sparseBytes  = 24
)

// quick reports whether a native may visit the elements of an object as it is.
func (g *guard) quick(object *goja.Object, most int64) bool {
	length, dense, ok := lengthOf(object)
	return ok && length <= most && (dense || length <= quickElements)
}

// standIn is a proxy for an object whose length was taken once.
type standIn struct {
	g      *guard
	object *goja.Object
	proxy  *goja.Object
	length goja.Value
	copies bool // the native collects the elements
	read   int64
}

func snapshot(v goja.Value) int64 {
	object, ok := v.(*goja.Object)
	if !ok {
		return 0
	}
	return toLength(object.Get("length"))
}

// toLength is the specification's ToLength.
func toLength(v goja.Value) int64 {
	return min(max(orUndefined(v).ToInteger(), 0), 1<<53-1)
}

// newStandIn takes the length of an object, which may run code of the script, and returns its stand-in.
func (g *guard) newStandIn(object *goja.Object) *standIn {
	s := &standIn{g: g, object: object, length: g.rt.ToValue(snapshot(object))}
	proxy := g.rt.NewProxy(object, &goja.ProxyTrapConfig{
		Get:               s.get,
		GetIdx:            func(_ *goja.Object, i int, _ goja.Value) goja.Value { return s.getElement(i) },
		HasIdx:            func(_ *goja.Object, i int) bool { return s.has(strconv.Itoa(i)) },
		Has:               func(_ *goja.Object, name string) bool { return s.has(name) },
		SetIdx:            func(_ *goja.Object, i int, v, _ goja.Value) bool { return s.set(strconv.Itoa(i), v) },
		Set:               func(_ *goja.Object, name string, v, _ goja.Value) bool { return s.set(name, v) },
		DeletePropertyIdx: func(_ *goja.Object, i int) bool { return s.remove(strconv.Itoa(i)) },
		DeleteProperty:    func(_ *goja.Object, name string) bool { return s.remove(name) },
	})
	s.proxy = g.rt.ToValue(proxy).(*goja.Object)
	return s
}

func (s *standIn) get(_ *goja.Object, name string, _ goja.Value) goja.Value {
	s.g.checkpoint()
	if name == "length" {
		return s.length
	}
	return s.object.Get(name)
}

func (s *standIn) getElement(i int) goja.Value {
	s.g.checkpoint()
	if s.read++; s.copies && s.read&0xFFF == 0 {
		s.g.hold(s.read * sparseBytes)
	}
	return element(s.object, int64(i))
}

func (s *standIn) has(name string) bool {
	return s.reflect("has", s.g.rt.ToValue(name))
}

// reflect calls a function of Reflect on the object.
func (s *standIn) reflect(function string, args ...goja.Value) bool {
	s.g.checkpoint()
	room := s.g.realm.room()
	return room.call(room.static("Reflect", function), goja.Undefined(), append([]goja.Value{s.object}, args...)...).ToBoolean()
}

func (s *standIn) set(name string, v goja.Value) bool {
	return s.reflect("set", s.g.rt.ToValue(name), v)
}

func (s *standIn) remove(name string) bool {
	return s.reflect("deleteProperty", s.g.rt.ToValue(name))
}

// throughStandIn calls a native on a stand-in of its this. Where it returns its this, the caller is given the object.
func (g *guard) throughStandIn(object *goja.Object, next native, call goja.FunctionCall) goja.Value {
	return g.through(g.newStandIn(object), next, call)
}

func (g *guard) through(s *standIn, next native, call goja.FunctionCall) goja.Value {
	call.This = s.proxy
	result := next(call)
	if result == s.proxy {
		return s.object
	}
	return result
}

// hideStandIn returns a native whose callback, its first argument, meets the object where it would meet the stand-in.
func (g *guard) hideStandIn(object *goja.Object, next native) native {
	return func(call goja.FunctionCall) goja.Value {
		stand := call.This
		callback, ok := goja.AssertFunction(argument(call, 0))
		if !ok || stand == object {
			return next(call)
		}
		call.Arguments = withArgument(call.Arguments, 0, g.function(func(inner goja.FunctionCall) goja.Value {
			for i, arg := range inner.Arguments {
				if arg == stand {
					inner.Arguments[i] = object
				}
			}
			v, err := callback(inner.This, inner.Arguments...)
			rethrow(err)
			return v
		}))
		return next(call)
	}
}

// withArgument returns arguments with another one at i. The engine shares arguments with bound functions and arrays.
func withArgument(args []goja.Value, i int, v goja.Value) []goja.Value {
	args = append([]goja.Value(nil), args...)
	args[i] = v
	return args
}
