package jsruntime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// RunOption is a setting of one run.
type RunOption func(*invocation)

// WithRunAt makes a submitted run begin at t at the earliest, and within about a second after it; a time in the past means
// now. Execute and Call refuse it with a FieldError.
func WithRunAt(t time.Time) RunOption { return func(inv *invocation) { inv.runAt = t.UTC() } }

// WithDedupeKey makes the run the only one of the tenant with this key: another one with the same key is a
// [DuplicateError] that names the first one's execution. A key has 1 to 400 bytes. It outlives the execution, until
// [Retention.Keys], and stays with the first attempt where the work is repeated. A run whose caller waits has to be recorded
// with RecordAll to have one.
func WithDedupeKey(key string) RunOption {
	return func(inv *invocation) { inv.key, inv.hasKey = key, true }
}

const maxDedupeKeyBytes = 400

// Execute runs a script and waits until it has come to its end: trigger manual. The error is nil whenever there is an
// outcome; a script that throws, times out or breaks a limit is an Execution with that status. There is an error when
// there is no outcome: the script is not found or not active, the tenant has too many runs waiting, the input is no
// JSON, the Runtime is not started, or ctx ended first, which cancels the run.
func (rt *Runtime) Execute(ctx context.Context, tenantID, scriptID uuid.UUID, input map[string]any, opts ...RunOption) (Execution, error) {
	find := func() (ScriptRecord, error) { return rt.store.Script(ctx, tenantID, scriptID) }
	e, err := rt.begin(ctx, TriggerManual, input, opts, find, (*node).runAndWait)
	if err != nil {
		return nil, fmt.Errorf("execute script %s: %w", scriptID, err)
	}
	return e, nil
}

// Submit queues a run and returns its pending Execution once that is stored: trigger manual. The run survives a crash
// and a restart of the process. [Runtime.Wait] waits for its outcome. Where it fails and the script's [RetryPolicy] grants
// another attempt, or it is interrupted and repeated, that is another execution with the next Attempt and this one as its
// PreviousID.
func (rt *Runtime) Submit(ctx context.Context, tenantID, scriptID uuid.UUID, input map[string]any, opts ...RunOption) (Execution, error) {
	find := func() (ScriptRecord, error) { return rt.store.Script(ctx, tenantID, scriptID) }
	e, err := rt.begin(ctx, TriggerManual, input, opts, find, (*node).queue)
	if err != nil {
		return nil, fmt.Errorf("submit script %s: %w", scriptID, err)
	}
	return e, nil
}

// Call runs the tenant's script of the given name and returns its output: trigger api, for scripts embedded in Go
// code. What the script returns is as decoding JSON gives it: numbers are float64. A script that did not complete is
// a *[ScriptError]; other errors are those of Execute.
func (rt *Runtime) Call(ctx context.Context, tenantID uuid.UUID, name string, input map[string]any, opts ...RunOption) (any, error) {
	e, err := rt.call(ctx, tenantID, name, input, opts)
	if err != nil {
		return nil, fmt.Errorf("call script %q: %w", name, err)
	}
	return e.Output(), nil
}

// CallInto is [Runtime.Call] with the output decoded into a T as [encoding/json.Unmarshal] does. An output that is no T is an
// error that matches [ErrOutput]; the run has completed all the same.
func CallInto[T any](
	ctx context.Context, rt *Runtime, tenantID uuid.UUID, name string, input map[string]any, opts ...RunOption,
) (output T, err error) {
	e, err := rt.call(ctx, tenantID, name, input, opts)
	if err != nil {
		return output, fmt.Errorf("call script %q: %w", name, err)
	}
	var decoded T
	if err := json.Unmarshal(e.Record().Output, &decoded); err != nil {
		return output, fmt.Errorf("call script %q: %w of type %T: %w", name, ErrOutput, output, err)
	}
	return decoded, nil
}

// call runs the tenant's script of the name, and returns its execution when it has completed.
func (rt *Runtime) call(ctx context.Context, tenantID uuid.UUID, name string, input map[string]any, opts []RunOption) (Execution, error) {
	find := func() (ScriptRecord, error) { return rt.store.ScriptByName(ctx, tenantID, name) }
	e, err := rt.begin(ctx, TriggerAPI, input, opts, find, (*node).runAndWait)
	if err != nil {
		return nil, err
	}
	if failure := e.Failure(); failure != nil {
		return nil, failure
	}
	return e, nil
}

// begin makes an invocation of the script that find finds, and hands it to run.
func (rt *Runtime) begin(
	ctx context.Context, trigger TriggerType, input map[string]any, opts []RunOption,
	find func() (ScriptRecord, error), run func(*node, context.Context, *invocation) (Execution, error),
) (Execution, error) {
	n, err := rt.node()
	if err != nil {
		return nil, err
	}
	script, err := find()
	if err != nil {
		return nil, err
	}
	inv, err := newInvocation(script, trigger, input, opts)
	if err != nil {
		return nil, err
	}
	inv.cause = causeOf(ctx) // the caller may be a host function
	if err := checkDepth(inv.cause.depth); err != nil {
		return nil, err
	}
	return n.current(ctx, inv, run)
}

// Cancel stops an execution that is pending or running, and returns when that is recorded. One that has come to its
// end is a [TransitionError]. An execution that another process runs is recorded as cancelled at once; that process
// lets go of it when it wants to record the outcome.
func (rt *Runtime) Cancel(ctx context.Context, tenantID, executionID uuid.UUID) error {
	if err := rt.cancel(ctx, tenantID, executionID); err != nil {
		return fmt.Errorf("cancel execution %s: %w", executionID, err)
	}
	return nil
}

