package vm

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// plainRequest is what most calls of fetch say besides a URL: a method, headers and a text as the body, in plain objects and texts.
// Anything else, and everything that is wrong, is for the library to read as the standard says.
type plainRequest struct {
	method any    // a string
	fields []byte // the headers as lines
	typed  bool   // one of them is the content type
	body   any    // of bytes, or nil
}

// initMembers are the members of a RequestInit.
var initMembers = [...]unistring.String{
	"method", "headers", "body", "cache", "credentials", "duplex", "integrity", "keepalive", "mode", "priority", "redirect", "referrer",
	"referrerPolicy", "signal", "window",
}

// plainMembers is how many of them a plainRequest has, from the first on.
const plainMembers = 3

// sendPlain is sendRequest for a URL and a RequestInit, or none, where they make a plainRequest; it returns nil where they make none.
// A Response of which no more is to come is made without a call of the library.
func (r *realm) sendPlain(answered goja.Callable, url, init goja.Value) goja.Value {
	if _, ok := url.(goja.String); !ok || !r.calls.mayCall(fetchSend) {
		return nil
	}
	request := r.plainRequestOf(init)
	if request == nil {
		return nil
	}
	address, problem := r.requestAddress(url)
	if problem != "" {
		return nil
	}
	size := int64(address.size + len(request.fields))
	if content, ok := request.body.([]byte); ok {
		size += int64(len(content))
	}
	var fields any = ""
	if len(request.fields) > 0 {
		fields = string(request.fields)
	}
	id := r.requestID(goja.FunctionCall{})
	return r.send(answered, true, id, size, idText(id), address.sent, request.method, fields, request.body, "follow")
}

// bareRequest is that of a call with a URL alone.
var bareRequest = plainRequest{method: "GET"}

func (r *realm) plainRequestOf(v goja.Value) *plainRequest {
	if goja.IsUndefined(v) {
		return &bareRequest
	}
	init := r.plainObject(v)
	if init == nil {
		return nil
	}
	for name := range init {
		if slices.Index(initMembers[:], name) >= plainMembers {
			return nil
		}
	}
	for name := range baseOf(r.objects).values {
		if slices.Contains(initMembers[:], name) {
			return nil
		}
	}
	p := &plainRequest{method: "GET"}
	if !p.setMethod(init["method"]) || !p.setHeaders(r, init["headers"]) || !p.setBody(r, init["body"]) {
		return nil
	}
	return p
}

// plainObject returns the properties of an object that has no others but those of Object.prototype, and all of them by name and with
// a value; nil for any other value.
func (r *realm) plainObject(v goja.Value) map[unistring.String]goja.Value {
	const most = 64 // properties
	object, ok := v.(*goja.Object)
	if !ok || kindWord(object) != plainKind || object.Prototype() != r.objects {
		return nil
	}
	base, inherited := baseOf(object), baseOf(r.objects)
	if base.symValues != nil || inherited.symValues != nil || len(base.values) > most || len(inherited.values) > most ||
		r.objects.Prototype() != nil {
		return nil
	}
	for _, v := range base.values {
		if v == nil || wordOf(&v).kind == propertyKind {
			return nil
		}
	}
	return base.values
}

// plainText returns a text of ASCII of at most so many bytes.
func plainText(v goja.Value, most int) (string, bool) {
	text, ok := v.(goja.String)
	if !ok || text.Length() > most {
		return "", false
	}
	s := text.String()
	return s, strings.IndexFunc(s, outsideASCII) < 0
}

func outsideASCII(c rune) bool { return c >= utf8.RuneSelf }

func (p *plainRequest) setMethod(v goja.Value) bool {
	if v == nil || goja.IsUndefined(v) {
		return true
	}
	method, ok := plainText(v, len("OPTIONS"))
	if !ok {
		return false
	}
	method = strings.ToUpper(method)
	p.method = method
	return slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, method)
}

func (p *plainRequest) setHeaders(r *realm, v goja.Value) bool {
	if v == nil || goja.IsUndefined(v) {
		return true
	}
	values := r.plainObject(v)
	if values == nil {
		return false
	}
	const most = 32 << 10 // bytes: a host takes not many more
	for _, name := range keysOf(v.(*goja.Object)) {
		value, ok := plainText(values[unistring.NewFromString(name)], most)
		if !ok || len(p.fields)+len(name)+len(value) > most {
			return false
		}
		value = strings.Trim(value, " \t\r\n")
		if !isToken(name) || strings.ContainsAny(value, "\x00\r\n") {
			return false
		}
		name = strings.ToLower(name)
		p.typed = p.typed || name == "content-type"
		p.fields = append(append(append(append(p.fields, name...), '\n'), value...), '\n')
	}
	return true
}

func (p *plainRequest) setBody(r *realm, v goja.Value) bool {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return true
	}
	const widest = 3 // bytes of a unit
	text, ok := v.(goja.String)
	if !ok || text.Length() > maxArgumentSize/widest || p.method == "GET" || p.method == "HEAD" {
		return false
	}
	r.guard.take(int64(text.Length()) * widest)
	p.body = []byte(text.String())
	if !p.typed {
		p.fields = append(p.fields, "content-type\ntext/plain;charset=UTF-8\n"...)
	}
	return true
}
