package vm

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime/vm/internal/weburl"
)

// The functions of the host with which globals of the library come: where the host has them, the script has these.
const (
	fetchSend = "fetch:send"
	dbQuery   = "db:query"
)

var (
	fetchNatives = natives{
		"send": (*realm).sendRequest, "fetch": (*realm).fetchFunction, "call": (*realm).callPart, "id": (*realm).requestID,
	}
	hrefNatives     = natives{"href": (*realm).href}
	settlingNatives = natives{"resolved": (*realm).resolvedWith, "rejected": (*realm).rejectedWith}
)

// callPart calls a function of the host that is the library's half of one: its name has a colon. A script that gets hold of this
// can do no more than by the library.
func (r *realm) callPart(call goja.FunctionCall) goja.Value {
	name := r.textOf(call.Argument(0)).String()
	return r.callPartOf(calledName{text: name}, name, call.Arguments[1:])
}

// callPartAs is callPart behind what the script knows the function as, its name and the names of the first arguments in brackets,
// and the line in which the call waits for those before it, or null.
func (r *realm) callPartAs(call goja.FunctionCall) goja.Value {
	title, line, name := r.textOf(call.Argument(0)), call.Argument(1), r.textOf(call.Argument(2)).String()
	text, arguments, _ := strings.Cut(clip(title, maxFrameName), "(")
	called := calledName{text: text}
	if !goja.IsNull(line) {
		called.line = clip(r.textOf(line), maxFrameName)
	}
	if arguments != "" {
		called.arguments = strings.Split(strings.TrimSuffix(arguments, ")"), ", ")
	}
	return r.callPartOf(called, name, call.Arguments[3:])
}

func (r *realm) callPartOf(called calledName, name string, arguments []goja.Value) goja.Value {
	if !strings.Contains(name, ":") || !r.calls.mayCall(name) {
		return r.typeError("the host has no such function")
	}
	if strings.HasPrefix(name, "fetch:") {
		return r.callHostAs("TypeError", called, name, arguments) // as fetch fails
	}
	return r.callHostAs("Error", called, name, arguments)
}

// mayCall reports whether the host has a function for the library.
func (c *calls) mayCall(name string) bool { return c != nil && c.parts[name] }

