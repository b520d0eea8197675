package vm

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/dop251/goja"
)

// stringifyJSON is JSON.stringify, see https://tc39.es/ecma262/#sec-json.stringify.
func stringifyJSON(g *guard, _ native, call goja.FunctionCall) goja.Value {
	levels := g.levels
	defer func() { g.levels = levels }()
	w := &jsonWriter{g: g}
	w.readReplacer(argument(call, 1))
	w.readIndent(argument(call, 2))
	v := argument(call, 0)
	var holder *goja.Object
	if w.replace != nil {
		holder = g.rt.NewObject()
		must(holder.DefineDataProperty("", v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
	}
	if !w.property(holder, v, "", nil) {
		return goja.Undefined()
	}
	return g.rt.ToValue(unsafe.String(unsafe.SliceData(w.out), len(w.out))) // nobody writes to it any more
}

// jsonWriter writes one value. Everything of the script that it calls is behind guards.
type jsonWriter struct {
	g       *guard
	replace goja.Callable
	names   []goja.Value // when a list says which properties are written
	only    bool         // there is such a list
	gap     string
	indent  string
	out     []byte
	outer   []*goja.Object
	written int
}

// readReplacer reads the second argument: a function, or a list of names.
func (w *jsonWriter) readReplacer(v goja.Value) {
	object, ok := v.(*goja.Object)
	if !ok {
		return
	}
	if f, ok := goja.AssertFunction(object); ok {
		w.replace = f
		return
	}
	if kindWord(object) == proxyKind && behind(object) == nil {
		panic(w.g.rt.NewTypeError("Cannot perform 'IsArray' on a proxy that has been revoked"))
	}
	if !isArray(object) {
		return
	}
	w.only = true
	seen := map[string]bool{}
	length := snapshot(object)
	w.g.take(product(length, elementBytes))
	for i := range length {
		if i&0xFF == 0 {
			w.g.checkpoint()
		}
		name, ok := propertyName(orUndefined(object.Get(decimal(i))))
		if ok && !seen[name.String()] {
			seen[name.String()] = true
			w.names = append(w.names, name)
		}
	}
}

// propertyName returns the name that an element of a list stands for.
func propertyName(v goja.Value) (goja.String, bool) {
	if object, ok := v.(*goja.Object); ok {
		if class := object.ClassName(); class != "String" && class != "Number" || kindOf(object) != kindBoxed {
			return nil, false
		}
	} else if _, ok := v.(goja.String); !ok && !goja.IsNumber(v) {
		return nil, false
	}
	return stringOf(v)
}

// readIndent reads the third argument: a number of spaces or a text, at most ten.
func (w *jsonWriter) readIndent(v goja.Value) {
	if object, ok := v.(*goja.Object); ok && kindOf(object) == kindBoxed {
		switch object.ClassName() {
		case "Number":
			v = object.ToNumber()
		case "String":
			v = object.ToString()
		}
	}
	const most = 10
	if s, ok := v.(goja.String); ok {
		w.gap = s.Substring(0, min(s.Length(), most)).String()
	} else if goja.IsNumber(v) {
		w.gap = strings.Repeat(" ", int(min(max(v.ToFloat(), 0), most)))
	}
}

// write adds to the text, which may not take more than the realm may hold.
func (w *jsonWriter) write(s string) {
	w.grow(len(s))
	w.out = append(w.out, s...)
}

// grow makes room for n bytes, if the realm may hold them.
func (w *jsonWriter) grow(n int) {
	if len(w.out)+n <= cap(w.out) {
		return
	}
	const first = 512
	size := max(first, len(w.out)+n, cap(w.out)*2)
	if size > 1<<20 {
		size = max(len(w.out)+n, cap(w.out)+cap(w.out)/4)
	}
	w.g.hold(2 * int64(size)) // with what it is copied from
	w.out = append(make([]byte, 0, size), w.out...)
}

// property writes the value of a property, and reports whether there was something to write. before writes what
// comes in front of it.
func (w *jsonWriter) property(holder *goja.Object, v goja.Value, name string, before func()) bool {
	if w.written++; w.written&0x3F == 0 {
		w.g.checkpoint()
	}
	v = w.converted(holder, orUndefined(v), name)
	switch v := v.(type) {
	case *goja.Symbol:
		return false
	case *goja.Object:
		if _, ok := goja.AssertFunction(v); ok {
			return false
		}
	}
	if goja.IsUndefined(v) {
		return false
	}
	if before != nil {
		before()
	}
	w.value(v)
	return true
}

// converted applies toJSON and the replacer.
func (w *jsonWriter) converted(holder *goja.Object, v goja.Value, name string) goja.Value {
	object, isObject := v.(*goja.Object)
	if isObject || goja.IsBigInt(v) {
		if !isObject {
			object = v.ToObject(w.g.rt)
		}
		method := goja.Value(nil)
		if isObject {
			method = object.Get("toJSON")
		} else {
			room := w.g.realm.room()
			method = room.call(room.static("Reflect", "get"), goja.Undefined(), object, w.g.rt.ToValue("toJSON"), v)
		}
		if toJSON, ok := goja.AssertFunction(method); ok {
			converted, err := toJSON(v, w.g.rt.ToValue(name))
			rethrow(err)
			v = converted
		}
	}
	if w.replace != nil {
		replaced, err := w.replace(holder, w.g.rt.ToValue(name), v)
		rethrow(err)
		v = replaced
	}
	return v
}

func (w *jsonWriter) value(v goja.Value) {
	switch {
	case goja.IsNull(v):
		w.write("null")
		return
	case goja.IsBigInt(v):
		panic(w.g.rt.NewTypeError("Do not know how to serialize a BigInt"))
	case goja.IsNumber(v):
		w.number(v)
		return
	}
	switch v := v.(type) {
	case goja.String:
		w.text(v)
	case *goja.Object:
		w.object(v)
	default:
		w.write(strconv.FormatBool(v.ToBoolean()))
	}
}

func (w *jsonWriter) number(v goja.Value) {
	if f := v.ToFloat(); math.IsNaN(f) || math.IsInf(f, 0) {
		w.write("null")
		return
	}
	w.write(v.ToNumber().String())
}

// text writes a text in quotes; half of a surrogate pair is written as an escape.
func (w *jsonWriter) text(s goja.String) {
	var v goja.Value = s
	if wordOf(&v).kind == asciiKind && s.Length() <= pieceUnits {
		const escape = 6 // bytes that a control character becomes
		w.grow(escape*s.Length() + 2)
		w.out = appendQuoted(w.out, s.String())
		return
	}
	w.write(`"`)
	for i, length := 0, s.Length(); i < length; i++ {
		if i%pieceUnits == 0 {
			w.g.checkpoint()
			w.grow(6 * (pieceUnits + 1))
		}
		w.unit(s, &i)
	}
	w.write(`"`)
}

// pieceUnits is how many units of a text are written between two looks at the memory.
const pieceUnits = 1 << 10

// unit writes the character at i, and moves i to its second half where it has one.
func (w *jsonWriter) unit(s goja.String, i *int) {
	c := rune(s.CharAt(*i))
	switch {
	case c < utf8.RuneSelf && c >= ' ' && c != '"' && c != '\\':
		w.out = append(w.out, byte(c))
	case c < utf8.RuneSelf:
		quoted := appendQuoted(nil, string(c))
		w.out = append(w.out, quoted[1:len(quoted)-1]...)
	case c&0xFC00 == 0xD800 && *i+1 < s.Length() && s.CharAt(*i+1)&0xFC00 == 0xDC00:
		*i++
		w.out = utf8.AppendRune(w.out, (c-0xD800)<<10+(rune(s.CharAt(*i))-0xDC00)+0x10000)
	case c&0xF800 == 0xD800:
		w.out = append(w.out, `\u`+strconv.FormatInt(int64(c), 16)...)
	default:
		w.out = utf8.AppendRune(w.out, c)
	}
}

func (w *jsonWriter) object(object *goja.Object) {
	switch kindOf(object) {
	case kindBoxed:
		w.boxed(object)
		return
	case kindBigInt:
		panic(w.g.rt.NewTypeError("Do not know how to serialize a BigInt"))
	case kindRaw:
		if s, ok := object.Get("rawJSON").(goja.String); ok {
			w.write(s.String())
			return
		}
	}
	for _, outer := range w.outer {
		if outer == object {
			panic(w.g.rt.NewTypeError("Converting circular structure to JSON"))
		}
	}
	level := w.g.deeper()
	w.outer = append(w.outer, object)
	indent := w.indent
	w.indent += w.gap
	if isArray(object) {
		w.array(object, indent)
	} else {
		w.properties(object, indent)
	}
	w.indent = indent
	w.outer = w.outer[:len(w.outer)-1]
	w.g.levels = level
}

func (w *jsonWriter) boxed(object *goja.Object) {
	switch object.ClassName() {
	case "Number":
		w.number(object.ToNumber())
	case "String":
		w.text(w.g.mustString(object))
	default:
		b, _ := object.Export().(bool)
		w.write(strconv.FormatBool(b))
	}
}

// line begins a new line, where there is a gap.
func (w *jsonWriter) line(indent string) {
	if w.gap != "" {
		w.write("\n" + indent)
	}
}

func (w *jsonWriter) array(object *goja.Object, indent string) {
	length := snapshot(object)
	if 2*length > w.g.limit {
		w.g.exceed()
	}
	w.write("[")
	for i := range length {
		if i > 0 {
			w.write(",")
		}
		w.line(w.indent)
		if !w.property(object, element(object, i), decimal(i), nil) {
			w.write("null")
		}
	}
	if length > 0 {
		w.line(indent)
	}
	w.write("]")
}

func (w *jsonWriter) properties(object *goja.Object, indent string) {
	w.write("{")
	first := true
	one := func(key goja.Value, name string, v goja.Value) {
		if w.property(object, v, name, func() {
			if !first {
				w.write(",")
			}
			w.line(w.indent)
			if s, ok := key.(goja.String); ok {
				w.text(s)
			} else {
				w.out = appendQuoted(w.out, name)
			}
			w.write(":")
			if w.gap != "" {
				w.write(" ")
			}
		}) {
			first = false
		}
	}
	w.eachProperty(object, one)
	if !first {
		w.line(indent)
	}
	w.write("}")
}

// eachProperty calls f with the name and the value of each property that is written.
func (w *jsonWriter) eachProperty(object *goja.Object, f func(key goja.Value, name string, v goja.Value)) {
	room := w.g.realm.room
	if w.only {
		for _, name := range w.names {
			f(name, name.String(), room().valueOf(object, name))
		}
		return
	}
	w.g.takeKeys(object, 0)
	names := object.Keys()
	var keys []goja.Value
	for i, name := range names {
		if keys == nil && strings.ContainsRune(name, utf8.RuneError) {
			keys = room().enumerable(object)
		}
		if len(keys) == len(names) {
			f(keys[i], name, room().valueOf(object, keys[i]))
			continue
		}
		f(nil, name, object.Get(name))
	}
}

func decimal(i int64) string { return strconv.FormatInt(i, 10) }
