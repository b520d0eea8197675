package vm

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/unistring"
)

// capture is a kind of variable that a closure captures, by value or by reference: a pointer to a type of goja, or what
// static says.
type capture struct {
	pointer string
	static  reflect.Type
}

var (
	oneValue   = capture{static: reflect.TypeFor[goja.Value]()}
	manyValues = capture{static: reflect.TypeFor[[]goja.Value]()}
	oneFunc    = capture{static: reflect.TypeFor[func()]()}
)

func pointerTo(name string) capture { return capture{pointer: name} }

// captured has, for each closure of goja that can retain what a script made, the captured variables that lead there. A
// closure goes by the function in whose text it is, and by how many functions deep in it: the rest of its name depends
// on what the compiler inlines. Where in the closure a variable is depends on the compiler too; see calibrate.
var captured = map[string][]capture{
	"AssertFunction/1":               {pointerTo("Object"), oneFunc},
	"assertCallable/1":               {pointerTo("proxyObject")},
	"boundCallable/1":                {oneFunc, oneValue, manyValues},
	"boundConstruct/1":               {oneFunc, manyValues},
	"builtin_proxy_revocable/1":      {pointerTo("proxyObject")},
	"createResolvingFunctions/1":     {pointerTo("Promise")},
	"newPromiseCapability/1":         {oneValue, oneValue},
	"newPromiseReactionJob/1":        {pointerTo("promiseReaction"), oneValue},
	"newPromiseResolveThenableJob/1": {pointerTo("Promise"), oneValue, pointerTo("jobCallback")},
	"promiseProto_finally/1":         {oneFunc, pointerTo("Object")},
	"promiseProto_finally/2":         {oneValue},
	"promise_all/3":                  {manyValues, pointerTo("promiseCapability")},
	"promise_allSettled/4":           {manyValues, pointerTo("promiseCapability")},
	"promise_any/3":                  {manyValues, pointerTo("promiseCapability")},
	"wrapPromiseReaction/1":          {oneFunc},
	"method enumerableIter.next":     {mirror[enumerableIter]()},
	"method objectPropIter.next":     {mirror[objectPropIter]()},
	"method proxyPropIter.next":      {mirror[proxyPropIter]()},
	"method recursivePropIter.next":  {mirror[recursivePropIter]()},
	"method stringPropIter.next":     {mirror[stringPropIter]()},
	"method argumentsPropIter.next":  {mirror[argumentsPropIter]()},
}

// closureWords are how many words each of these closures has up to the last variable that is wanted, the code's address
// included. A compiler that arranges them otherwise makes them unknown, which a test reports.
var closureWords = map[string]uintptr{
	"AssertFunction/1": 3, "assertCallable/1": 2, "boundCallable/1": 7, "boundConstruct/1": 6, "builtin_proxy_revocable/1": 2,
	"createResolvingFunctions/1": 3, "newPromiseCapability/1": 4, "newPromiseReactionJob/1": 4, "newPromiseResolveThenableJob/1": 6,
	"promiseProto_finally/1": 4, "promiseProto_finally/2": 3, "promise_all/3": 6, "promise_allSettled/4": 11, "promise_any/3": 6,
	"wrapPromiseReaction/1": 2, "method enumerableIter.next": 2, "method objectPropIter.next": 2, "method proxyPropIter.next": 2,
	"method recursivePropIter.next": 2, "method stringPropIter.next": 2, "method argumentsPropIter.next": 2,
}

func mirror[T any]() capture { return capture{static: reflect.TypeFor[*T]()} }

// The states of a for-in loop as goja has them. Nothing but closures refers to them, so that package reflect never
// gets to see goja's own types.
type (
	enumerableIter struct {
		_ *goja.Object
		_ func()
	}
	recursivePropIter struct {
		_ goja.Value // any interface with methods will do
		_ func()
		_ map[unistring.String]struct{}
	}
	objectPropIter struct {
		_ uintptr
		_ []unistring.String
		_ int
	}
	proxyPropIter struct {
		_ uintptr
		_ []goja.Value
		_ int
	}
	stringPropIter struct {
		_ goja.Value
		_ [3]int
	}
	argumentsPropIter struct{ _ func() }
)

// capturing returns the plan of a closure that captures refs.
func capturing(refs []ref) *plan {
	p := &plan{size: wordSize, refs: refs}
	for _, r := range refs {
		end := r.offset + wordSize
		switch r.kind {
		case refInterface:
			end += wordSize
		case refSlice:
			end += 2 * wordSize
		}
		p.size = max(p.size, end)
	}
	return p
}

// methodOf takes the name of a method value of goja apart. Such a closure captures its receiver and nothing else.
func methodOf(code uintptr) (receiver, method string, ok bool) {
	rest, isPointer := strings.CutPrefix(nameOf(code), gojaPath+".(*")
	name, isValue := strings.CutSuffix(rest, "-fm")
	receiver, method, ok = strings.Cut(name, ").")
	return receiver, method, ok && isPointer && isValue && !strings.Contains(method, ".")
}

func nameOf(code uintptr) string {
	f := runtime.FuncForPC(code)
	if f == nil || f.Entry() != code {
		return ""
	}
	return f.Name()
}

// closureKey returns the key in captured of closures whose code is at an address.
func closureKey(code uintptr) string {
	name, isGoja := strings.CutPrefix(nameOf(code), gojaPath+".")
	if !isGoja {
		return ""
	}
	if receiver, method, ok := methodOf(code); ok {
		return "method " + receiver + "." + method
	}
	parts := strings.Split(name, ".")
	depth := 0
	for depth < len(parts) && isClosurePart(parts[len(parts)-1-depth]) {
		depth++
	}
	if depth == 0 || depth == len(parts) {
		return ""
	}
	return parts[len(parts)-1-depth] + "/" + strconv.Itoa(depth)
}

func isClosurePart(s string) bool {
	_, err := strconv.Atoi(strings.TrimPrefix(s, "func"))
	return err == nil
}
