package jsruntime

import (
	"context"
	"errors"

	"github.com/google/uuid"
)

// run is an execution that this node has claimed, or that it runs without a record.
type run struct {
	tenant uuid.UUID
	cancel context.CancelCauseFunc // nobody wants it any more
	stop   context.CancelCauseFunc // the node stops what still runs
	ahead  *aheadRun               // nil for a run that does not begin ahead of its record
	done   chan struct{}           // closed when the outcome is recorded; nil while nobody waits for that
	ended  ExecutionStatus         // valid when done is closed; empty when no outcome could be recorded, pending when it begins anew
}

// Why a run's context ended, beside the request to cancel it.
var (
	errCallerGone = errors.New("the caller went away")
	errStopped    = errors.New("the runtime was stopped")
)

// beginRun makes a run known to Cancel, and returns a context with ctx's values. It ends when nobody wants the run any more: it was
// cancelled, ctx, which is its caller's, has ended, or the node has given up on the store; and when Stop cancels what still runs.
// The cause says which. end lets go of the context.
func (n *node) beginRun(ctx context.Context, record *ExecutionRecord) (running context.Context, end func()) {
	running, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	return running, n.addRun(ctx, record, &run{cancel: cancel, stop: cancel})
}

// prepareRun is beginRun for a run that has something to wait for before it begins. wanted ends when nobody wants the run any more,
// running also when Stop cancels what still runs.
func (n *node) prepareRun(ctx context.Context, record *ExecutionRecord) (wanted, running context.Context, end func()) {
	wanted, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	running, stop := context.WithCancelCause(wanted)
	return wanted, running, n.addRun(ctx, record, &run{cancel: cancel, stop: stop})
}

func (n *node) addRun(ctx context.Context, record *ExecutionRecord, r *run) (end func()) {
	r.tenant = record.TenantID
	left := func() bool { return true }
	if ctx.Done() != nil {
		left = context.AfterFunc(ctx, func() { r.cancel(errCallerGone) })
	}
	n.mu.Lock()
	n.running[record.ID] = r
	n.mu.Unlock()
	if n.ctx.Err() != nil { // perhaps before stopRuns could see it
		r.stop(errStopped)
	}
	if n.last.Err() != nil {
		r.cancel(errStopped)
	}
	return func() {
		left()
		r.stop(nil)
		r.cancel(nil)
	}
}

// stopRuns ends the contexts of what runs when those of the node end.
func (n *node) stopRuns() {
	each := func(do func(*run)) func() {
		return func() {
			n.mu.Lock()
			defer n.mu.Unlock()
			for _, r := range n.running {
				do(r)
			}
		}
	}
	context.AfterFunc(n.ctx, each(func(r *run) { r.stop(errStopped) }))
	context.AfterFunc(n.last, each(func(r *run) { r.cancel(errStopped) }))
}

// removeRun forgets a run whose outcome is recorded, and tells who cancelled it.
func (n *node) removeRun(id uuid.UUID, ended ExecutionStatus) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.running[id]; r != nil {
		r.ended = ended
		if r.done != nil {
			close(r.done)
		}
		delete(n.running, id)
	}
}

// runOf returns a run for [run.stopAndWait]; nil where the tenant has none with the id.
func (n *node) runOf(tenantID, id uuid.UUID) *run {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := n.running[id]
	if r == nil || r.tenant != tenantID {
		return nil
	}
	if r.done == nil {
		r.done = make(chan struct{})
	}
	return r
}

// stopAndWait cancels the run and waits until that is recorded. A run that ended otherwise before it could be stopped
// is a TransitionError.
func (r *run) stopAndWait(ctx context.Context, reason string) error {
	r.cancel(errors.New(reason))
	select {
	case <-r.done:
		switch r.ended {
		case ExecutionCancelled, "":
			return nil
		case ExecutionPending:
			return errQueued
		}
		return r.ended.TransitionTo(ExecutionCancelled)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// jobOf returns the job of a run that begins.
func jobOf(record *ExecutionRecord, script *ScriptRecord, data *TriggerData, limits ResourceLimits, host Host) *Job {
	return &Job{
		Source: Source{Text: script.Source, Language: script.Language},
		Input:  record.Input,
		Context: JobContext{
			Tenant:    JobTenant{ID: record.TenantID},
			Script:    JobScript{ID: script.ID, Name: script.Name, Version: script.VersionNumber},
			Execution: JobExecution{ID: record.ID, Attempt: record.Attempt},
			Trigger:   JobTrigger{Type: record.TriggerType, TriggerData: *data},
			Metadata:  script.Metadata,
		},
		Limits: limits,
		Host:   host,
	}
}

// settle gives the execution the status, output and failure of the result.
func settle(ctx context.Context, record *ExecutionRecord, result Result) {
	if result.Err == nil {
		result.Err = checkJSON("output", result.Output)
		if result.Err == nil {
			record.Status, record.Output = ExecutionCompleted, result.Output
			return
		}
		result.Err = &ScriptError{Kind: FailureOutput, Message: result.Err.Error()}
	}
	var failure *ScriptError
	if !errors.As(result.Err, &failure) {
		failure = &ScriptError{Kind: FailureEngine, Message: result.Err.Error()}
	}
	stored := *failure
	record.Failure = &stored
	switch stored.Kind {
	case FailureTimeout:
		record.Status = ExecutionTimeout
	case FailureCancelled:
		record.Status = ExecutionCancelled
		if cause := context.Cause(ctx); cause != nil {
			record.Failure.Message = cause.Error()
		}
	default:
		record.Status = ExecutionFailed
	}
}
