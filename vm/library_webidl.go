package vm

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

var webIDLNatives = natives{
	"wellFormed": (*realm).wellFormed,
	"isLatin1":   (*realm).isLatin1,
	"describe":   (*realm).describeClass,
	"extend":     (*realm).extendClass,
	"constants":  (*realm).constants,
}

// describeClass gives a class, the first argument, the form of an interface. The second is the function that clones its objects.
func (r *realm) describeClass(call goja.FunctionCall) goja.Value {
	class := r.needObject(call.Argument(0))
	prototype := r.prototypeOf(class)
	enumerate(class)
	enumerate(prototype)
	name := dataOf(baseOf(class).values["name"])
	if _, ok := name.(goja.String); !ok { // which a class of the library has
		name = r.rt.ToValue("")
	}
	must(prototype.DefineDataPropertySymbol(goja.SymToStringTag, name, goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	clone := call.Argument(1)
	if goja.IsUndefined(clone) {
		clone = goja.Null()
	}
	r.register(prototype, clone)
	return class
}

// prototypeOf returns the prototype of the objects of a class.
func (r *realm) prototypeOf(class *goja.Object) *goja.Object {
	return r.needObject(orUndefined(class.Get("prototype")))
}

// enumerate makes the members of a class, or of its prototype, enumerable, but for those that all of them have.
func enumerate(object *goja.Object) {
	for name, v := range baseOf(object).values {
		if v == nil || wordOf(&v).kind != propertyKind || isInherent(string(name)) {
			continue
		}
		if p := (*valueProperty)(wordOf(&v).data); p.configurable {
			p.enumerable = true
		}
	}
}

func isInherent(name string) bool {
	return name == "constructor" || name == "prototype" || name == "name" || name == "length"
}

// extendClass gives a class, the first argument, the members of an object.
func (r *realm) extendClass(call goja.FunctionCall) goja.Value {
	prototype, members := r.prototypeOf(r.needObject(call.Argument(0))), r.needObject(call.Argument(1))
	values := baseOf(members).values
	for _, key := range members.Keys() {
		v := values[unistring.NewFromString(key)]
		if v == nil {
			continue
		}
		var err error
		if wordOf(&v).kind != propertyKind {
			err = prototype.DefineDataProperty(key, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		} else if p := (*valueProperty)(wordOf(&v).data); p.accessor {
			err = prototype.DefineAccessorProperty(key, valueOrUndefined(p.getterFunc), valueOrUndefined(p.setterFunc), goja.FLAG_TRUE, goja.FLAG_TRUE)
		}
		rethrow(err)
	}
	return goja.Undefined()
}

func valueOrUndefined(object *goja.Object) goja.Value {
	if object == nil {
		return goja.Undefined()
	}
	return object
}

// constants gives a class, the first argument, and its prototype the values of an object as constants.
func (r *realm) constants(call goja.FunctionCall) goja.Value {
	class, values := r.needObject(call.Argument(0)), r.needObject(call.Argument(1))
	prototype := r.prototypeOf(class)
	for _, key := range values.Keys() {
		v := orUndefined(dataOf(baseOf(values).values[unistring.NewFromString(key)]))
		for _, target := range [...]*goja.Object{class, prototype} {
			rethrow(target.DefineDataProperty(key, v, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE))
		}
	}
	return goja.Undefined()
}

// wellFormed returns a text with U+FFFD in place of the halves of surrogate pairs.
func (r *realm) wellFormed(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	if isASCII(text) {
		return text
	}
	r.guard.take(int64(text.Length()) * 6)
	units := make([]uint16, text.Length())
	changed := false
	for i := range units {
		r.step(i)
		units[i] = text.CharAt(i)
	}
	for i := 0; i < len(units); i++ {
		r.step(i)
		switch c := rune(units[i]); {
		case !utf16.IsSurrogate(c):
		case i+1 < len(units) && utf16.DecodeRune(c, rune(units[i+1])) != utf8.RuneError:
			i++
		default:
			units[i], changed = utf8.RuneError, true
		}
	}
	if !changed {
		return text
	}
	return goja.StringFromUTF16(units)
}

func (r *realm) isLatin1(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	if !isASCII(text) {
		for i := range text.Length() {
			r.step(i)
			if text.CharAt(i) > 0xFF {
				return r.rt.ToValue(false)
			}
		}
	}
	return r.rt.ToValue(true)
}

func isASCII(text goja.String) bool {
	v := goja.Value(text)
	return wordOf(&v).kind == asciiKind
}
