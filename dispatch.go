package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/uuid"
)

// callerGrace is how long a caller whose context ended waits for its run to be recorded as cancelled.
const callerGrace = time.Second

// waiter is a caller that waits for its execution, which is pending.
type waiter struct {
	ctx      context.Context
	inv      *invocation
	limits   ResourceLimits // of this run, when the caller came
	prompt   bool           // it was claimed at once, so what the caller found out still holds
	since    time.Time
	entering bool         // its run that is ahead is being put on record; guarded by the node's mu
	done     chan settled // gets how it ended, once
}

// settled is the terminal record of an execution, which is the caller's from then on, or why there is none to be had.
type settled struct {
	record *ExecutionRecord
	err    error
}

// execution is what the caller gets whose context was ctx, in e: one who went away gets no outcome that this has caused.
func (s settled) execution(ctx context.Context, e *execution) (Execution, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case s.record.Status == ExecutionCancelled && ctx.Err() != nil:
		return nil, ctx.Err()
	}
	e.record = *s.record
	return e, nil
}

// admit checks that the script may run, and returns the limits of the tenant.
func (n *node) admit(ctx context.Context, s *ScriptRecord) (ResourceLimits, error) {
	if s.Status != ScriptStatusActive {
		return ResourceLimits{}, fmt.Errorf("%w: its status is %q", ErrNotActive, s.Status)
	}
	if stuck := n.abandonedRuns(s.ID); stuck >= s.Limits.MaxConcurrentRuns {
		return ResourceLimits{}, fmt.Errorf("%w: %d runs of the script could not be stopped", ErrOverloaded, stuck)
	}
	return n.tenantCap(ctx, s.TenantID)
}

// limitsWithin bounds how long the application may think about a tenant's limits: where it hangs for one tenant, the ticks and
// runs of the others have to go on.
const limitsWithin = 2 * time.Second

func (n *node) tenantCap(ctx context.Context, tenantID uuid.UUID) (ResourceLimits, error) {
	if n.rt.tenantLimits == nil {
		return ResourceLimits{}, nil
	}
	ctx, done := context.WithTimeout(ctx, limitsWithin)
	defer done()
	limits, err := callTenantLimits(ctx, n.rt.tenantLimits, tenantID)
	if err != nil {
		return ResourceLimits{}, fmt.Errorf("%w %s: %w", errLimits, tenantID, err)
	}
	return limits, nil
}

// callTenantLimits makes an error of a panic: it is called on goroutines of the Runtime's own.
func callTenantLimits(ctx context.Context, fn TenantLimitsFunc, tenantID uuid.UUID) (limits ResourceLimits, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return fn(ctx, tenantID)
}

// errStale says that the script of an invocation was changed since it was read, so that it may not run now.
var errStale = errors.New("the script was changed")

// current runs an invocation with its script as it is.
func (n *node) current(ctx context.Context, inv *invocation, run func(*node, context.Context, *invocation) (Execution, error)) (Execution, error) {
	for {
		e, err := run(n, ctx, inv)
		if !errors.Is(err, errStale) {
			return e, err
		}
		if inv, err = n.again(ctx, inv); err != nil {
			return nil, err
		}
	}
}

// queue stores an invocation as a pending execution that any node may run.
func (n *node) queue(ctx context.Context, inv *invocation) (Execution, error) {
	tenantCap, err := n.admit(ctx, inv.script)
	if err != nil {
		return nil, err
	}
	record := inv.record(n.rt, tenantCap)
	n.makeRoom(ctx, record.ScriptID, inv.script.Limits.cappedBy(tenantCap).MaxConcurrentRuns-1)
	if err := n.create(ctx, &record, inv.script.Revision, nil); err != nil {
		return nil, n.whoseEnd(ctx, err)
	}
	return RestoreExecution(record), nil
}

// create stores a pending execution and, where there is a free slot, claims for it in the same step: a run that need not wait
// is then on record with one sync less. What it claims is whatever has its turn.
func (n *node) create(ctx context.Context, record *ExecutionRecord, revision int64, w *waiter) error {
	c := Creation{Executions: []ExecutionRecord{*record}, MaxPending: n.rt.maxPending, Revision: revision}
	running := n.enter()
	if running || w != nil { // Stop waits for it, so it has to end when Stop gives up
		var done context.CancelFunc
		ctx, done = until(ctx, n.last)
		defer done()
	}
	if running { // otherwise Stop would not wait for what is claimed
		defer n.runs.Done()
		if !n.leaseIsOver() && n.gate.reserveFree() {
			c.Claim = n.newClaim(1)
		}
	}
	created, err := n.rt.store.CreateExecutions(ctx, c)
	own := len(created.Claimed) == 1 && created.Claimed[0].ID == record.ID
	if own && w != nil {
		w.prompt = true
	}
	if c.Claim.Limit > 0 {
		n.took(c.Claim, created.Claimed, err)
	}
	if errors.Is(err, ErrConflict) {
		return errStale
	}
	if err != nil {
		return err
	}
	if !own {
		n.poke()
	}
	if created.IDs[0] != record.ID {
		return &DuplicateError{Field: "dedupeKey", ID: created.IDs[0]}
	}
	return nil
}

