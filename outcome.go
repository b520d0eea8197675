package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// How often, and how long after the try before, the node tries a thing once more after Stop has cancelled what runs.
const (
	lastTries = 5
	lastWait  = 20 * time.Millisecond
)

// errUnknownEnd is what a caller learns when the node gives up on the store before that has answered.
var errUnknownEnd = fmt.Errorf("%w: the runtime was stopped while the store did not answer", ErrInterrupted)

// whoseEnd tells a caller the end of the node from the end of its own ctx.
func (n *node) whoseEnd(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() == nil && n.last.Err() != nil {
		return errUnknownEnd
	}
	return err
}

// recordOutcome stores how a claimed execution ended, tells the bus and the caller. It tries until the store takes it
// or the node is gone; then the lease runs out, and recovery ends the execution. It reports whether the store has an end of it.
func (n *node) recordOutcome(o *Outcome, w *waiter) (recorded bool) {
	ended := &o.Execution
	id, tenant := ended.ID, ended.TenantID
	err := n.finish(o)
	if errors.Is(err, ErrInvalid) { // the store will never take it: what can be kept of it is that it was
		n.rt.logger.Error("outcome not recorded as it is", "execution", id, "error", err)
		ended.Status, ended.Output, ended.TriggerData = ExecutionFailed, nil, TriggerData{}
		ended.Failure = &ScriptError{Kind: FailureEngine, Message: "internal error: the store refused the outcome"}
		err = n.finish(&Outcome{Execution: *ended, From: o.From, Revision: o.Revision, Next: o.Next})
	}
	if errors.Is(err, errStale) { // nobody has seen anything of the run
		n.removeRun(id, "")
		w.done <- settled{err: err}
		return true
	}
	status := ended.Status
	recorded = err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound)
	switch {
	case err == nil:
		ended.Lease = Lease{}
		if o.From == "" {
			n.rt.publishStart(context.Background(), ended)
		}
		n.rt.publishOutcome(context.Background(), ended)
		n.cancelUnwanted(o.Next)
	case recorded: // cancelled or taken over elsewhere
		n.rt.logger.Warn("outcome dropped: the execution was ended elsewhere", "execution", id)
		status = ""
		var stored ExecutionRecord
		if stored, err = n.rt.store.Execution(n.last, tenant, id); err == nil {
			ended, status = &stored, stored.Status
		}
	default:
		n.rt.logger.Error("outcome not recorded", "execution", id, "error", err)
		status = ""
	}
	if err != nil {
		err = fmt.Errorf("outcome not recorded: %w", err)
	}
	n.removeRun(id, status)
	if w != nil {
		w.done <- settled{record: ended, err: err}
	}
	return recorded
}

// cancelUnwanted ends the next attempt at work whose script was switched off or deleted while the one before ran: who did that
// has not found it among the pending ones. What is due at once, its claimer ends.
func (n *node) cancelUnwanted(next *ExecutionRecord) {
	if next == nil || !next.RunAt.After(next.CreatedAt) {
		return
	}
	script, err := n.rt.store.Script(n.last, next.TenantID, next.ScriptID)
	switch {
	case errors.Is(err, ErrNotFound):
		n.giveUp(*next, "the script was deleted")
	case err != nil:
		n.rt.logger.Error("next attempt not looked after", "execution", next.ID, "error", err)
	case script.Status != ScriptStatusActive && script.Status != ScriptStatusPaused:
		n.giveUp(*next, "the script was "+string(script.Status))
	}
}

// complete adds to an outcome what follows from it.
func (o *Outcome) complete() {
	if o.Next != nil {
		o.Execution.NextID = o.Next.ID
	}
	o.settleKey()
}

// finish stores an outcome, however long that takes while the node lives. A write that was done although the store
// said that it was not is found out by the next try.
func (n *node) finish(o *Outcome) error {
	o.complete()
	ended := &o.Execution
	last := lastTries
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := n.rt.store.FinishExecution(n.last, *o)
		if errors.Is(err, ErrConflict) && (o.From == "" || wait > 10*time.Millisecond) {
			stored, readErr := n.rt.store.Execution(n.last, ended.TenantID, ended.ID)
			switch {
			case readErr == nil && stored.Status == ended.Status && stored.CompletedAt.Equal(ended.CompletedAt):
				return nil
			case o.From == "" && errors.Is(readErr, ErrNotFound):
				return errStale
			case o.From == "" && readErr != nil:
				err = readErr
			}
		}
		if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrClosed) || errors.Is(err, ErrInvalid) {
			return err
		}
		n.rt.logger.Warn("outcome not recorded yet", "execution", ended.ID, "error", err)
		if sleep(n.ctx, wait) == nil {
			continue
		}
		if last--; last == 0 || sleep(n.last, lastWait) != nil {
			return err
		}
	}
}

// cancelEarly records that a pending execution, or one whose node is gone, was cancelled.
func (rt *Runtime) cancelEarly(ctx context.Context, n *node, record ExecutionRecord, kind FailureKind, reason string) error {
	return rt.endEarly(ctx, n, record, ExecutionCancelled, kind, reason, nil)
}

