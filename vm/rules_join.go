package vm

import (
	"math"

	"github.com/dop251/goja"
)

// Joining is this package's own: any element may be a text as long as the realm may hold, and become one by code of the
// script, so what the result takes is only known when it is there.

// join is Array.prototype.join, which toString calls as well.
func join(g *guard, _ native, call goja.FunctionCall) goja.Value {
	object := g.toObject(call.This)
	length := snapshot(object)
	separator := goja.String(nil)
	if v := argument(call, 0); !goja.IsUndefined(v) {
		separator = g.mustString(v)
	}
	return g.joined(object, length, separator, nil)
}

// joinLocalized is Array.prototype.toLocaleString.
func joinLocalized(g *guard, _ native, call goja.FunctionCall) goja.Value {
	object := g.toObject(call.This)
	return g.joined(object, snapshot(object), nil, g.localText)
}

// joinTyped guards the methods of typed arrays that join: what is no typed array is left for the native to refuse.
func joinTyped(localized bool) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		a, object := typedThis(call)
		if a == nil || a.buffer.detached {
			return next(call)
		}
		length := int64(a.length)
		if localized {
			return g.joined(object, length, nil, g.localText)
		}
		separator := goja.String(nil)
		if v := argument(call, 0); !goja.IsUndefined(v) {
			separator = g.mustString(v)
		}
		return g.joined(object, length, separator, nil)
	}
}

// toObject is the specification's ToObject.
func (g *guard) toObject(v goja.Value) *goja.Object {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		panic(g.rt.NewTypeError("Cannot convert undefined or null to object"))
	}
	return v.ToObject(g.rt)
}

// localText returns the text of an element by its own toLocaleString.
func (g *guard) localText(v goja.Value) goja.String {
	method, ok := goja.AssertFunction(v.ToObject(g.rt).Get("toLocaleString"))
	if !ok {
		panic(g.rt.NewTypeError("toLocaleString is not a function"))
	}
	text, err := method(v)
	rethrow(err)
	return g.mustString(text)
}

// joined joins elements. A separator that is nil is a comma. An array that is being joined already is empty, as in other
// engines.
func (g *guard) joined(object *goja.Object, length int64, separator goja.String, text func(goja.Value) goja.String) goja.Value {
	for _, outer := range g.joining {
		if outer == object {
			return g.rt.ToValue("")
		}
	}
	g.joining = append(g.joining, object)
	defer func() { g.joining = g.joining[:len(g.joining)-1] }()
	if text == nil {
		text = g.mustString
	}
	out := textBuilder{g: g}
	for i := range length {
		if i&0x3F == 0x3F {
			g.checkpoint()
		}
		if i > 0 && separator == nil {
			out.comma()
		} else if i > 0 {
			out.write(separator)
		}
		if v := orUndefined(element(object, i)); !goja.IsUndefined(v) && !goja.IsNull(v) {
			out.write(text(v))
		}
	}
	return out.b.String()
}

// element returns an element of an array-like, which may run code of the script.
func element(object *goja.Object, i int64) goja.Value {
	if kindWord(object) == arrayKind {
		a := inside[arrayObject](object)
		if i < int64(len(a.values)) && a.values[i] != nil && wordOf(&a.values[i]).kind != propertyKind {
			return a.values[i]
		}
	}
	return object.Get(decimal(i))
}

// textBuilder collects a text, which may not take more than the realm may hold.
type textBuilder struct {
	g    *guard
	b    goja.StringBuilder
	size int64
}

func (t *textBuilder) write(s goja.String) {
	if s.Length() == 0 {
		return
	}
	t.count(bytesOf(s))
	t.b.WriteString(s)
}

func (t *textBuilder) comma() {
	t.count(1)
	t.b.WriteUTF8String(",")
}

// count looks at the memory each time that the text has grown by a good deal: it is there, and as much again while it
// grows.
func (t *textBuilder) count(bytes int64) {
	const worth = 1 << 18
	before := t.size / worth
	if t.size += bytes; t.size/worth != before {
		t.g.hold(2 * t.size)
	}
}

// rawText is String.raw.
func rawText(g *guard, _ native, call goja.FunctionCall) goja.Value {
	raw := g.toObject(orUndefined(g.toObject(argument(call, 0)).Get("raw")))
	length := snapshot(raw)
	out := textBuilder{g: g}
	for i := range length {
		g.checkpoint()
		out.write(g.mustString(orUndefined(element(raw, i))))
		if i+1 < length && i+1 < int64(min(len(call.Arguments), math.MaxInt32)) {
			out.write(g.mustString(call.Arguments[i+1]))
		}
	}
	return out.b.String()
}
