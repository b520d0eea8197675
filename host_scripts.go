package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

const (
	scriptsCall = "scripts.call"
	// callMaxWait is how long a called script waits for a slot, or until fewer runs of it go on.
	callMaxWait = 5 * time.Second
)

// WithScriptCalls lets scripts call other scripts of their tenant: await scripts.call(name, input) runs the active script of
// that name as [Runtime.Call] does, and resolves to its output. input is an object, or is left out. It counts as an API
// call, and ends with the run that calls. A script that does not complete rejects with an Error whose message is like
//
//	script "vat": TypeError: rate is not a number (execution 0198b1e4-...)
//
// Where it failed because a script that it called did, the message is that of the innermost one.
//
// A called script is an execution like any other, caused by the one that calls, with limits of its own. It takes its turn
// for a slot of its own, while the caller keeps its: where none becomes free within 5 seconds, or every slot is held by a
// run that calls, so that none ever would, the call fails with the text of [ErrOverloaded]. Calls go 8 deep, and a script
// that calls itself, by way of others too, as deep as its MaxConcurrentRuns lets it: then they fail with that of
// [ErrDepthLimit].
func WithScriptCalls() Option {
	return WithFunction(scriptsCall, callScript,
		Documented("Runs another script of the tenant by its name, and resolves to its output."),
		Declared("(name: string, input?: object): Promise<any>"))
}

// callScript is scripts.call(name, input).
func callScript(ctx context.Context, call FunctionCall) (any, error) {
	h := call.host
	name, ok := call.Arg(0).(string)
	if !ok || name == "" || len(name) > MaxNameBytes {
		return nil, invalid(scriptsCall, "the name must be that of a script")
	}
	input, err := h.inputOf(ctx, call.Arg(1))
	if err != nil {
		return nil, err
	}
	end, err := h.beginCalling()
	defer end()
	if err != nil {
		return nil, fmt.Errorf("script %q: %w", name, err)
	}
	find := func() (ScriptRecord, error) { return h.rt.store.ScriptByName(ctx, h.call.TenantID, name) }
	run := func(n *node, ctx context.Context, inv *invocation) (Execution, error) {
		inv.input, inv.maxWait = input, callMaxWait
		if err := checkRecursion(&call, inv.script); err != nil {
			return nil, err
		}
		return n.runAndWait(ctx, inv)
	}
	e, err := h.rt.begin(ctx, TriggerAPI, nil, nil, find, run)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("script %q: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, h.concealed(fmt.Sprintf("script %q", name), err)
	}
	if failure := e.Failure(); failure != nil { // whose kind says nothing about the caller
		if innermost := calledFailure.FindStringSubmatch(failure.Message); innermost != nil {
			return nil, errors.New(innermost[1])
		}
		return nil, fmt.Errorf("script %q: %s (execution %s)", name, failure.Message, e.ID())
	}
	return e.Record().Output, nil
}

// calledFailure matches the message of a script that did not catch what a call of another one was rejected with.
var calledFailure = regexp.MustCompile(`(?s)^Error: (script ".*": .* \(execution [0-9a-f-]{36}\))$`)

// inputOf returns what a script passes to another one.
func (h *runHost) inputOf(ctx context.Context, v any) (json.RawMessage, error) {
	if v == nil {
		v = map[string]any{}
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, invalid(scriptsCall, "the input must be an object")
	}
	done, err := h.encoding(ctx, "input", v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", scriptsCall, err)
	}
	defer done()
	raw, err := encodeJSON("input", v)
	if err == nil {
		err = checkSize("input", raw)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", scriptsCall, err)
	}
	return raw, nil
}

// beginCalling counts a run as one that calls, until end. When every slot is held by such a run, the called ones wait for
// slots that only they could free: so the last one must not wait.
func (h *runHost) beginCalling() (end func(), err error) {
	if h.calling.Add(1) == 1 {
		h.node.calling.Add(1)
	}
	if h.node.calling.Load() >= int64(h.rt.maxRuns) {
		err = fmt.Errorf("%w: every slot is held by a run that calls a script", ErrOverloaded)
	}
	return func() {
		if h.calling.Add(-1) == 0 {
			h.node.calling.Add(-1)
		}
	}, err
}

// checkRecursion refuses a call of a script whose runs wait for the called one, as many as it may have at once.
func checkRecursion(call *FunctionCall, script *ScriptRecord) error {
	waiting := 0
	for ; call != nil; call = call.outer {
		if call.ScriptID == script.ID {
			waiting++
		}
	}
	if waiting >= script.Limits.MaxConcurrentRuns {
		return fmt.Errorf("%w: %d runs of the script wait for one another, and it may have no more at once", ErrDepthLimit, waiting)
	}
	return nil
}

// concealed keeps from the script what is not its author's affair.
func (h *runHost) concealed(what string, err error) error {
	for _, known := range []error{
		ErrInvalid, ErrNotActive, ErrNotStarted, ErrOverloaded, ErrDepthLimit, context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	h.rt.logger.Error("asked for by a script, and not done", "what", what, "execution", h.call.ExecutionID, "error", err)
	return fmt.Errorf("%s: internal error", what)
}