// endEarly records the end of an execution that this process does not run: one that is pending, or whose node is gone. The
// next attempt, if there is one, is stored in the same step.
func (rt *Runtime) endEarly(
	ctx context.Context, n *node, record ExecutionRecord, to ExecutionStatus, kind FailureKind, reason string, next *ExecutionRecord,
) error {
	from := record.Status
	if err := from.TransitionTo(to); err != nil {
		return err
	}
	record.Status = to
	record.CompletedAt = time.Now().UTC()
	record.Failure = &ScriptError{Kind: kind, Message: reason}
	if !record.StartedAt.IsZero() {
		record.Metrics.Duration = record.CompletedAt.Sub(record.StartedAt)
	}
	o := Outcome{Execution: record, From: from, Next: next}
	o.complete()
	if err := rt.store.FinishExecution(ctx, o); err != nil {
		return err
	}
	record.Lease = Lease{}
	rt.publishOutcome(ctx, &record)
	if n != nil {
		if w := n.takeWaiter(record.ID); w != nil {
			w.done <- settled{record: &record}
		}
		n.poke()
	}
	return nil
}

// cancelPending ends the pending executions of a script that will not run again.
func (rt *Runtime) cancelPending(ctx context.Context, tenantID, scriptID uuid.UUID, reason string) error {
	n := rt.liveNode()
	filter := ExecutionFilter{ScriptID: scriptID, Statuses: []ExecutionStatus{ExecutionPending}}
	filter.Limit = MaxPageLimit
	for {
		counts, err := rt.store.CountExecutions(ctx, tenantID, scriptID)
		if err != nil || counts[ExecutionPending] == 0 {
			return err
		}
		page, err := rt.store.Executions(ctx, tenantID, filter)
		if err != nil {
			return err
		}
		err = eachAtOnce(page.Items, func(record ExecutionRecord) error {
			err := rt.cancelEarly(ctx, n, record, FailureCancelled, reason)
			if errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalidTransition) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
		if filter.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// publish tells the bus what was recorded. It cannot fail what it tells of; a bus that refuses is logged.
func (rt *Runtime) publish(ctx context.Context, eventType string, tenantID uuid.UUID, by cause, payload any) {
	if rt.unheard(eventType, tenantID) {
		return
	}
	e := NewEvent(tenantID, eventType, payload)
	e.Depth, e.CausedBy = by.depth, by.executionID
	if err := rt.bus.Publish(context.WithoutCancel(ctx), e); err != nil {
		rt.logger.Error("lifecycle event not published", "type", eventType, "tenant", tenantID, "error", err)
	}
}

// unheard reports whether nobody would get an event: each run has several, and most have nobody who listens.
func (rt *Runtime) unheard(eventType string, tenantID uuid.UUID) bool {
	b, ok := rt.bus.(*Bus)
	return ok && !b.delivers(Event{Type: eventType, TenantID: tenantID})
}

// publishStart tells the bus that a script begins to run.
func (rt *Runtime) publishStart(ctx context.Context, r *ExecutionRecord) {
	if rt.unheard(EventExecutionStarted, r.TenantID) {
		return
	}
	rt.publish(ctx, EventExecutionStarted, r.TenantID, cause{r.Depth + 1, r.ID}, ExecutionStartedEvent{
		ExecutionID: r.ID, ScriptID: r.ScriptID, TenantID: r.TenantID, TriggerType: r.TriggerType, StartedAt: r.StartedAt,
	})
}

// endEvents are the types of the events that tell of an execution's end.
var endEvents = map[ExecutionStatus]string{
	ExecutionCompleted: EventExecutionCompleted, ExecutionFailed: EventExecutionFailed,
	ExecutionTimeout: EventExecutionTimeout, ExecutionCancelled: EventExecutionCancelled,
}

// publishOutcome tells the bus, and those who wait, how an execution ended.
func (rt *Runtime) publishOutcome(ctx context.Context, r *ExecutionRecord) {
	rt.watchers.tell(r.ID)
	eventType := endEvents[r.Status]
	if rt.unheard(eventType, r.TenantID) {
		return
	}
	var payload any
	switch r.Status {
	case ExecutionCompleted:
		payload = ExecutionCompletedEvent{
			ExecutionID: r.ID, ScriptID: r.ScriptID, TenantID: r.TenantID,
			Duration: r.Metrics.Duration, CompletedAt: r.CompletedAt,
		}
	case ExecutionTimeout:
		payload = ExecutionTimeoutEvent{
			ExecutionID: r.ID, ScriptID: r.ScriptID, TenantID: r.TenantID,
			Duration: r.Metrics.Duration, TimeoutAt: r.CompletedAt,
		}
	case ExecutionCancelled:
		payload = ExecutionCancelledEvent{
			ExecutionID: r.ID, ScriptID: r.ScriptID, TenantID: r.TenantID,
			Reason: r.Failure.Message, CancelledAt: r.CompletedAt,
		}
	default:
		payload = ExecutionFailedEvent{
			ExecutionID: r.ID, ScriptID: r.ScriptID, TenantID: r.TenantID,
			Error: r.Failure.Error(), FailedAt: r.CompletedAt,
		}
	}
	rt.publish(ctx, eventType, r.TenantID, cause{r.Depth + 1, r.ID}, payload)
}
