package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
	// a rejected promise with the error's text as message; one that matches ErrRateLimit as a RateLimitError, whose retryAfter
	// is the RetryAfter of a [RateLimitError], in seconds, and undefined where there is none.
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

// runHost is the Host of one execution.
type runHost struct {
	rt        *Runtime
	node      *node
	ahead     *aheadRun    // nil for a run that is on record
	call      FunctionCall // without arguments
	limit     int          // MaxAPICallsPerMinute
	depth     int          // of the execution
	masks     masks
	calls     atomic.Int64
	queries   atomic.Int64
	calling   atomic.Int64 // calls of scripts that go on
	published publications
	large     chan struct{} // see oneLarge
}

func (h *runHost) Functions() []string { return h.rt.functionNames }

func (h *runHost) Call(ctx context.Context, name string, args []any) (any, error) {
	if h.ahead != nil {
		if err := h.ahead.enter(ctx); err != nil {
			return nil, err
		}
	}
	reply, err := h.reply(ctx, name, args)
	if err != nil {
		return nil, h.masks.error(err)
	}
	return reply, nil
}

func (h *runHost) reply(ctx context.Context, name string, args []any) (any, error) {
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
		if err := h.take(ctx, name); err != nil {
			return nil, err
		}
	}
	if g.query {
		h.queries.Add(1)
	}
	reply, err := h.invoke(ctx, name, g.fn, args)
	if err != nil {
		return nil, err
	}
	return plainValue(reply)
}

// take counts an API call of a function, or returns a RateLimitError. What the store says where it cannot tell is not the
// script's affair.
func (h *runHost) take(ctx context.Context, function string) error {
	call := h.call
	call.name = function
	err := h.rt.takeCall(ctx, call, h.limit)
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
func (h *runHost) invoke(ctx context.Context, name string, fn Function, args []any) (reply any, err error) {
	call := h.call
	call.Args, call.name = args, name
	calling := newCallContext(ctx, call)
	defer func() {
		calling.returned()
		if r := recover(); r != nil {
			h.rt.logger.Error("host function panicked", "function", name, "execution", h.call.ExecutionID,
				"panic", r, "stack", string(debug.Stack()))
			reply, err = nil, fmt.Errorf("function %s: internal error", name)
		}
	}()
	reply, err = fn(calling, call) //nolint:contextcheck // it is ctx, and the call
	if err == nil {
		err = h.masks.full()
	}
	return reply, err
}

// cause is what an execution starts with: the causation depth of that, and the execution.
type cause struct {
	depth       int
	executionID uuid.UUID
}

// causeOf returns the cause of what is started with ctx: none outside of host functions.
func causeOf(ctx context.Context) cause {
	call, _ := CallFrom(ctx)
	if call.host == nil {
		return cause{}
	}
	return cause{call.host.depth + 1, call.ExecutionID}
}

func (h *runHost) secret(ctx context.Context, args []any) (any, error) {
	name, ok := FunctionCall{Args: args}.Arg(0).(string)
	switch {
	case !ok || name == "":
		return nil, invalid("secrets.get", "the name must be a string that is not empty")
	case h.rt.secrets == nil:
		return nil, fmt.Errorf("secret %q: %w", name, ErrNotFound)
	}
	if err := h.take(ctx, SecretsGet); err != nil {
		return nil, err
	}
	fn := func(ctx context.Context, call FunctionCall) (any, error) {
		value, err := h.rt.secrets(ctx, call.TenantID, name)
		if err == nil {
			call.Mask(value)
		}
		return value, err
	}
	value, err := h.invoke(ctx, SecretsGet, fn, args)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("secret %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return value, nil
}