// fetchFunction returns fetch. Its arguments are the function that sendRequest gets, and one that does what there is to do for what
// fetch is called with, where that makes no plainRequest.
func (r *realm) fetchFunction(call goja.FunctionCall) goja.Value {
	answered, ok := goja.AssertFunction(call.Argument(0))
	start, both := goja.AssertFunction(call.Argument(1))
	if !ok || !both {
		panic(r.rt.NewTypeError("the arguments must be functions"))
	}
	fetch := r.function("fetch", func(call goja.FunctionCall) goja.Value {
		if promise := r.sendPlain(answered, call.Argument(0), call.Argument(1)); promise != nil {
			return promise
		}
		v, err := start(goja.Undefined(), call.Argument(0), call.Argument(1))
		rethrow(err)
		return v
	})
	must(fetch.DefineDataProperty("length", r.rt.ToValue(1), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	return fetch
}

// sendRequest calls fetch:send. Its arguments are a function that makes a Response of its state and the beginning of a body of which
// more is to come, a number as id, which that gets as well, and what the request is made of: URL, method, headers as lines, what to
// do with redirects, and the body or null.
func (r *realm) sendRequest(call goja.FunctionCall) goja.Value {
	answered, ok := goja.AssertFunction(call.Argument(0))
	if !ok || !r.calls.mayCall(fetchSend) {
		return r.typeError("the host has no such function")
	}
	address, problem := r.requestAddress(call.Argument(2))
	if problem != "" {
		return r.typeError(problem)
	}
	method, fields, redirect := r.textOf(call.Argument(3)), r.textOf(call.Argument(4)), r.textOf(call.Argument(5))
	var body any
	var size int64
	if content := call.Argument(6); !goja.IsNull(content) {
		args, taken, err := r.plainArguments(calledName{arguments: []string{"body"}}, []goja.Value{content})
		if err != nil {
			return r.typeError("fetch: " + err.Error())
		}
		body, size = args[0], taken
	}
	r.guard.take(int64(method.Length()+fields.Length()+redirect.Length()) * 2)
	size += int64(address.size + fields.Length())
	id := call.Argument(1)
	return r.send(answered, false, id, size, idText(id), address.sent, method.String(), fields.String(), body, redirect.String())
}

// idText returns the id of a request as the host gets it.
func idText(id goja.Value) string { return strconv.FormatInt(id.ToInteger(), 10) }

// send begins the call of fetch:send. The request is what the host gets, and so many bytes.
// Where nobody else wants to know, plainly, of a response of which no more is to come, it is made here.
func (r *realm) send(answered goja.Callable, plainly bool, id goja.Value, size int64, request ...any) goja.Value {
	return r.begin(hostCall{
		class: "TypeError", name: fetchSend, size: size,
		args: request,
		result: func(reply any) (goja.Value, error) {
			state, first, err := r.newResponse(reply)
			if err != nil {
				return nil, err
			}
			if plainly && goja.IsUndefined(first) {
				return r.newReceived(state), nil
			}
			return answered(goja.Undefined(), state, first, id)
		},
	})
}

// requestID returns the id of a further request.
func (r *realm) requestID(goja.FunctionCall) goja.Value {
	r.requests++
	return r.rt.ToValue(r.requests)
}

// address is a URL that a script wrote, and what the host gets in its place.
type address struct {
	text string
	sent any // a string
	size int // of that
}

// requestAddress returns the URL of a request as the host gets it, or says what is wrong with it. A script often has one for many
// requests, so the last one is kept.
func (r *realm) requestAddress(v goja.Value) (a address, problem string) {
	const longest = 1 << 10 // of those that are kept
	text := r.textOf(v)
	if text.Length() <= longest && r.address.sent != nil && r.address.text == text.String() {
		return r.address, ""
	}
	u, problem := r.addressOf(v, "fetch", true)
	if problem == "" && u.Protocol() != "http:" && u.Protocol() != "https:" {
		problem = "fetch: the URL must begin with http: or https:"
	}
	if problem != "" {
		return address{}, problem
	}
	sent, _, _ := strings.Cut(u.Href(), "#")
	a = address{sent: sent, size: len(sent)}
	if text.Length() <= longest {
		a.text = strings.Clone(text.String())
		r.address = a
	}
	return a, ""
}

// href returns an absolute URL as the standard writes it. The second argument is who wants it. A URL with a user is an error where
// the third is true.
func (r *realm) href(call goja.FunctionCall) goja.Value {
	who := clip(r.textOf(call.Argument(1)), maxFrameName)
	u, problem := r.addressOf(call.Argument(0), who, call.Argument(2).ToBoolean())
	if problem != "" {
		panic(r.rt.NewTypeError("%s", problem))
	}
	return r.rt.ToValue(u.Href())
}

// addressOf parses an absolute URL, or says what is wrong with it. Where no secrets may be in it, a user or a password is wrong.
func (r *realm) addressOf(v goja.Value, who string, open bool) (u *weburl.URL, problem string) {
	u = r.urlOf(v, nil)
	switch {
	case u != nil && open && u.Username()+u.Password() != "":
		problem = "has a user or a password: these belong into headers"
	case u != nil:
		return u, ""
	case r.urlOf(v, somewhere()) != nil:
		problem = "is relative: the URL must be absolute"
	default:
		problem = "is not a URL"
	}
	const shown = 200
	text := r.textOf(v)
	return nil, fmt.Sprintf("%s: %q %s", who, text.Substring(0, min(text.Length(), shown)).String(), problem)
}

// somewhere is a URL to which others may be relative.
var somewhere = sync.OnceValue(func() *weburl.URL {
	u, _ := weburl.Parse("http://localhost/", nil)
	return u
})

// typeError returns a promise that is rejected with a TypeError.
func (r *realm) typeError(message string) goja.Value {
	return r.rejectedWith(goja.FunctionCall{Arguments: []goja.Value{r.rt.NewTypeError("%s", message)}})
}

// resolvedWith returns a promise for a value, or what the value as a promise becomes.
func (r *realm) resolvedWith(call goja.FunctionCall) goja.Value { return r.resolved(call.Argument(0)) }

func (r *realm) resolved(v goja.Value) goja.Value {
	promise := r.newPromise()
	if settles(v) {
		fulfillPromise(promise, v) // for which nobody waits yet
	} else {
		rethrow(r.resolve(promise, v))
	}
	return r.rt.ToValue(promise)
}

// rejectedWith returns a promise that is rejected.
func (r *realm) rejectedWith(call goja.FunctionCall) goja.Value {
	promise := r.newPromise()
	rethrow(r.reject(promise, call.Argument(0)))
	return r.rt.ToValue(promise)
}
