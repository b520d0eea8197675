package vm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dop251/goja"
)

const (
	inspectDepth   = 4   // levels of nested objects that are shown
	inspectEntries = 100 // of one array or object that are shown
)

// inspection writes values for people, much as Node's util.inspect does, on one line and within a budget of bytes. It
// calls no getter, no method and no proxy trap, except that the text of an error's stack may ask for its name and its
// message.
type inspection struct {
	r     *realm
	room  *cleanRoom
	out   strings.Builder
	left  int // bytes
	outer []*goja.Object
}

func (r *realm) inspection(most int) *inspection {
	return &inspection{r: r, room: r.room(), left: most}
}

// inspect returns a value for people in at most about so many bytes.
func (r *realm) inspect(v goja.Value, most int) string {
	in := r.inspection(most)
	in.value(v, 0)
	return in.String()
}

// String returns what was written, as valid UTF-8.
func (in *inspection) String() string { return strings.ToValidUTF8(in.out.String(), "\uFFFD") }

// write writes a text while there is room, and says where it was cut.
func (in *inspection) write(s string) {
	if in.left <= 0 {
		return
	}
	if len(s) > in.left {
		s = s[:in.left] + "... [cut]"
	}
	in.left -= len(s)
	in.out.WriteString(s)
}

// text writes a text of the engine without copying more than fits.
func (in *inspection) text(s goja.String) {
	if s.Length() > in.left {
		in.write(s.Substring(0, max(in.left, 0)+1).String())
		in.left = 0
		return
	}
	in.write(s.String())
}

func (in *inspection) value(v goja.Value, depth int) {
	switch v := v.(type) {
	case nil:
		in.write("undefined")
		return
	case goja.String:
		in.write(quote(clip(v, max(in.left, 0))))
		return
	case *goja.Symbol:
		in.write("Symbol(" + oneLine(clipText(v.String(), 100)) + ")")
		return
	case *goja.Object:
		in.object(v, depth)
		return
	}
	switch {
	case goja.IsBigInt(v):
		in.bigInt(v)
	case goja.IsNumber(v) && v.ToFloat() == 0 && 1/v.ToFloat() < 0:
		in.write("-0")
	default:
		in.write(v.String())
	}
}

// bigInt writes a BigInt; turning a huge one into digits takes quadratic time.
func (in *inspection) bigInt(v goja.Value) {
	const most = 4096 // bits
	if n, ok := v.Export().(interface{ BitLen() int }); ok && n.BitLen() > most {
		in.write(fmt.Sprintf("[BigInt of %d bits]", n.BitLen()))
		return
	}
	in.write(v.String() + "n")
}

