package jsruntime

import (
	"context"
	"errors"
	"fmt"
)

// noSlot is why a run is given up whose caller waited as long as it wanted to.
const noSlot = "no slot became free in time"

// errNoSlot tells that caller so.
var errNoSlot = fmt.Errorf("%w: %s", ErrOverloaded, noSlot)

// runUnrecorded runs an invocation without the store's queue; at its end it is recorded as the mode says. The record becomes
// that of how it ended.
func (n *node) runUnrecorded(ctx context.Context, inv *invocation, record *ExecutionRecord, tenantCap ResourceLimits, mode RecordingMode) error {
	limits := inv.script.Limits.cappedBy(tenantCap)
	waited, err := n.waitForSlot(ctx, inv, record, limits.MaxConcurrentRuns)
	if err != nil {
		return err
	}
	script := inv.script
	if waited { // it may have changed meanwhile
		if script, limits, err = n.scriptAfterWait(ctx, record); err != nil {
			n.gate.release(record.ScriptID)
			return err
		}
	}
	record.Status = ExecutionRunning
	running, end := n.beginRun(ctx, record)
	logs, abandoned := n.perform(running, record, script, &inv.data, limits, nil)
	end()
	scriptID := record.ScriptID
	n.afterRun(scriptID, abandoned, func() { n.gate.release(scriptID) })
	defer n.removeRun(record.ID, record.Status)
	if mode == RecordOutcomes || mode == RecordFailures && record.Status != ExecutionCompleted {
		if err := n.recordAtEnd(ctx, Outcome{Execution: *record, Logs: logs}); err != nil {
			return err
		}
	}
	n.rt.publishOutcome(ctx, record)
	return ctx.Err()
}

// scriptAfterWait returns the script, and the limits, of an unrecorded run that had to wait for its slot.
func (n *node) scriptAfterWait(ctx context.Context, record *ExecutionRecord) (*ScriptRecord, ResourceLimits, error) {
	reading, done := until(ctx, n.last)
	defer done()
	script, limits, err := n.scriptFor(reading, record)
	if errors.Is(err, errNotRun) {
		err = fmt.Errorf("%w: %w", ErrNotActive, err)
	}
	return script, limits, err
}

// recordAtEnd stores an execution that was not on record while it ran.
func (n *node) recordAtEnd(ctx context.Context, o Outcome) error {
	lasting, done := until(context.WithoutCancel(ctx), n.last)
	defer done()
	if err := n.rt.store.FinishExecution(lasting, o); err != nil {
		return fmt.Errorf("record the outcome of execution %s: %w", o.Execution.ID, err)
	}
	return nil
}

// waitForSlot takes a slot for an unrecorded run, and reports whether it had to wait.
func (n *node) waitForSlot(ctx context.Context, inv *invocation, record *ExecutionRecord, maxRuns int) (waited bool, err error) {
	if n.gate.acquireFree(record.ScriptID, maxRuns) {
		return false, nil
	}
	waitCtx, cancel := until(ctx, n.loops)
	defer cancel()
	if inv.maxWait > 0 {
		waitCtx, cancel = context.WithTimeoutCause(waitCtx, inv.maxWait, errNoSlot)
		defer cancel()
	}
	waited, err = n.gate.acquire(waitCtx, record.TenantID, record.ScriptID, maxRuns, record.Weight, n.rt.maxPending)
	if err != nil && ctx.Err() == nil && n.loops.Err() != nil {
		err = ErrNotStarted
	}
	return waited, err
}
