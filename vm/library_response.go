package vm

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

var (
	bodyNatives  = natives{"mimeType": (*realm).mimeTypeOf, "content": (*realm).contentOfResponse}
	mixinNatives = natives{"readers": (*realm).readers, "extend": (*realm).extendClass, "rejected": (*realm).rejectedWith}

	responseNatives = natives{"describe": (*realm).describeClass, "received": (*realm).receiveAs}
)

// responseClass is the class Response, whose objects have their state in one private field. What is received becomes one here, since
// most of them are asked for their text and nothing else.
type responseClass struct {
	prototype *goja.Object
	fields    *privateEnvType // those of the class
}

// receiveAs says which class what is received becomes an object of.
func (r *realm) receiveAs(call goja.FunctionCall) goja.Value {
	class := r.needObject(call.Argument(0))
	if kindWord(class) != classKind {
		panic(r.rt.NewTypeError("the argument must be a class"))
	}
	fields := inside[classFuncObject](class).privateEnvType
	if fields == nil || fields.numFields != 1 || fields.numMethods != 0 {
		panic(r.rt.NewTypeError("the class must have one private field"))
	}
	r.received = responseClass{r.prototypeOf(class), fields}
	return goja.Undefined()
}

// newReceived returns the Response that has a state.
func (r *realm) newReceived(state goja.Value) goja.Value {
	object := r.rt.CreateObject(r.received.prototype)
	makePrivateElements(baseOf(object), r.received.fields, true).fields[0] = state
	return object
}

// receivedState returns the state of a Response that was received; nil for any other value.
func (r *realm) receivedState(v goja.Value) *response {
	object, ok := v.(*goja.Object)
	if !ok || kindWord(object) != plainKind || r.received.fields == nil {
		return nil
	}
	if own := makePrivateElements(baseOf(object), r.received.fields, false); own != nil {
		return responseOf(own.fields[0])
	}
	return nil
}

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

// readers gives a class, the first argument, the methods that return a promise for a body as a text or as what that is as JSON. The
// second is the function that does what there is to do for an object and the name of a method, where not all of the body is there.
func (r *realm) readers(call goja.FunctionCall) goja.Value {
	prototype := r.prototypeOf(r.needObject(call.Argument(0)))
	read, ok := goja.AssertFunction(call.Argument(1))
	if !ok {
		panic(r.rt.NewTypeError("the argument must be a function"))
	}
	for _, form := range []string{"json", "text"} {
		method := r.function(form, func(call goja.FunctionCall) goja.Value {
			if prototype == r.received.prototype {
				if content, ok := r.receivedState(call.This).takeContent(); ok {
					return r.readAs(form, content)
				}
			}
			v, err := read(goja.Undefined(), call.This, r.rt.ToValue(form))
			rethrow(err)
			return v
		})
		must(prototype.DefineDataProperty(form, method, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE))
	}
	return goja.Undefined()
}

// readAs returns a promise for content as a text, or as what that is as JSON.
func (r *realm) readAs(form string, content []byte) goja.Value {
	text := r.decoded(content)
	if form == "text" {
		return r.resolved(text)
	}
	var v goja.Value
	thrown := r.rt.Try(func() { v = parseJSON(r.guard, nil, goja.FunctionCall{Arguments: []goja.Value{text}}) })
	if thrown != nil {
		return r.rejectedWith(goja.FunctionCall{Arguments: []goja.Value{thrown.Value()}})
	}
	return r.resolved(v)
}

// contentOfResponse returns the bytes of a body that came as a whole, none where they were taken already.
func (r *realm) contentOfResponse(call goja.FunctionCall) goja.Value {
	s := responseOf(call.Argument(0))
	if s == nil {
		panic(r.rt.NewTypeError("the argument must be the state of a response"))
	}
	content := bytes.Clone(s.content) // the script may write to it
	s.content = nil
	return r.uint8Array(content)
}

// newResponse returns what fetch:send returned as the state of a Response, and the beginning of a body of which more is to come,
// or undefined. What that is is bytes: the status, its text, the URL and two letters, each as a line, the headers as lines, a name and
// a value in turn, an empty line, and what there is of the body. The first letter is r where the response was redirected. The second
// one is b where there is the beginning of a body, w where there is all of it, and another one where it has none.
func (r *realm) newResponse(v any) (state, first goja.Value, err error) {
	reply, _ := v.([]byte)
	begin, end, ok := headOf(reply)
	if !ok {
		return nil, nil, errNoResponse
	}
	head, content := string(reply[:end]), reply[end+1:]
	status, rest, _ := strings.Cut(head[:begin], "\n")
	s := &response{rt: r.rt, body: goja.Null(), fields: head[begin:]}
	s.statusText, rest, _ = strings.Cut(rest, "\n")
	s.url, rest, _ = strings.Cut(rest, "\n")
	code, err := strconv.Atoi(status)
	if err != nil || len(rest) != len("-b\n") {
		return nil, nil, errNoResponse
	}
	s.status, s.redirected, first = r.rt.ToValue(code), rest[0] == 'r', goja.Undefined()
	switch rest[1] {
	case 'w':
		s.body, s.content, s.whole = nil, content, true
	case 'b':
		s.body, first = nil, r.uint8Array(bytes.Clone(content))
	}
	return r.rt.NewDynamicObject(s), first, nil
}

var errNoResponse = errors.New("fetch: the host sent no response")

// headOf returns where the headers of a reply of fetch:send begin and end. It reports whether they do.
func headOf(reply []byte) (begin, end int, ok bool) {
	const before = 4 // lines
	for line := 0; ; line++ {
		if line == before {
			begin = end
		}
		length := bytes.IndexByte(reply[end:], '\n')
		if length < 0 {
			return 0, 0, false
		}
		if length == 0 && line >= before && (line-before)%2 == 0 { // in place of a name
			return begin, end, true
		}
		end += length + 1
	}
}