// quote writes a text in single quotes, or in others where it holds one.
func quote(s string) string {
	mark := "'"
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		mark = `"`
	}
	return mark + strings.NewReplacer("\\", `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, mark, `\`+mark).Replace(s) + mark
}

func (in *inspection) object(object *goja.Object, depth int) {
	if in.left <= 0 {
		return
	}
	for _, outer := range in.outer {
		if outer == object {
			in.write("[Circular]")
			return
		}
	}
	in.outer = append(in.outer, object)
	defer func() { in.outer = in.outer[:len(in.outer)-1] }()
	switch kindOf(object) {
	case kindProxy:
		in.write("[Proxy]")
	case kindFunction:
		in.function(object)
	case kindError:
		in.error(object, depth)
	case kindDate:
		in.date(object)
	case kindRegExp:
		in.regExp(object)
	case kindPromise:
		in.promise(object, depth)
	case kindMap, kindSet:
		in.collection(object, kindOf(object) == kindMap, depth)
	case kindBuffer:
		buffer, _ := object.Export().(goja.ArrayBuffer)
		in.write(fmt.Sprintf("ArrayBuffer { byteLength: %d }", len(buffer.Bytes())))
	case kindBoxed:
		in.write("[" + object.ClassName() + "]")
	case kindBigInt, kindSymbol:
		in.write("[Object]")
	case kindArray, kindTyped:
		in.array(object, depth)
	default:
		shown := in.r.shown(object)
		if kindOf(shown) == kindArray {
			in.write(in.prefix(object))
			in.array(shown, depth)
			return
		}
		in.properties(shown, depth, in.prefix(object))
	}
}

func (in *inspection) function(object *goja.Object) {
	if name, ok := in.room.text(object, "name", 100); ok && name != "" {
		in.write("[Function: " + oneLine(name) + "]")
		return
	}
	in.write("[Function (anonymous)]")
}

// error writes the stack of an error, and in brackets when it is nested; its own properties follow.
func (in *inspection) error(object *goja.Object, depth int) {
	message, frames := in.r.describe(object)
	if len(frames) > 0 {
		message += "\n" + strings.Join(frames, "\n")
	}
	if depth > 0 {
		message = "[" + message + "]"
	}
	in.write(message)
	if cause := in.room.ownString(object, "cause"); cause != nil && cause.value != nil {
		in.write(" { [cause]: ")
		in.value(cause.value, depth+1)
		in.write(" }")
	}
}

func (in *inspection) date(object *goja.Object) {
	t, ok := object.Export().(time.Time)
	if !ok {
		in.write("Invalid Date")
		return
	}
	in.write(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func (in *inspection) regExp(object *goja.Object) {
	in.write("/")
	in.text(in.room.call(in.room.regExpGetter("source"), object).(goja.String))
	in.write("/")
	for _, flag := range [...]struct{ name, letter string }{
		{"global", "g"}, {"ignoreCase", "i"}, {"multiline", "m"},
		{"dotAll", "s"}, {"unicode", "u"}, {"sticky", "y"},
	} {
		if in.room.call(in.room.regExpGetter(flag.name), object).ToBoolean() {
			in.write(flag.letter)
		}
	}
}

// collection writes a Map or a Set.
func (in *inspection) collection(object *goja.Object, isMap bool, depth int) {
	entries, more := in.room.entries(object, isMap, inspectEntries)
	in.write(in.prefix(object) + "{")
	for i, entry := range entries {
		if in.left <= 0 {
			return
		}
		if i > 0 {
			in.write(",")
		}
		in.write(" ")
		if pair, ok := entry.(*goja.Object); ok && isMap {
			in.nested(pair.Get("0"), depth)
			in.write(" => ")
			entry = pair.Get("1")
		}
		in.nested(entry, depth)
	}
	if more {
		in.write(", ... more")
	}
	if len(entries) > 0 {
		in.write(" ")
	}
	in.write("}")
}

func (in *inspection) promise(object *goja.Object, depth int) {
	promise, _ := object.Export().(*goja.Promise)
	in.write("Promise { ")
	switch promise.State() {
	case goja.PromiseStatePending:
		in.write("<pending>")
	case goja.PromiseStateRejected:
		in.write("<rejected> ")
		in.nested(promise.Result(), depth)
	default:
		in.nested(promise.Result(), depth)
	}
	in.write(" }")
}

// nested writes a value one level deeper.
func (in *inspection) nested(v goja.Value, depth int) {
	object, ok := v.(*goja.Object)
	if !ok || depth < inspectDepth {
		in.value(v, depth+1)
		return
	}
	switch kindOf(object) {
	case kindObject, kindMap, kindSet:
		in.write("[Object]")
	case kindArray, kindTyped:
		in.write("[Array]")
	default:
		in.value(v, depth+1)
	}
}

func (in *inspection) array(object *goja.Object, depth int) {
	length := int64(0)
	if kindOf(object) == kindArray {
		if p := in.room.ownString(object, "length"); p != nil && p.value != nil {
			length = p.value.ToInteger()
		}
	} else {
		length = typedLength(object)
		in.write(in.prefix(object))
	}
	if length == 0 {
		in.write("[]")
		return
	}
	in.write("[ ")
	shown := min(length, inspectEntries)
	for i := int64(0); i < shown && in.left > 0; i++ {
		if i > 0 {
			in.write(", ")
		}
		p := in.room.ownString(object, strconv.FormatInt(i, 10))
		if p == nil {
			in.write("<empty>")
			continue
		}
		in.property(p, depth)
	}
	if length > shown {
		in.write(fmt.Sprintf(", ... %d more", length-shown))
	}
	in.write(" ]")
}

func (in *inspection) property(p *property, depth int) {
	switch {
	case p.value != nil:
		in.nested(p.value, depth)
	case p.getter && p.setter:
		in.write("[Getter/Setter]")
	case p.getter:
		in.write("[Getter]")
	default:
		in.write("[Setter]")
	}
}

// prefix returns the name of an object's class with a space, or nothing for plain objects.
func (in *inspection) prefix(object *goja.Object) string {
	prototype := object.Prototype()
	if prototype == nil {
		return "[Object: null prototype] "
	}
	if prototype == in.r.objects {
		return ""
	}
	class, ok := in.room.inherited(object, "constructor").(*goja.Object)
	if !ok {
		return ""
	}
	if name, ok := in.room.text(class, "name", 100); ok && name != "" && name != "Object" {
		return oneLine(name) + " "
	}
	return ""
}

func (in *inspection) properties(object *goja.Object, depth int, prefix string) {
	in.write(prefix)
	count, more := 0, 0
	in.r.guard.takeKeys(object, 0)
	for i, name := range object.GetOwnPropertyNames() {
		if in.r.step(i); in.left <= 0 {
			break
		}
		p := in.room.ownString(object, name)
		if p == nil || !p.enumerable {
			continue
		}
		if count >= inspectEntries {
			more++
			continue
		}
		if count++; count == 1 {
			in.write("{ ")
		} else {
			in.write(", ")
		}
		if isName(name) {
			in.write(name)
		} else {
			in.write(quote(name))
		}
		in.write(": ")
		in.property(p, depth)
	}
	switch {
	case more > 0:
		in.write(fmt.Sprintf(", ... %d more }", more))
	case count > 0:
		in.write(" }")
	default:
		in.write("{}")
	}
}
