package jsruntime

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/google/uuid"
)

// Function is a host function that the application grants to scripts with [WithFunction]. In the script it returns a
// promise, always; calls that are awaited together run concurrently. ctx ends with the execution.
//
// What it starts with ctx, such as with [Runtime.Publish] or [Runtime.Execute], counts as caused by the execution: a
// chain of executions that cause one another ends at a depth of 8 with [ErrDepthLimit].
//
// A run that it starts and waits for needs a slot of its own beside the waiting one, and counts against the script's
// MaxConcurrentRuns too; where there may be none left, submit it instead.
//
// The returned value must be one that JSON can hold, or a []byte, which becomes a Uint8Array, also within a []any and a
// map[string]any, however deep; within any other type a []byte is a base64 string, as in JSON. What it returned stays the
// function's own: the script gets a copy. The text of a returned error reaches the script, so it must not hold what the
// script's author may not see.
type Function func(ctx context.Context, call FunctionCall) (any, error)

// FunctionCall is one call of a host function.
type FunctionCall struct {
	TenantID    uuid.UUID
	ScriptID    uuid.UUID
	ExecutionID uuid.UUID
	Args        []any // decoded: nil, bool, float64, string, []byte, []any and map[string]any

	name  string          // of the function
	host  *runHost        // of the execution; nil where it is not a script that calls
	outer *FunctionCall   // the call in which the execution was started, and that waits for it; nil for none
	typed **typedFunction // where it is not nil, a typed function says here what it is, and does nothing else
}

// Arg returns the argument at i, or nil when the script passed fewer.
func (c FunctionCall) Arg(i int) any {
	if i < 0 || i >= len(c.Args) {
		return nil
	}
	return c.Args[i]
}

// callKey carries the call in the context of a host function.
type callKey struct{}

// callContext is the context of a host function. It may be kept for as long as the run goes on, so the arguments, which can be large,
// are part of it only while the function runs.
type callContext struct {
	context.Context              //nolint:containedctx // a context itself
	call            FunctionCall // without arguments
	args            atomic.Pointer[[]any]
}

func newCallContext(ctx context.Context, call FunctionCall) *callContext {
	args := call.Args
	call.Args = nil
	c := &callContext{Context: ctx, call: call}
	c.args.Store(&args)
	return c
}

// Value returns the callContext for its key.
func (c *callContext) Value(key any) any {
	if key == (callKey{}) {
		return c
	}
	return c.Context.Value(key)
}

// String keeps the call out of what is printed.
func (c *callContext) String() string { return fmt.Sprintf("%v.WithCall(%s)", c.Context, c.call.name) }

// returned says that the function has returned.
func (c *callContext) returned() { c.args.Store(nil) }

// CallFrom returns the call that a host function was called with, from its ctx, so that what lies deeper than the function,
// and one made with [Func], knows whose script it works for. It reports false outside of host functions. After the function has
// returned the call has no arguments any more.
func CallFrom(ctx context.Context) (FunctionCall, bool) {
	c, ok := ctx.Value(callKey{}).(*callContext)
	if !ok {
		return FunctionCall{}, false
	}
	call := c.call
	if args := c.args.Load(); args != nil {
		call.Args = *args
	}
	return call, true
}

// FunctionOption is a setting of a granted function: [Uncounted], [DatabaseQuery], [Documented] or [Declared].
type FunctionOption func(*grant)

// Uncounted says that a function is a pure helper: its calls are not counted as API calls.
func Uncounted(g *grant) { g.uncounted = true }

// DatabaseQuery says that a function queries a database: its calls are counted as such, beside counting as API calls.
func DatabaseQuery(g *grant) { g.query = true }

// Documented says in words what a function does. The text goes into [Runtime.Declarations].
func Documented(text string) FunctionOption { return func(g *grant) { g.doc = text } }

// Declared is the signature with which a function that is not made with [Func] goes into [Runtime.Declarations], as
// TypeScript has it after the name of a method: "(sql: string, params?: any[]): Promise<object[]>". It says nothing to the
// script.
func Declared(signature string) FunctionOption { return func(g *grant) { g.signature = signature } }

type grant struct {
	fn        Function
	typed     *typedFunction // nil for one that is not
	uncounted bool
	query     bool
	doc       string
	signature string
}

var functionName = regexp.MustCompile(`^[A-Za-z_$][\w$]*((\.[A-Za-z_$][\w$]*)*|:[A-Za-z_$][\w$]*)$`)

// reservedNames are what a script expects to be something else than a granted function: its own parameters, the globals of
// the language and of the web platform, and the language's words.
var reservedNames = strings.Fields(`
	input context console events globalThis undefined NaN Infinity eval Function Object Array String Number Boolean Symbol
	BigInt Math Date JSON Reflect Proxy Promise RegExp Map Set WeakMap WeakSet WeakRef FinalizationRegistry Iterator
	Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError RateLimitError
	ArrayBuffer SharedArrayBuffer DataView Atomics Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
	Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Intl
	parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape
	setTimeout setInterval clearTimeout clearInterval queueMicrotask structuredClone
	reportError atob btoa crypto performance Crypto SubtleCrypto CryptoKey Performance DOMException Event CustomEvent EventTarget
	AbortController AbortSignal URL URLSearchParams TextEncoder TextDecoder ReadableStream ReadableStreamDefaultReader
	ReadableStreamDefaultController CountQueuingStrategy ByteLengthQueuingStrategy Blob File FormData Headers Request Response
	await break case catch class const continue debugger default delete do else enum export extends false finally for
	function if implements import in instanceof interface let new null package private protected public return static
	super switch this throw true try typeof var void while with yield`)

func (c *config) addFunction(name string, fn Function, opts []FunctionOption) error {
	field := fmt.Sprintf("function %q", name)
	root, _, _ := strings.Cut(name, ".")
	switch {
	case !functionName.MatchString(name):
		return invalid(field, "the name must be identifiers with dots between them, or two with a colon")
	case slices.Contains(reservedNames, root) || name == SecretsGet:
		return invalid(field, "the name is reserved")
	case fn == nil:
		return invalid(field, "must not be nil")
	}
	for other := range c.functions {
		if other == name {
			return invalid(field, "is granted twice")
		}
		if strings.HasPrefix(other, name+".") || strings.HasPrefix(name, other+".") {
			return invalid(field, "cannot be a function and hold the function %q or be held by it", other)
		}
	}
	g := grant{fn: fn, typed: typedOf(fn)}
	for _, opt := range opts {
		opt(&g)
	}
	if g.typed != nil && g.typed.err != nil {
		return invalid(field, "%v", g.typed.err)
	}
	if g.signature != "" && !isSignature(g.signature) {
		return invalid(field, `the signature must be like "(name: string): Promise<any>"`)
	}
	c.functions[name] = g
	return nil
}
