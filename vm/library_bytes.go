package vm

import (
	"bytes"
	"unicode/utf8"

	"github.com/dop251/goja"
)

var bytesNatives = natives{
	"encode":   (*realm).encodeText,
	"decode":   (*realm).decodeText,
	"json":     (*realm).decodeJSON,
	"isText":   (*realm).isText,
	"isBuffer": (*realm).isBuffer,
	"part":     (*realm).partOfBuffer,
}

// encodeText returns a text as UTF-8, in which U+FFFD stands for halves of surrogate pairs.
func (r *realm) encodeText(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	const widest = 3 // bytes of a unit
	r.guard.take(int64(text.Length()) * widest)
	return r.uint8Array([]byte(text.String()))
}

// decodeText is https://encoding.spec.whatwg.org/#utf-8-decode without the mark of its order, unless the second argument is true:
// then the mark is text as well.
func (r *realm) decodeText(call goja.FunctionCall) goja.Value {
	content := r.contentOf(call.Argument(0))
	if call.Argument(1).ToBoolean() {
		return r.textOfUTF8(content)
	}
	return r.decoded(content)
}

// decoded returns the text of bytes without a mark of its order.
func (r *realm) decoded(content []byte) goja.Value {
	return r.textOfUTF8(bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF")))
}

// decodeJSON returns the value that bytes are as JSON.
func (r *realm) decodeJSON(call goja.FunctionCall) goja.Value {
	text := r.decodeText(goja.FunctionCall{Arguments: []goja.Value{call.Argument(0)}})
	return parseJSON(r.guard, nil, goja.FunctionCall{Arguments: []goja.Value{text}})
}

// textOfUTF8 returns a text of which what is not UTF-8 is U+FFFD.
func (r *realm) textOfUTF8(content []byte) goja.Value {
	const widest = 5 // bytes that one byte may take, in Go and in the engine
	r.guard.take(int64(len(content)) * widest)
	if utf8.Valid(content) {
		return r.rt.ToValue(string(content))
	}
	valid := make([]byte, 0, len(content)+len(content)/2)
	for len(content) > 0 {
		size := brokenLength(content)
		if size == 0 {
			_, size = utf8.DecodeRune(content)
			valid = append(valid, content[:size]...)
		} else {
			valid = utf8.AppendRune(valid, utf8.RuneError)
		}
		content = content[size:]
	}
	return r.rt.ToValue(string(valid))
}

// brokenLength returns how many bytes at the beginning are one error of the decoder: the longest beginning of a character, or one
// byte. It is 0 where there is a whole character.
func brokenLength(content []byte) int {
	if c, size := utf8.DecodeRune(content); c != utf8.RuneError || size > 1 {
		return 0
	}
	for size := min(len(content), utf8.UTFMax-1); size > 1; size-- {
		if !utf8.FullRune(content[:size]) {
			return size
		}
	}
	return 1
}

// isText reports whether bytes are UTF-8 that does not begin with a mark of its order.
func (r *realm) isText(call goja.FunctionCall) goja.Value {
	return r.rt.ToValue(utf8.Valid(r.contentOf(call.Argument(0))))
}

func (r *realm) isBuffer(call goja.FunctionCall) goja.Value {
	_, ok := bufferOf(call.Argument(0))
	return r.rt.ToValue(ok)
}

// partOfBuffer returns a copy of the bytes of an ArrayBuffer from an offset on, as many as the third argument says.
func (r *realm) partOfBuffer(call goja.FunctionCall) goja.Value {
	content, ok := bufferOf(call.Argument(0))
	if !ok {
		panic(r.rt.NewTypeError("the argument must be an ArrayBuffer"))
	}
	from := integerOf(call.Argument(1), int64(len(content)))
	length := integerOf(call.Argument(2), int64(len(content))-from)
	r.guard.take(length)
	return r.uint8Array(append(make([]byte, 0, length), content[from:from+length]...))
}

// integerOf returns a number within 0 and most.
func integerOf(v goja.Value, most int64) int64 {
	if !goja.IsNumber(v) {
		return 0
	}
	f := v.ToFloat()
	if !(f > 0) {
		return 0
	}
	return int64(min(f, float64(most)))
}

// bufferOf returns the bytes of an ArrayBuffer, which are the realm's own.
func bufferOf(v goja.Value) ([]byte, bool) {
	object, ok := v.(*goja.Object)
	if !ok || kindOf(object) != kindBuffer {
		return nil, false
	}
	buffer, ok := object.Export().(goja.ArrayBuffer)
	if !ok || buffer.Detached() {
		return nil, ok
	}
	return buffer.Bytes(), true
}

// contentOf returns the bytes of a Uint8Array that is an argument of a native. They are the realm's own.
func (r *realm) contentOf(v goja.Value) []byte {
	if object, ok := v.(*goja.Object); ok && kindOf(object) == kindTyped {
		if content, ok := exported(object).([]byte); ok {
			return content
		}
	}
	panic(r.rt.NewTypeError("the argument must be a Uint8Array"))
}

// uint8Array returns bytes as a Uint8Array, whose they are from now on.
func (r *realm) uint8Array(content []byte) goja.Value {
	array, err := r.rt.New(r.guard.intrinsic("Uint8Array"), r.rt.ToValue(r.rt.NewArrayBuffer(content)))
	rethrow(err)
	return array
}
