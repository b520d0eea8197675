package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/google/uuid"
)

// Host is the one door out of a running script: every host function that it calls goes through Call, so that the
// budget, the counters, cancellation and the log are in one place. An executor in another process only has to carry
// this one call.
//
// Arguments and replies are values, never shared pointers: nil, bool, float64, string, []byte, []any and
// map[string]any of these. A []byte becomes a Uint8Array in the script.
type Host interface {
	// Functions returns the names of the functions that the script may call, sorted. "billing.charge" becomes the
	// method charge of a global object billing. A name with a colon such as "fetch:send" is never a global: it is for the
	// library that the executor itself brings into the realm, as the host's half of one of its functions.
	Functions() []string

	// Call calls one of them. It may be called concurrently, and ends when ctx does. Its error reaches the script as
	// a rejected promise with the error's text as message; one that matches ErrRateLimit as a RateLimitError.
	//
	// Two names are always there, whatever Functions says. "secrets.get" with the secret's name as only argument is
	// context.secrets.get. "events.publish" with a type and a payload is a global of that name: it publishes an event and
	// returns the event's id.
	Call(ctx context.Context, name string, args []any) (any, error)
}

// SecretsGet is the name by which a script's context.secrets.get goes through [Host.Call].
const SecretsGet = "secrets.get"

// EventsPublish is the name by which a script's events.publish goes through [Host.Call].
const EventsPublish = "events.publish"

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

	masks *masks // of the execution; nil outside of one
}

// Arg returns the argument at i, or nil when the script passed fewer.
func (c FunctionCall) Arg(i int) any {
	if i < 0 || i >= len(c.Args) {
		return nil
	}
	return c.Args[i]
}

// FunctionOption is a setting of a granted function: [Uncounted] or [DatabaseQuery].
type FunctionOption func(*grant)

// Uncounted says that a function is a pure helper: its calls are not counted as API calls.
func Uncounted(g *grant) { g.uncounted = true }

// DatabaseQuery says that a function queries a database: its calls are counted as such, beside counting as API calls.
func DatabaseQuery(g *grant) { g.query = true }

type grant struct {
	fn        Function
	uncounted bool
	query     bool
}

var functionName = regexp.MustCompile(`^[A-Za-z_$][\w$]*((\.[A-Za-z_$][\w$]*)*|:[A-Za-z_$][\w$]*)$`)

// reservedNames are what a script expects to be something else than a granted function: its own parameters and the
// globals of the language and of the web platform.
var reservedNames = strings.Fields(`
	input context console events globalThis undefined NaN Infinity eval Function Object Array String Number Boolean Symbol
	BigInt Math Date JSON Reflect Proxy Promise RegExp Map Set WeakMap WeakSet WeakRef FinalizationRegistry Iterator
	Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError RateLimitError
	ArrayBuffer SharedArrayBuffer DataView Atomics Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
	Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Intl
	parseInt parseFloat isNaN isFinite encodeURI encodeURIComponent decodeURI decodeURIComponent escape unescape
	setTimeout setInterval clearTimeout clearInterval queueMicrotask structuredClone
	URL URLSearchParams TextEncoder TextDecoder crypto Crypto CryptoKey SubtleCrypto performance Performance`)

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
	g := grant{fn: fn}
	for _, opt := range opts {
		opt(&g)
	}
	c.functions[name] = g
	return nil
}

// runHost is the Host of one execution.
type runHost struct {
	rt        *Runtime
	node      *node
	call      FunctionCall // without arguments
	limit     int          // MaxAPICallsPerMinute
	depth     int          // of the execution
	masks     masks
	calls     atomic.Int64
	queries   atomic.Int64
	published publications
	large     chan struct{} // holds a token while a large payload is published
}

func (h *runHost) Functions() []string { return slices.Sorted(maps.Keys(h.rt.functions)) }

func (h *runHost) Call(ctx context.Context, name string, args []any) (any, error) {
	switch name {
	case SecretsGet:
		return h.secret(ctx, args)
	case EventsPublish:
		return h.publish(ctx, args)
	}
	g, ok := h.rt.functions[name]
	if !ok {
		return nil, fmt.Errorf("function %s: %w", name, ErrNotFound)
	}
	if !g.uncounted {
		if err := h.take(ctx); err != nil {
			return nil, err
		}
	}
	if g.query {
		h.queries.Add(1)
	}
	call := h.call
	call.Args, call.masks = args, &h.masks
	reply, err := h.invoke(context.WithValue(ctx, causeKey{}, cause{h.depth + 1, h.call.ExecutionID}), name, g.fn, call)
	if err != nil {
		return nil, err
	}
	return plainValue(reply)
}

// take counts an API call, or returns ErrRateLimit. What the store says where it cannot tell is not the script's affair.
func (h *runHost) take(ctx context.Context) error {
	err := h.rt.takeCall(ctx, h.call, h.limit)
	switch {
	case err == nil:
		h.calls.Add(1)
	case ctx.Err() != nil:
		return ctx.Err()
	case !errors.Is(err, ErrRateLimit):
		h.rt.logger.Error("api call refused", "execution", h.call.ExecutionID, "error", err)
		return errors.New("budget of the script: internal error")
	}
	return err
}

// invoke calls the application's function. A panic of it must not take the process down, nor show to the script.
func (h *runHost) invoke(ctx context.Context, name string, fn Function, call FunctionCall) (reply any, err error) {
	defer func() {
		if r := recover(); r != nil {
			h.rt.logger.Error("host function panicked", "function", name, "execution", call.ExecutionID,
				"panic", r, "stack", string(debug.Stack()))
			reply, err = nil, fmt.Errorf("function %s: internal error", name)
		}
	}()
	return fn(ctx, call)
}

// cause is what an execution starts with: the causation depth of that, and the execution.
type cause struct {
	depth       int
	executionID uuid.UUID
}

// causeKey carries, in the context of a host function, the cause of what that function starts.
type causeKey struct{}

// causeOf returns the cause of what is started with ctx: none outside of host functions.
func causeOf(ctx context.Context) cause {
	c, _ := ctx.Value(causeKey{}).(cause)
	return c
}

func (h *runHost) secret(ctx context.Context, args []any) (any, error) {
	name, ok := FunctionCall{Args: args}.Arg(0).(string)
	switch {
	case !ok || name == "":
		return nil, invalid("secrets.get", "the name must be a string that is not empty")
	case h.rt.secrets == nil:
		return nil, fmt.Errorf("secret %q: %w", name, ErrNotFound)
	}
	fn := func(ctx context.Context, call FunctionCall) (any, error) {
		return h.rt.secrets(ctx, call.TenantID, name)
	}
	value, err := h.invoke(ctx, SecretsGet, fn, h.call)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("secret %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}
