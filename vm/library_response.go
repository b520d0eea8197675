package vm

import (
	"errors"
	"strings"

	"github.com/dop251/goja"
)

var (
	bodyNatives  = natives{"mimeType": (*realm).mimeTypeOf, "content": (*realm).contentOfResponse}
	mixinNatives = natives{"read": (*realm).readResponse, "extend": (*realm).extendClass, "rejected": (*realm).rejectedWith}
)

// response is what fetch:send returned, as the state of a Response: an object of the library by which it reads and sets the parts.
// Most scripts want only what a small body says, for which no other object is made.
type response struct {
	rt                      *goja.Runtime
	status                  goja.Value
	statusText, url, fields string // fields are the headers as lines, a name and a value in turn
	redirected              bool
	content                 []byte // the whole body, until somebody has it
	whole                   bool
	used                    bool       // its content was read here
	body, headers           goja.Value // objects of the library, nil until they are made
}

// Get returns a part. There is always one of the name, so that none is looked for elsewhere.
func (s *response) Get(name string) goja.Value {
	switch name {
	case "status":
		return s.status
	case "body":
		return orUndefined(s.body)
	case "headers":
		return orUndefined(s.headers)
	case "fields":
		return s.rt.ToValue(s.fields)
	case "statusText":
		return s.rt.ToValue(s.statusText)
	case "url":
		return s.rt.ToValue(s.url)
	case "type":
		return s.rt.ToValue("basic")
	case "redirected":
		return s.rt.ToValue(s.redirected)
	case "used":
		return s.rt.ToValue(s.used)
	}
	return goja.Undefined()
}

// Set takes what the library made.
func (s *response) Set(name string, v goja.Value) bool {
	switch name {
	case "body":
		s.body = v
	case "headers":
		s.headers = v
	default:
		return false
	}
	return true
}

// Has tells those that can be set.
func (s *response) Has(name string) bool { return name == "body" || name == "headers" }

// Delete refuses.
func (s *response) Delete(string) bool { return false }

// Keys are none.
func (s *response) Keys() []string { return nil }

// responseOf returns the state of a Response that a native got as its argument; nil where it is another value.
func responseOf(v goja.Value) *response {
	if object, ok := v.(*goja.Object); ok && kindWord(object) == dynamicKind {
		s, _ := inside[dynamicObject](object).d.(*response)
		return s
	}
	return nil
}

// takeContent returns the content of a body that came as a whole, to who is the first to want it.
func (s *response) takeContent() (content []byte, ok bool) {
	if s == nil || !s.whole || s.body != nil || s.used {
		return nil, false
	}
	content, s.content, s.used = s.content, nil, true
	return content, true
}

// readResponse returns a promise for the content of a body that is there, as a text or as what that is as JSON; undefined where there
// is more to do for it.
func (r *realm) readResponse(call goja.FunctionCall) goja.Value {
	form := r.textOf(call.Argument(1)).String()
	if form != "text" && form != "json" {
		return goja.Undefined()
	}
	content, ok := responseOf(call.Argument(0)).takeContent()
	if !ok {
		return goja.Undefined()
	}
	v := r.decoded(content)
	if form == "json" {
		v = parseJSON(r.guard, nil, goja.FunctionCall{Arguments: []goja.Value{v}})
	}
	return r.resolved(v)
}

// contentOfResponse returns the bytes of a body that came as a whole, none where they were taken already.
func (r *realm) contentOfResponse(call goja.FunctionCall) goja.Value {
	s := responseOf(call.Argument(0))
	if s == nil {
		panic(r.rt.NewTypeError("the argument must be the state of a response"))
	}
	content := s.content
	s.content = nil
	return r.uint8Array(content)
}

// newResponse returns what fetch:send returned as the state of a Response, and the beginning of a body of which more is to come,
// or undefined.
func (r *realm) newResponse(v any) (state, first goja.Value, err error) {
	const parts = 7
	reply, _ := v.([]any)
	if len(reply) != parts {
		return nil, nil, errNoResponse
	}
	s := &response{rt: r.rt, body: goja.Null()}
	status, ok := reply[0].(float64)
	s.statusText, _ = reply[1].(string)
	s.url, _ = reply[2].(string)
	s.redirected, _ = reply[3].(bool)
	s.fields, _ = reply[4].(string)
	if !ok || !isLines(s.fields) {
		return nil, nil, errNoResponse
	}
	s.status, first = r.rt.ToValue(status), goja.Undefined()
	if content, ok := reply[5].([]byte); ok {
		content = append(make([]byte, 0, len(content)), content...)
		s.body = nil
		if s.whole, _ = reply[6].(bool); s.whole {
			s.content = content
		} else {
			first = r.uint8Array(content)
		}
	}
	return r.rt.NewDynamicObject(s), first, nil
}

var errNoResponse = errors.New("fetch: the host sent no response")

// isLines reports whether a text is lines, a name and a value in turn, each with its end.
func isLines(fields string) bool {
	return fields == "" || strings.HasSuffix(fields, "\n") && strings.Count(fields, "\n")%2 == 0
}
