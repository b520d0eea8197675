package vm

import (
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

var encodingNatives = natives{
	"encode":     (*realm).encodeUTF8,
	"encodeInto": (*realm).encodeInto,
	"decoder":    (*realm).newDecoder,
}

// encodeUTF8 returns a text as UTF-8.
func (r *realm) encodeUTF8(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	if isASCII(text) {
		r.guard.take(int64(text.Length()))
		return r.uint8Array([]byte(text.String()))
	}
	const widest = 6 // bytes that one unit may take while the result grows
	r.guard.take(int64(text.Length()) * widest)
	content := make([]byte, 0, text.Length()+text.Length()/2)
	for i := 0; i < text.Length(); {
		r.step(i)
		c, units := characterAt(text, i)
		content = utf8.AppendRune(content, c)
		i += units
	}
	return r.uint8Array(content)
}

// encodeInto writes a text as UTF-8 to a part of an ArrayBuffer, as much of it as there is room for. It returns how many units it
// has read, and how many bytes written.
func (r *realm) encodeInto(call goja.FunctionCall) goja.Value {
	text, to := r.textOf(call.Argument(0)), r.spanOf(call.Argument(1), call.Argument(2), call.Argument(3))
	read, written := 0, 0
	for read < text.Length() {
		r.step(read)
		c, units := characterAt(text, read)
		if written+utf8.RuneLen(c) > len(to) {
			break
		}
		written += utf8.EncodeRune(to[written:], c)
		read += units
	}
	return r.rt.NewArray(read, written)
}

// spanOf returns a part of an ArrayBuffer, by its offset and its length in bytes. The bytes are the realm's own.
func (r *realm) spanOf(buffer, offset, length goja.Value) []byte {
	content, ok := bufferOf(buffer)
	if !ok {
		panic(r.rt.NewTypeError("the argument must be an ArrayBuffer"))
	}
	from := integerOf(offset, int64(len(content)))
	return content[from : from+integerOf(length, int64(len(content))-from)]
}

// characterAt returns the character at a unit of a text, and how many units it takes. Half of a surrogate pair is U+FFFD.
func characterAt(text goja.String, i int) (c rune, units int) {
	c = rune(text.CharAt(i))
	if !utf16.IsSurrogate(c) {
		return c, 1
	}
	if i+1 < text.Length() {
		if c = utf16.DecodeRune(c, rune(text.CharAt(i+1))); c != utf8.RuneError {
			return c, 2
		}
	}
	return utf8.RuneError, 1
}

// newDecoder returns the name of the encoding that a label stands for, and a function that decodes bytes of it, or null where there
// is none. The function takes whether more bytes follow, and the part of a buffer that spanOf takes, or nothing. It returns null for
// bytes that are not of the encoding, where these are an error.
func (r *realm) newDecoder(call goja.FunctionCall) goja.Value {
	label := r.textOf(call.Argument(0))
	encoding, ok := encodingOf(label)
	if !ok {
		return goja.Null()
	}
	d := &decoder{encoding: encoding, fatal: call.Argument(1).ToBoolean(), ignoreMark: call.Argument(2).ToBoolean()}
	return r.rt.NewArray(encoding.name, r.function("decode", func(call goja.FunctionCall) goja.Value {
		var content []byte
		if len(call.Arguments) > 1 {
			content = r.spanOf(call.Argument(1), call.Argument(2), call.Argument(3))
		}
		return d.decode(r, content, call.Argument(0).ToBoolean())
	}))
}
