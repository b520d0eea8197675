package vm

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

var webIDLNatives = natives{
	"wellFormed": (*realm).wellFormed,
	"isLatin1":   (*realm).isLatin1,
	"register":   (*realm).register,
	"enumerate":  (*realm).enumerate,
}

// enumerate makes the members of a class, or of its prototype, enumerable, but for those that all of them have.
func (r *realm) enumerate(call goja.FunctionCall) goja.Value {
	object, ok := call.Argument(0).(*goja.Object)
	if !ok {
		panic(r.rt.NewTypeError("the argument must be an object"))
	}
	for name, v := range baseOf(object).values {
		if v == nil || wordOf(&v).kind != propertyKind || isInherent(string(name)) {
			continue
		}
		if p := (*valueProperty)(wordOf(&v).data); p.configurable {
			p.enumerable = true
		}
	}
	return goja.Undefined()
}

func isInherent(name string) bool {
	return name == "constructor" || name == "prototype" || name == "name" || name == "length"
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
		units[i] = text.CharAt(i)
	}
	for i := 0; i < len(units); i++ {
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
