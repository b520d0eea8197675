package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// limitsPatience is how long a claimed run waits for an application that does not tell the limits of its tenant.
const limitsPatience = 10 * time.Second

var (
	// errNotRun is matched by the reasons for which a claimed execution is cancelled before its script begins.
	errNotRun = errors.New("not run")
	// errStuck is matched by the one of them that may pass: too many runs of the script could not be stopped.
	errStuck = errors.New("runs of the script could not be stopped")
	// errLimits is matched when the application did not tell the limits of a tenant.
	errLimits  = errors.New("limits of tenant")
	errNoLease = errors.New("the node has no lease at present")
)

// callerOf finds the caller of an attached execution, and with it the context and the trigger's data with credentials.
func (n *node) callerOf(record *ExecutionRecord) (context.Context, *TriggerData, *waiter, error) {
	if !record.Attached {
		return context.Background(), &record.TriggerData, nil, nil // the run ends with the node
	}
	w := n.takeWaiter(record.ID)
	if w == nil {
		return context.Background(), nil, nil, fmt.Errorf("%w: %w", errNotRun, errCallerGone)
	}
	return w.ctx, &w.inv.data, w, nil
}

// scriptForSure is scriptFor for a run that was claimed, and so has to come to an end that its script is the cause of: it
// is tried for as long as the store is away. It ends with wanted and with running, as beginRun says, and when it is the
// application that does not answer. A run that Stop kept from beginning gets errStopped.
func (n *node) scriptForSure(wanted, running context.Context, record *ExecutionRecord) (script *ScriptRecord, limits ResourceLimits, err error) {
	var silent time.Time        // since when the application has not told the limits
	doubtful := n.leaseIsOver() // whether others may have taken the run over since it was claimed
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if doubtful {
			err = n.confirm(wanted, record)
		}
		if !doubtful || err == nil {
			script, limits, err = n.scriptFor(wanted, record)
		}
		theirs := errors.Is(err, errLimits)
		switch {
		case err == nil, !theirs && (errors.Is(err, errNotRun) || errors.Is(err, ErrClosed)):
			return script, limits, err
		case !theirs:
			silent = time.Time{}
		case silent.IsZero():
			silent = time.Now()
		case time.Since(silent) >= limitsPatience:
			return script, limits, err
		}
		if wait == 10*time.Millisecond && wanted.Err() == nil {
			n.rt.logger.Error("execution not begun yet", "execution", record.ID, "script", record.ScriptID, "error", err)
		}
		doubtful = true
		if sleep(running, wait) != nil {
			if cause := context.Cause(wanted); cause != nil && !errors.Is(cause, errStopped) { // before or after Stop
				return script, limits, fmt.Errorf("%w: %w", errNotRun, cause)
			}
			return script, limits, errStopped
		}
	}
}

// confirm makes sure that a run which was claimed a while ago is the node's still. With a lease that lasts, and the record
// as it was claimed, nobody else ends the run or begins it once more.
func (n *node) confirm(ctx context.Context, record *ExecutionRecord) error {
	if n.leaseIsOver() {
		return errNoLease
	}
	stored, err := n.rt.store.Execution(ctx, record.TenantID, record.ID)
	if errors.Is(err, ErrNotFound) || err == nil && (stored.Status != ExecutionRunning || stored.Lease.Token != record.Lease.Token) {
		return fmt.Errorf("%w: it was ended elsewhere", errNotRun)
	}
	return err
}

// scriptFor returns the script as it is now, and the limits of this run.
func (n *node) scriptFor(ctx context.Context, record *ExecutionRecord) (*ScriptRecord, ResourceLimits, error) {
	stored, err := n.rt.store.Script(ctx, record.TenantID, record.ScriptID)
	script := &stored
	if errors.Is(err, ErrNotFound) {
		return script, ResourceLimits{}, fmt.Errorf("%w: the script was deleted", errNotRun)
	}
	if err != nil {
		return script, ResourceLimits{}, err
	}
	if script.Status != ScriptStatusActive && script.Status != ScriptStatusPaused { // paused since it was claimed
		return script, ResourceLimits{}, fmt.Errorf("%w: the script is %s", errNotRun, script.Status)
	}
	if stuck := n.abandonedRuns(script.ID); stuck >= script.Limits.MaxConcurrentRuns {
		return script, ResourceLimits{}, fmt.Errorf("%w: %d %w", errNotRun, stuck, errStuck)
	}
	tenantCap, err := n.tenantCap(ctx, record.TenantID)
	return script, script.Limits.cappedBy(tenantCap), err
}

// recordNotRun records how a claimed execution ended whose script never began. One that nobody waits for and that only
// Stop kept from beginning goes back to the queue: as its next attempt, since what is running cannot become pending. It uses
// up none of the attempts that the script's policy grants. One that found too many runs of its script that could not be stopped
// has failed, so that the work is tried again or becomes a dead letter.
func (n *node) recordNotRun(record *ExecutionRecord, script *ScriptRecord, w *waiter, reason error) (recorded bool) {
	o := &Outcome{Execution: *record, From: ExecutionRunning}
	switch e := &o.Execution; {
	case errors.Is(reason, errStopped) && !record.Attached:
		e.Status = ExecutionFailed
		e.Failure = &ScriptError{Kind: FailureInterrupted, Message: "interrupted: the runtime was stopped before the script began"}
		o.Next = nextAttempt(*record, 0)
	case errors.Is(reason, errStuck) && !record.Attached:
		e.Status, e.Failure = ExecutionFailed, &ScriptError{Kind: FailureEngine, Message: reason.Error()}
		o.follow(script, false)
	case errors.Is(reason, errStopped), errors.Is(reason, errNotRun):
		why := strings.TrimPrefix(reason.Error(), errNotRun.Error()+": ") // which the status says
		e.Status, e.Failure = ExecutionCancelled, &ScriptError{Kind: FailureCancelled, Message: why}
	default:
		n.rt.logger.Error("execution not run", "execution", record.ID, "script", record.ScriptID, "error", reason)
		e.Status = ExecutionFailed
		e.Failure = &ScriptError{Kind: FailureEngine, Message: "internal error: the run could not be prepared"}
		o.follow(script, false)
	}
	o.Execution.StartedAt, o.Execution.CompletedAt = time.Time{}, time.Now().UTC()
	return n.recordOutcome(o, w)
}
