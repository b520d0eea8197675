package vm

import (
	"fmt"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/dop251/goja"
)

// guard bounds what the native functions of one realm can do. goja interrupts bytecode only: a native function runs until
// it returns, allocates what it likes and calls other natives without counting. So every native function of a realm
// runs behind a guard, which
//
//   - stops it when the run has to stop, and measures the realm when it is asked to,
//   - counts how deep natives are nested, since the stack of a goroutine that overflows kills the process,
//   - gives it undefined for the holes of arrays, at which some of them panic, and
//   - applies the rule for that function, where it has one: see rules.
//
// The Go function inside the native's object is replaced, so that the object keeps its identity and its properties, and
// that natives which call each other inside the engine are guarded as well.
type guard struct {
	rt    *goja.Runtime
	realm *realm
	limit int64 // bytes that the realm may hold
	door  *goja.Object

	attention atomic.Bool // there is something to attend to before going on
	calm      atomic.Bool // the script is in a loop that only calculates
	calls     uint64      // of natives from outside of all others
	turns     uint64      // checkpoints of the script itself
	inside    [2]longStep // the native, and the step of the script, that the last measurement was in
	partial   bool        // the last measurement was inside a native, which may have had more in its hands
	depth     int         // of native calls
	flat      int         // levels of arrays that are being flattened
	joining   []*goja.Object
	levels    int             // of JSON that is being read or written
	demanded  int64           // bytes that natives were allowed to take since the last measurement
	held      int64           // bytes at the last call of hold that looked
	seen      []bool          // the intrinsics that are guarded, by the places in slots
	operators []goja.Callable // made when first needed
	patterns  patterns
	exec      *goja.Object // RegExp.prototype.exec
	code      bool         // code may be made of text: only in tests
	ensured   []string     // the intrinsics that ensure has made
}

// maxNativeDepth bounds calls of natives inside natives. With calls of JavaScript in between, maxCallDepth binds first.
const maxNativeDepth = 400

// maxStack bounds the stack of a realm's goroutine, in bytes. The engine looks for properties by recursion through
// prototypes, so that a call in a getter can take as much stack as there are prototypes. Go ends the process at a gigabyte.
const maxStack = 24 << 20

// checkpoint does what the run was asked to do meanwhile; most of the time that is nothing.
func (g *guard) checkpoint() {
	if g.attention.Load() {
		g.attend()
	}
}

// attend stops a run that has to stop, and measures one whose memory is in question.
func (g *guard) attend() {
	if g.realm.halt.Load() != nil {
		g.halt()
	}
	g.realm.measure()
}

// halt leaves the native and everything that called it. The reason is the realm's.
func (g *guard) halt() {
	g.attention.Store(true) // for what still runs while the calls are unwound
	panic(&goja.InterruptedError{})
}

// enter begins a native call and returns the depth to go back to.
func (g *guard) enter() int {
	if g.attention.Load() {
		g.attend()
	}
	depth := g.depth
	if depth >= maxNativeDepth || stackUse() > maxStack {
		panic(&goja.StackOverflowError{})
	}
	if depth == 0 {
		g.calls++
	}
	if g.calm.Load() {
		g.calm.Store(false)
	}
	g.depth = depth + 1
	return depth
}

// rule is how a native function is called under guard; next is the native itself.
type rule func(g *guard, next native, call goja.FunctionCall) goja.Value

// makeRule checks the arguments of a constructor, and may replace them.
type makeRule func(g *guard, args []goja.Value) []goja.Value

// guardedNative is a native behind the guard.
type guardedNative struct {
	g    *guard
	f    native
	rule rule // nil for none
}

func (n *guardedNative) call(call goja.FunctionCall) goja.Value {
	depth := n.g.enter()
	defer func() { n.g.depth = depth }()
	fillHoles(&call.Arguments)
	if n.rule != nil {
		return n.rule(n.g, n.f, call)
	}
	return n.f(call)
}