// again returns an invocation with its script as it is now. Stop may still read the one that was tried.
func (n *node) again(ctx context.Context, tried *invocation) (*invocation, error) {
	script, err := n.rt.store.Script(ctx, tried.script.TenantID, tried.script.ID)
	inv := *tried
	inv.script = &script
	return &inv, err
}

// runAndWait runs an invocation whose caller waits for the outcome.
func (n *node) runAndWait(ctx context.Context, inv *invocation) (_ Execution, err error) {
	defer func() { err = n.whoseEnd(ctx, err) }()
	if !inv.runAt.IsZero() {
		return nil, invalid("runAt", "is only for Submit")
	}
	tenantCap, err := n.admit(ctx, inv.script)
	if err != nil {
		return nil, err
	}
	if !n.enter() {
		return nil, ErrNotStarted
	}
	defer n.runs.Done()
	e := &execution{record: inv.record(n.rt, tenantCap)}
	e.record.Attached = true
	if mode := n.rt.recordingOf(inv.script.Type); mode != RecordAll && inv.fingerprint == "" {
		if inv.hasKey {
			return nil, invalid("dedupeKey", "needs executions of %s scripts to be recorded", inv.script.Type)
		}
		if err := n.runUnrecorded(ctx, inv, &e.record, tenantCap, mode); err != nil {
			return nil, err
		}
		return e, nil // nobody else has the record
	}
	return n.runRecorded(ctx, inv, e, tenantCap)
}

// runRecorded stores an execution whose caller waits, and waits for its outcome.
func (n *node) runRecorded(ctx context.Context, inv *invocation, e *execution, tenantCap ResourceLimits) (Execution, error) {
	record := &e.record
	record.Lease.Node = n.name
	w := &waiter{
		ctx: ctx, inv: inv, limits: inv.script.Limits.cappedBy(tenantCap), since: time.Now(), done: make(chan settled, 1),
	}
	if n.runAhead(record, w) {
		return n.await(ctx, e, w)
	}
	n.makeRoom(ctx, record.ScriptID, w.limits.MaxConcurrentRuns-1)
	if !n.addWaiter(record.ID, w) {
		return nil, ErrNotStarted
	}
	if err := n.create(ctx, record, inv.script.Revision, w); err != nil {
		n.takeWaiter(record.ID)
		return nil, err
	}
	return n.await(ctx, e, w)
}

// await waits for the outcome, the end of the caller's context, or the end of its patience.
func (n *node) await(ctx context.Context, e *execution, w *waiter) (Execution, error) {
	var impatient <-chan time.Time
	if w.inv.maxWait > 0 {
		t := time.NewTimer(w.inv.maxWait)
		defer t.Stop()
		impatient = t.C
	}
	for {
		select {
		case end := <-w.done:
			return end.execution(ctx, e)
		case <-impatient:
			if !n.stopWaiting(e.record.ID) {
				impatient = nil // it has begun
				continue
			}
			n.giveUpSoon(e.record, noSlot)
			return nil, errNoSlot
		case <-ctx.Done():
			if n.stopWaiting(e.record.ID) {
				n.giveUpSoon(e.record, errCallerGone.Error())
				return nil, ctx.Err()
			}
			select { // its run was cancelled with the context
			case <-w.done:
			case <-time.After(callerGrace):
			}
			return nil, ctx.Err()
		case <-n.last.Done():
			select { // the outcome as the store left it
			case end := <-w.done:
				return end.execution(ctx, e)
			case <-time.After(callerGrace):
			}
			return nil, errUnknownEnd
		}
	}
}

// giveUp records that a pending execution that nobody wants any more, such as one whose caller is gone, was cancelled. When it
// was claimed in this moment, its run finds no caller and does the same.
func (n *node) giveUp(record ExecutionRecord, reason string) {
	err := n.rt.cancelEarly(n.last, n, record, FailureCancelled, reason)
	if err != nil && !errors.Is(err, ErrConflict) {
		n.rt.logger.Error("execution not recorded as cancelled", "execution", record.ID, "error", err)
	}
}

// giveUpSoon is giveUp for a caller, who does not wait long for a slow store.
func (n *node) giveUpSoon(record ExecutionRecord, reason string) {
	done := make(chan struct{})
	n.runs.Go(func() {
		defer close(done)
		n.giveUp(record, reason)
	})
	select {
	case <-done:
	case <-time.After(callerGrace):
	}
}