func (rt *Runtime) cancel(ctx context.Context, tenantID, executionID uuid.UUID) error {
	const reason = "cancelled by request"
	for {
		n := rt.liveNode()
		if n != nil {
			if r := n.runOf(tenantID, executionID); r != nil {
				if err := r.stopAndWait(ctx, reason); !errors.Is(err, errQueued) {
					return err
				}
			}
		}
		record, err := rt.store.Execution(ctx, tenantID, executionID)
		if err != nil {
			return err
		}
		if err := record.Status.TransitionTo(ExecutionCancelled); err != nil {
			return err
		}
		if record.Lease.Token > 0 && n != nil && record.Lease.Node == n.name {
			// Claimed by this process, and about to run: its run appears in a moment, or its outcome.
			if err := sleep(ctx, time.Millisecond); err != nil {
				return err
			}
			continue
		}
		if err := rt.cancelEarly(ctx, n, record, FailureCancelled, reason); !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

// Execution returns an execution by its id.
func (rt *Runtime) Execution(ctx context.Context, tenantID, executionID uuid.UUID) (Execution, error) {
	record, err := rt.store.Execution(ctx, tenantID, executionID)
	if err != nil {
		return nil, fmt.Errorf("execution %s: %w", executionID, err)
	}
	return RestoreExecution(record), nil
}

// Executions lists a tenant's executions, newest first.
func (rt *Runtime) Executions(ctx context.Context, tenantID uuid.UUID, f ExecutionFilter) (Page[Execution], error) {
	records, err := rt.store.Executions(ctx, tenantID, f)
	if err != nil {
		return Page[Execution]{}, fmt.Errorf("executions: %w", err)
	}
	page := Page[Execution]{Items: make([]Execution, len(records.Items)), Next: records.Next}
	for i, record := range records.Items {
		page.Items[i] = RestoreExecution(record)
	}
	return page, nil
}

// Logs returns what an execution wrote to its console, in order. They are stored with its outcome.
func (rt *Runtime) Logs(ctx context.Context, tenantID, executionID uuid.UUID) ([]LogEntry, error) {
	entries, err := rt.store.Logs(ctx, tenantID, executionID)
	if err != nil {
		return nil, fmt.Errorf("logs of execution %s: %w", executionID, err)
	}
	return entries, nil
}

// ExecutionCounts returns how many executions of a script there are by status, those that were pruned left out; the nil
// UUID counts all of the tenant. It costs the same however many there are.
func (rt *Runtime) ExecutionCounts(ctx context.Context, tenantID, scriptID uuid.UUID) (map[ExecutionStatus]int64, error) {
	counts, err := rt.store.CountExecutions(ctx, tenantID, scriptID)
	if err != nil {
		return nil, fmt.Errorf("count executions: %w", err)
	}
	return counts, nil
}

// invocation is what every trigger makes, and dispatch turns into an execution.
type invocation struct {
	script    *ScriptRecord // nobody may change it
	trigger   TriggerType
	data      TriggerData // with credentials
	input     json.RawMessage
	runAt     time.Time // zero for at once
	key       string    // as given with WithDedupeKey
	hasKey    bool
	dedupeKey string // as stored
	// fingerprint goes with the dedupe key of a request, which is recorded whatever the recording mode says.
	fingerprint string
	orderKey    string
	cause       cause
	maxWait     time.Duration // how long a waiting caller waits for a slot; 0 for as long as its context lasts
}

func newInvocation(script ScriptRecord, trigger TriggerType, input map[string]any, opts []RunOption) (*invocation, error) {
	inv := &invocation{script: &script, trigger: trigger, input: json.RawMessage("{}")}
	if input != nil {
		raw, err := encodeJSON("input", input)
		if err != nil {
			return nil, err
		}
		inv.input = raw
	}
	if err := checkSize("input", inv.input); err != nil {
		return nil, err
	}
	for _, opt := range opts {
		opt(inv)
	}
	if y := inv.runAt.Year(); !inv.runAt.IsZero() && (y < 1970 || y > 9999) {
		return nil, invalid("runAt", "must be in the years 1970 to 9999")
	}
	if inv.hasKey {
		if inv.key == "" || len(inv.key) > maxDedupeKeyBytes {
			return nil, invalid("dedupeKey", "must be 1 to %d bytes", maxDedupeKeyBytes)
		}
		inv.dedupeKey = "run:" + inv.key // events have keys of their own
	}
	return inv, nil
}

// record returns the pending execution of the invocation, as it is stored: without credentials.
func (inv *invocation) record(rt *Runtime, limits ResourceLimits) ExecutionRecord {
	now := time.Now().UTC()
	runAt := inv.runAt
	if runAt.Before(now) {
		runAt = now
	}
	return ExecutionRecord{
		ID:             uuid.Must(uuid.NewV7()),
		ScriptID:       inv.script.ID,
		TenantID:       inv.script.TenantID,
		Status:         ExecutionPending,
		TriggerType:    inv.trigger,
		TriggerData:    inv.data.redacted(rt.redact...),
		Input:          inv.input,
		Attempt:        1,
		CreatedAt:      now,
		RunAt:          runAt,
		Depth:          inv.cause.depth,
		CausedBy:       inv.cause.executionID,
		OrderKey:       inv.orderKey,
		DedupeKey:      inv.dedupeKey,
		Fingerprint:    inv.fingerprint,
		ConcurrencyCap: limits.MaxConcurrentRuns,
		Weight:         rt.weightOf(inv.script.TenantID),
	}
}

// sleep waits for d, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
