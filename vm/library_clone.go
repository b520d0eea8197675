package vm

import (
	"iter"
	"maps"
	"slices"

	"github.com/dop251/goja"
)

// cloneNatives are those of structuredClone. Of what the script makes of its classes they see nothing: they look inside the
// objects themselves.
var cloneNatives = natives{
	"kind":       (*realm).cloneKind,
	"serializer": (*realm).serializerOf,
	"scalar":     (*realm).cloneScalar,
	"flat":       (*realm).cloneFlat,
	"entries":    (*realm).entriesOf,
	"error":      (*realm).cloneError,
	"copy":       (*realm).cloneBuffer,
	"alias":      (*realm).aliasBuffer,
	"detach":     (*realm).detachBuffer,
	"detached":   (*realm).isDetached,
	"bufferOf":   (*realm).bufferOfView,
	"view":       (*realm).cloneView,
}

// needObject returns an argument of a native that has to be an object.
func (r *realm) needObject(v goja.Value) *goja.Object {
	if object, ok := v.(*goja.Object); ok {
		return object
	}
	panic(r.rt.NewTypeError("the argument must be an object"))
}

// cloneKind returns how an object is cloned, or how to call one that cannot be, with a capital.
func (r *realm) cloneKind(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(cloneKind(r.needObject(call.Argument(0))))
}

func cloneKind(object *goja.Object) string {
	switch kindOf(object) {
	case kindArray:
		return "array"
	case kindMap:
		return "map"
	case kindSet:
		return "set"
	case kindError:
		return "error"
	case kindBuffer:
		return "buffer"
	case kindTyped:
		return "view"
	case kindDate, kindRegExp, kindBoxed, kindBigInt:
		return "scalar"
	case kindProxy:
		return "A proxy"
	case kindPromise:
		return "A promise"
	}
	switch kindWord(object) {
	case plainKind, templatedKind, argumentsKind:
		return "object"
	case dataViewKind:
		return "view"
	}
	return "An object of this kind"
}

// register takes note of the prototype of an interface of the platform, and of the function that clones its objects; where that is
// null they cannot be cloned.
func (r *realm) register(prototype *goja.Object, clone goja.Value) {
	if r.interfaces == nil {
		r.interfaces = map[*goja.Object]goja.Value{}
	}
	if len(r.interfaces) < maxInterfaces {
		r.interfaces[prototype] = clone
	}
}

// serializerOf returns what was registered of an object's interface; undefined for objects that are of none.
func (r *realm) serializerOf(call goja.FunctionCall) goja.Value {
	const longest = 64 // of prototype chains
	object := r.needObject(call.Argument(0))
	for range longest {
		if isProxy(object) {
			break
		}
		if object = object.Prototype(); object == nil {
			break
		}
		if clone, ok := r.interfaces[object]; ok {
			return clone
		}
	}
	return goja.Undefined()
}

// cloneScalar clones a Date, a RegExp or a boxed value.
func (r *realm) cloneScalar(call goja.FunctionCall) goja.Value {
	object, room := r.needObject(call.Argument(0)), r.room()
	switch kindOf(object) {
	case kindDate:
		return r.make("Date", room.call(room.method("Date", "getTime"), object))
	case kindRegExp:
		pattern := inside[regexpObject](object)
		return r.make("RegExp", pattern.source, r.rt.ToValue(pattern.pattern.flags()))
	case kindBoxed:
		return room.call(room.method(object.ClassName(), "valueOf"), object).ToObject(r.rt)
	case kindBigInt:
		return room.call(room.method("BigInt", "valueOf"), object).ToObject(r.rt)
	}
	panic(r.rt.NewTypeError("the object is no scalar"))
}

// flags returns the flags of a pattern as a RegExp shows them.
func (p *regexpPattern) flags() string {
	var flags []byte
	for _, f := range [...]struct {
		set    bool
		letter byte
	}{{p.global, 'g'}, {p.ignoreCase, 'i'}, {p.multiline, 'm'}, {p.dotAll, 's'}, {p.unicode, 'u'}, {p.sticky, 'y'}} {
		if f.set {
			flags = append(flags, f.letter)
		}
	}
	return string(flags)
}

// make calls an intrinsic constructor.
func (r *realm) make(class string, arguments ...goja.Value) goja.Value {
	object, err := r.rt.New(r.guard.intrinsic(class), arguments...)
	rethrow(err)
	return object
}

