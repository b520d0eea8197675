package vm

import (
	"encoding/base64"
	"strings"

	"github.com/dop251/goja"
)

var base64Natives = natives{
	"encode": (*realm).encodeBase64,
	"decode": (*realm).decodeBase64,
}

// encodeBase64 returns a text as base64, each unit of it being a byte, or null where one is not.
func (r *realm) encodeBase64(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	r.guard.take(int64(text.Length()) * 3)
	units := make([]byte, text.Length())
	for i := range units {
		r.step(i)
		unit := text.CharAt(i)
		if unit > 0xFF {
			return goja.Null()
		}
		units[i] = byte(unit)
	}
	return r.rt.ToValue(base64.StdEncoding.EncodeToString(units))
}

// decodeBase64 is the forgiving decoding of https://infra.spec.whatwg.org/#forgiving-base64-decode. It returns a text of which
// each unit is a byte, or null where the text is not base64.
func (r *realm) decodeBase64(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	r.guard.take(int64(text.Length()) * 4)
	clean := strings.Map(func(c rune) rune {
		if strings.ContainsRune("\t\n\f\r ", c) {
			return -1
		}
		return c
	}, text.String())
	if len(clean)%4 == 0 {
		clean = strings.TrimSuffix(strings.TrimSuffix(clean, "="), "=")
	}
	content, err := base64.RawStdEncoding.DecodeString(clean)
	if err != nil || strings.ContainsAny(clean, "\r\n") {
		return goja.Null()
	}
	return latin1(content)
}

// latin1 returns a text of which each unit is a byte.
func latin1(content []byte) goja.Value {
	units := make([]uint16, len(content))
	for i, b := range content {
		units[i] = uint16(b)
	}
	return goja.StringFromUTF16(units)
}