// guarded returns a native behind the guard.
func (g *guard) guarded(f native, rule rule) native { return (&guardedNative{g, f, rule}).call }

// guardedMaker is a native constructor behind the guard.
type guardedMaker struct {
	g    *guard
	f    constructor
	rule makeRule // nil for none
}

func (n *guardedMaker) make(args []goja.Value, newTarget *goja.Object) *goja.Object {
	depth := n.g.enter()
	defer func() { n.g.depth = depth }()
	fillHoles(&args)
	if n.rule != nil {
		args = n.rule(n.g, args)
	}
	return n.f(args, newTarget)
}

// fillHoles makes undefined of the holes of arrays, which the engine hands to callbacks as they are. The arguments may be
// the elements of an array of the script, so they are copied.
func fillHoles(args *[]goja.Value) {
	copied := false
	for i, arg := range *args {
		if arg == nil {
			if !copied {
				*args, copied = slices.Clone(*args), true
			}
			(*args)[i] = goja.Undefined()
		}
	}
}

// The code of guarded natives and constructors, by which they are known: method values of one method share it.
var guardedCode, guardedMakerCode uintptr

// codeOf returns the address of a function's code.
func codeOf[F native | constructor](f F) uintptr { return **(**uintptr)(unsafe.Pointer(&f)) }

// adopt guards a native function; other objects are left alone.
func (g *guard) adopt(object *goja.Object, rules entryRules) {
	switch kindWord(object) {
	case nativeKind, boundKind:
		n := inside[nativeFuncObject](object)
		g.replace(&n.f, &n.construct, rules)
	case templatedFuncKind:
		n := inside[templatedFuncObject](object)
		g.replace(&n.f, &n.construct, rules)
	}
}

// replace guards a function and a constructor in their places.
func (g *guard) replace(f *native, construct *constructor, rules entryRules) {
	if *f != nil && codeOf(*f) != guardedCode {
		*f = g.guarded(*f, rules.call)
	}
	if *construct != nil && codeOf(*construct) != guardedMakerCode {
		*construct = (&guardedMaker{g, *construct, rules.make}).make
	}
}

// take lets a native have so many bytes, unless the realm would hold more than it may.
func (g *guard) take(bytes int64) {
	const worth = 64 << 10 // counting
	if bytes < worth {
		return
	}
	if bytes > g.limit {
		g.exceed()
	}
	if g.demanded += bytes; g.demanded > g.limit/8 {
		g.demanded = 0
		g.realm.measureWhenDue()
		if g.realm.memory.measured.Load()+bytes > g.limit {
			g.exceed()
		}
	}
}

// hold ends the run when the realm would hold more than it may together with so many bytes that a native of this package
// has collected.
func (g *guard) hold(bytes int64) {
	if bytes > g.limit {
		g.exceed()
	}
	if bytes > g.held+g.limit/16 || bytes < g.held {
		g.held = bytes
		g.realm.measureWhenDue()
		if g.realm.memory.measured.Load()+bytes > g.limit {
			g.exceed()
		}
	}
}

// exceed ends the run: it is over its memory limit.
func (g *guard) exceed() {
	g.realm.stop(memoryExceeded())
	g.halt()
}

// function returns a function of the guard without a name: the engine would show that of the Go function in stacks.
func (g *guard) function(f native) *goja.Object {
	function := g.rt.ToValue(f).(*goja.Object)
	must(function.DefineDataProperty("name", g.rt.ToValue(""), goja.FLAG_FALSE, goja.FLAG_TRUE, goja.FLAG_FALSE))
	return function
}

// rangeError returns an error for the script: what it asks for is more than a native may do.
func (g *guard) rangeError(format string, args ...any) goja.Value {
	object, err := g.rt.New(g.intrinsic("RangeError"), g.rt.ToValue(fmt.Sprintf(format, args...)))
	rethrow(err)
	return object
}