// runClaimed runs an execution that this node has claimed, and records its outcome. It reports whether the store has it.
func (n *node) runClaimed(record *ExecutionRecord) (recorded bool) {
	release := func() { n.gate.endClaimed(record.ScriptID) } // which tells the dispatcher, if that waits for a slot
	ctx, data, w, err := n.callerOf(record)
	if a := n.aheadWith(record.ID); a != nil { // which the store did not let go on, or said so
		<-a.over
	}
	var script *ScriptRecord // nil where the caller is gone
	var limits ResourceLimits
	var wanted, running context.Context
	var end func()
	if w != nil && w.prompt && !n.leaseIsOver() {
		running, end = n.beginRun(ctx, record)
		script, limits = w.inv.script, w.limits
	} else {
		wanted, running, end = n.prepareRun(ctx, record)
		if err == nil {
			script, limits, err = n.scriptForSure(wanted, running, record)
		}
	}
	if err != nil {
		end()
		defer release()
		return n.recordNotRun(record, script, w, err)
	}
	n.makeRoom(running, record.ScriptID, limits.MaxConcurrentRuns)
	logs, abandoned := n.perform(running, record, script, data, limits, nil)
	end()
	o := &Outcome{Execution: *record, From: ExecutionRunning, Logs: logs}
	o.follow(script, errors.Is(context.Cause(running), errStopped))
	return n.recordEnd(o, w, func() { n.afterRun(record.ScriptID, abandoned, release) })
}

// recordEnd records the outcome of a run that has ended. leave is called for the run's slot. It reports whether the store has it.
func (n *node) recordEnd(o *Outcome, w *waiter, leave func()) (recorded bool) {
	n.outcomes <- struct{}{} // while too many wait for the store, no more scripts run
	leave()
	recorded = n.recordOutcome(o, w)
	<-n.outcomes
	if o.From != "" {
		n.poke() // in the store the run has only now made room for another one of its script
	}
	return recorded
}

// perform runs the script, and returns its logs and the channel of an abandoned run. The record becomes that of how it ended. It
// and what else is large comes by reference: by value it would make the caller's stack grow, again after each collection. A run that
// goes ahead of its record says so.
func (n *node) perform(
	ctx context.Context, record *ExecutionRecord, script *ScriptRecord, data *TriggerData, limits ResourceLimits, ahead *aheadRun,
) ([]LogEntry, <-chan struct{}) {
	host := &runHost{rt: n.rt, node: n, ahead: ahead, limit: limits.MaxAPICallsPerMinute, depth: record.Depth, call: FunctionCall{
		TenantID: record.TenantID, ScriptID: record.ScriptID, ExecutionID: record.ID,
	}, published: publications{work: record.work()}}
	host.call.host = host
	if outer, ok := ctx.Value(callKey{}).(*callContext); ok {
		host.call.outer = &outer.call
	}
	record.VersionNumber = script.VersionNumber
	if ahead == nil {
		record.StartedAt = time.Now().UTC()
		n.rt.publishStart(ctx, record)
	} else {
		record.StartedAt = ahead.started
		ahead.begin()
	}
	job := jobOf(record, script, data, limits, host)
	result := n.execute(ctx, job)
	record.CompletedAt = time.Now().UTC()
	record.Metrics = result.Metrics
	record.Metrics.Duration = record.CompletedAt.Sub(record.StartedAt)
	record.Metrics.APICallCount = int(host.calls.Load())
	record.Metrics.DatabaseQueryCount = int(host.queries.Load())
	record.LogsDropped = result.LogsDropped
	settle(ctx, record, result)
	return host.masks.outcome(record, result.Logs), result.Abandoned
}

// execute runs the job. An executor never panics by its contract; one that does must not take the process down.
func (n *node) execute(ctx context.Context, job *Job) (result Result) {
	defer func() {
		if r := recover(); r != nil {
			n.rt.logger.Error("executor panicked", "execution", job.Context.Execution.ID, "panic", r, "stack", string(debug.Stack()))
			result = Result{Err: &ScriptError{Kind: FailureEngine, Message: "internal error: the executor panicked"}}
		}
	}()
	return n.rt.executor.Run(ctx, *job)
}

// afterRun releases a run's slot: now, or when its abandoned realm comes back.
func (n *node) afterRun(scriptID uuid.UUID, abandoned <-chan struct{}, release func()) {
	if abandoned == nil {
		release()
		return
	}
	n.rt.logger.Warn("a script could not be stopped; its slot stays taken until it ends", "script", scriptID)
	n.countAbandoned(scriptID, 1)
	go func() { // ends with the realm, or with the node: an abandoned realm has no other owner
		select {
		case <-abandoned:
			n.countAbandoned(scriptID, -1)
			release()
		case <-n.ctx.Done():
		}
	}()
}