// cloneFlat clones an array or a plain object that has nothing but ordinary properties whose values are no objects, which most
// of what is nested is; for any other it returns undefined.
func (r *realm) cloneFlat(call goja.FunctionCall) goja.Value {
	object := r.needObject(call.Argument(0))
	switch kindWord(object) {
	case arrayKind:
		a := inside[arrayObject](object)
		if int64(a.length) != int64(len(a.values)) || len(a.propNames) > 1 || !r.flat(slices.Values(a.values)) {
			return goja.Undefined()
		}
		r.guard.take(int64(len(a.values)) * elementBytes)
		clone := r.rt.NewArray()
		copied := inside[arrayObject](clone)
		copied.values, copied.length, copied.objCount = slices.Clone(a.values), a.length, len(a.values)
		return clone
	case plainKind:
		base := inside[baseObject](object)
		if !r.flat(maps.Values(base.values)) {
			return goja.Undefined()
		}
		r.guard.take(int64(len(base.values)) * 4 * elementBytes)
		clone := r.rt.CreateObject(r.objects)
		copied := inside[baseObject](clone)
		copied.values, copied.propNames = maps.Clone(base.values), slices.Clone(base.propNames)
		copied.lastSortedPropLen, copied.idxPropCount = base.lastSortedPropLen, base.idxPropCount
		return clone
	}
	return goja.Undefined()
}

// flat reports whether all values are those of ordinary properties, and no objects.
func (r *realm) flat(values iter.Seq[goja.Value]) bool {
	count := 0
	for v := range values {
		if count++; count&0xFFF == 0 {
			r.guard.checkpoint()
		}
		switch v.(type) {
		case nil, *goja.Object, *goja.Symbol:
			return false
		}
		if wordOf(&v).kind == propertyKind {
			return false
		}
	}
	return true
}

// entriesOf returns the keys and values of a Map, one after the other, or the values of a Set.
func (r *realm) entriesOf(call goja.FunctionCall) goja.Value {
	object := r.needObject(call.Argument(0))
	kind := kindOf(object)
	if kind != kindMap && kind != kindSet {
		panic(r.rt.NewTypeError("the object is no collection"))
	}
	room := r.room()
	var all []any
	add := func(call goja.FunctionCall) goja.Value {
		if len(all)&0xFFF == 0 {
			r.guard.checkpoint()
			r.guard.take(int64(len(all)) * 2 * elementBytes)
		}
		if kind == kindMap {
			all = append(all, call.Argument(1))
		}
		all = append(all, call.Argument(0))
		return goja.Undefined()
	}
	class := "Set"
	if kind == kindMap {
		class = "Map"
	}
	room.call(room.method(class, "forEach"), object, r.guard.function(add))
	return r.rt.NewArray(all...)
}

// cloneError returns an error of the class of that name, with a message unless that is undefined, and with the stack of another.
func (r *realm) cloneError(call goja.FunctionCall) goja.Value {
	original, class := r.needObject(call.Argument(0)), r.textOf(call.Argument(1)).String()
	r.guard.ensureErrors()
	switch class {
	case "Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError":
	default:
		panic(r.rt.NewTypeError("there is no error of that class"))
	}
	clone := r.make(class).(*goja.Object)
	if message, ok := call.Argument(2).(goja.String); ok {
		r.define(clone, "message", message)
	}
	if kindWord(original) == errorKind {
		inside[errorObject](clone).stack = inside[errorObject](original).stack
	}
	return clone
}

func (r *realm) cloneBuffer(call goja.FunctionCall) goja.Value {
	content := r.bufferOf(call.Argument(0)).Bytes()
	r.guard.take(int64(len(content)))
	return r.rt.ToValue(r.rt.NewArrayBuffer(slices.Clone(content)))
}

// aliasBuffer returns a buffer over the bytes of another one, which will be detached.
func (r *realm) aliasBuffer(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(r.rt.NewArrayBuffer(r.bufferOf(call.Argument(0)).Bytes()))
}

func (r *realm) detachBuffer(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(r.bufferOf(call.Argument(0)).Detach())
}

// bufferOfView returns the ArrayBuffer of a typed array or of a DataView.
func (r *realm) bufferOfView(call goja.FunctionCall) goja.Value {
	object := r.needObject(call.Argument(0))
	switch kindWord(object) {
	case typedArrayKind:
		return inside[typedArrayObject](object).buffer.val
	case dataViewKind:
		return inside[dataViewObject](object).buffer.val
	}
	panic(r.rt.NewTypeError("the object is no view"))
}

// cloneView returns a view over another buffer, of the kind and of the part that a view is.
func (r *realm) cloneView(call goja.FunctionCall) goja.Value {
	object, buffer := r.needObject(call.Argument(0)), r.needObject(call.Argument(1))
	number := func(n int) goja.Value { return r.rt.ToValue(n) }
	switch kindWord(object) {
	case typedArrayKind:
		view := inside[typedArrayObject](object)
		clone, err := r.rt.New(view.defaultCtor, buffer, number(view.offset*view.elemSize), number(view.length))
		rethrow(err)
		return clone
	case dataViewKind:
		view := inside[dataViewObject](object)
		return r.make("DataView", buffer, number(view.byteOffset), number(view.byteLen))
	}
	panic(r.rt.NewTypeError("the object is no view"))
}
