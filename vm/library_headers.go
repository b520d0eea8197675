package vm

import (
	"strings"

	"github.com/dop251/goja"
)

var headersNatives = natives{
	"name":  (*realm).headerName,
	"value": (*realm).headerValue,
}

// headerName returns the name of a header in lower case, or null where it is not a token of RFC 9110, section 5.6.2.
func (r *realm) headerName(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	if !isASCII(text) || text.Length() == 0 {
		return goja.Null()
	}
	r.guard.take(int64(text.Length()))
	name := text.String()
	for i := range len(name) {
		r.step(i)
		if !isTokenByte(name[i]) {
			return goja.Null()
		}
	}
	return r.rt.ToValue(strings.ToLower(name))
}

func isTokenByte(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// headerValue returns the value of a header without space around it, or null where HTTP allows none such:
// https://fetch.spec.whatwg.org/#concept-header-value
func (r *realm) headerValue(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	from, to := 0, text.Length()
	for from < to && isHeaderSpace(text.CharAt(from)) {
		r.step(from)
		from++
	}
	for to > from && isHeaderSpace(text.CharAt(to-1)) {
		r.step(to)
		to--
	}
	for i := from; i < to; i++ {
		r.step(i)
		if c := text.CharAt(i); c == 0 || c == '\r' || c == '\n' {
			return goja.Null()
		}
	}
	return text.Substring(from, to)
}

func isHeaderSpace(c uint16) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
