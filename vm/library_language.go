package vm

import (
	"fmt"
	"iter"
	"math"
	"strings"
	"unicode"

	"github.com/dop251/goja"
)

// languageNatives are those of the modules by which the language is made whole: see additions.
var languageNatives = natives{
	"wellFormed":    (*realm).wellFormed,
	"escape":        (*realm).escapePattern,
	"isConstructor": (*realm).isConstructor,
	"prototype":     (*realm).iteratorPrototype,
	"detached":      (*realm).isDetached,
	"move":          (*realm).moveBuffer,
}

func (r *realm) isConstructor(call goja.FunctionCall) goja.Value {
	_, ok := goja.AssertConstructor(call.Argument(0))
	return r.rt.ToValue(ok)
}

// iteratorPrototype returns what all iterators of the language inherit from. A generator leads to it, whatever the script did.
func (r *realm) iteratorPrototype(goja.FunctionCall) goja.Value {
	generator := r.evaluate(generatorInstance)
	forbidConstructor(generator.Prototype())
	r.guard.sweep()
	return r.guard.seenAs("IteratorPrototype")
}

// escapePattern is RegExp.escape: https://tc39.es/ecma262/#sec-encodeforregexpescape
func (r *realm) escapePattern(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	length := 0
	for _, escape := range r.escapes(text) {
		length += max(len(escape), 1)
	}
	const widest = 4 // bytes that a unit takes here and in the text that is made
	r.guard.take(int64(length) * widest)
	units := make([]uint16, 0, length)
	for unit, escape := range r.escapes(text) {
		if escape == "" {
			units = append(units, unit)
		}
		for i := range len(escape) {
			units = append(units, uint16(escape[i]))
		}
	}
	return goja.StringFromUTF16(units)
}

// escapes yields the units of a text with what stands for each of them in a pattern, "" where that is the unit itself.
func (r *realm) escapes(text goja.String) iter.Seq2[uint16, string] {
	return func(yield func(uint16, string) bool) {
		for i := range text.Length() {
			r.step(i)
			unit := text.CharAt(i)
			paired := isSurrogate(unit) && (pairs(text, i) || i > 0 && pairs(text, i-1))
			if !yield(unit, escapedUnit(unit, i == 0, paired)) {
				return
			}
		}
	}
}

func isSurrogate(unit uint16) bool { return unit >= 0xD800 && unit < 0xE000 }

// pairs reports whether the unit at i and the one behind it are the halves of one character.
func pairs(text goja.String, i int) bool {
	return i+1 < text.Length() && text.CharAt(i)&0xFC00 == 0xD800 && text.CharAt(i+1)&0xFC00 == 0xDC00
}

// escapedUnit returns what stands for a unit in a pattern, "" where that is the unit itself.
func escapedUnit(unit uint16, first, paired bool) string {
	const syntax, others = `^$\.*+?()[]{}|/`, ",-=<>#&!%:;@~'`\""
	c := rune(unit)
	switch {
	case paired:
		return ""
	case isSurrogate(unit):
		return fmt.Sprintf(`\u%04x`, unit)
	case first && c < unicode.MaxASCII && (unicode.IsDigit(c) || unicode.IsLetter(c)):
		return fmt.Sprintf(`\x%02x`, unit)
	case strings.ContainsRune(syntax, c):
		return `\` + string(c)
	case c >= '\t' && c <= '\r':
		return `\` + "tnvfr"[c-'\t':c-'\t'+1]
	case strings.ContainsRune(others, c), c == 0xA0, c == ' ':
		return fmt.Sprintf(`\x%02x`, unit)
	case c == 0xFEFF, c == 0x2028, c == 0x2029, unicode.Is(unicode.Zs, c):
		return fmt.Sprintf(`\u%04x`, unit)
	}
	return ""
}

// bufferOf returns an argument of a native that has to be an ArrayBuffer.
func (r *realm) bufferOf(v goja.Value) goja.ArrayBuffer {
	if object, ok := v.(*goja.Object); ok && kindOf(object) == kindBuffer {
		return object.Export().(goja.ArrayBuffer)
	}
	panic(r.rt.NewTypeError("the value is not an ArrayBuffer"))
}

func (r *realm) isDetached(call goja.FunctionCall) goja.Value {
	buffer := r.bufferOf(call.Argument(0))
	return r.rt.ToValue(buffer.Detached())
}

// numberOf returns an argument of a native that has to be a number; of any other it is NaN.
func numberOf(v goja.Value) float64 {
	if goja.IsNumber(v) {
		return v.ToFloat()
	}
	return math.NaN()
}

// moveBuffer detaches a buffer and returns a new one with its content; with a length, cut or filled up to that.
func (r *realm) moveBuffer(call goja.FunctionCall) goja.Value {
	buffer := r.bufferOf(call.Argument(0))
	if buffer.Detached() {
		panic(r.rt.NewTypeError("the ArrayBuffer is detached"))
	}
	content := buffer.Bytes()
	if v := call.Argument(1); !goja.IsUndefined(v) {
		length := numberOf(v)
		if !(length >= 0 && length <= 1<<40) {
			panic(r.guard.rangeError("invalid length of an ArrayBuffer"))
		}
		if n := int(length); n != len(content) {
			r.guard.take(int64(n))
			content = append(make([]byte, 0, n), content[:min(n, len(content))]...)[:n]
		}
	}
	buffer.Detach()
	return r.rt.ToValue(r.rt.NewArrayBuffer(content))
}
