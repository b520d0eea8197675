package jsruntime

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime/internal/stack"
)

// headStart is how long a run may be ahead of its record.
const headStart = 5 * time.Millisecond

// errQueued says that a run which was ahead of its record has to wait for its turn, and begins anew then.
var errQueued = errors.New("the execution waits for its turn")

// errOver is what a call of the host learns that comes after the end of its run.
var errOver = errors.New("the run has ended")

// aheadRun is a run that begins before its execution is stored, since its caller waits and a slot is free. Nothing of it can be
// seen until then: the execution is stored before it calls the host, and when its head start is over. A run that does neither is
// stored once, with its outcome. What the store does not let run is stopped, and no more has come of it than processor time.
type aheadRun struct {
	node    *node
	waiter  *waiter
	record  *ExecutionRecord // as it is stored when the run goes on; its caller has it as well
	outcome Outcome          // what becomes of it
	started time.Time
	running context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	left    atomic.Bool   // somebody stores the execution, or its outcome
	entered chan struct{} // closed when the store has answered whether the run may go on
	over    chan struct{} // closed when the script has ended, and the run has gone where it may not go on
	lease   Lease         // valid once entered is closed, as is err
	err     error         // why the run may not go on
}

// runAhead begins a run whose caller waits before it is on record, and reports whether it could.
func (n *node) runAhead(record *ExecutionRecord, w *waiter) bool {
	if record.DedupeKey != "" || record.OrderKey != "" || n.leaseIsOver() {
		return false
	}
	a := &aheadRun{
		node: n, waiter: w, record: record, outcome: Outcome{Execution: *record}, started: time.Now().UTC(),
		entered: make(chan struct{}), over: make(chan struct{}),
	}
	a.running, a.cancel = context.WithCancelCause(context.WithoutCancel(w.ctx))
	listed := &run{tenant: record.TenantID, cancel: a.cancel, stop: a.cancel, ahead: a}
	if !n.takePlace(listed, w.limits.MaxConcurrentRuns) {
		a.cancel(nil)
		return false
	}
	end := n.addRun(w.ctx, record, listed)
	n.runs.Go(func() {
		stack.Grow()
		a.run(end)
	})
	return true
}

// takePlace takes a slot for a run that is ahead of its record, and lists it in the same step: makeRoom has to find whom the gate
// counts.
func (n *node) takePlace(r *run, maxRuns int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	record := r.ahead.record
	if !n.gate.acquireAhead(record.ScriptID, maxRuns) {
		return false
	}
	n.running[record.ID] = r
	return true
}

// run runs the script, and records what came of it.
func (a *aheadRun) run(end func()) {
	n, o, script := a.node, &a.outcome, a.waiter.inv.script
	logs, abandoned := n.perform(a.running, &o.Execution, script, &a.waiter.inv.data, a.waiter.limits, a)
	a.timer.Stop()
	end()
	o.Logs, o.Revision = logs, script.Revision
	leave := func() { n.afterRun(script.ID, abandoned, func() { n.gate.release(script.ID) }) }
	entered := !a.left.CompareAndSwap(false, true)
	if entered {
		<-a.entered
		if a.err != nil {
			leave()
			a.drop()
			close(a.over)
			return
		}
		o.From, o.Execution.Lease = ExecutionRunning, a.lease
	}
	close(a.over)
	id := o.Execution.ID
	if recorded := n.recordEnd(o, a.waiter, leave); recorded && entered {
		n.forgetClaimed(id)
	}
}

// begin says that the script begins.
func (a *aheadRun) begin() {
	a.timer = time.AfterFunc(headStart, func() {
		if a.left.CompareAndSwap(false, true) {
			a.store()
		}
	})
}

// enter returns when the run is on record, or why it may not go on.
func (a *aheadRun) enter(ctx context.Context) error {
	a.storeSoon() //nolint:contextcheck // the record outlives the call
	select {
	case <-a.entered:
		return a.err
	case <-a.over:
		return errOver
	case <-ctx.Done():
		return ctx.Err()
	}
}

// storeSoon stores the execution, unless somebody does. The run waits for it.
func (a *aheadRun) storeSoon() {
	if a.left.CompareAndSwap(false, true) {
		go a.store()
	}
}

// store stores the execution and claims it in the same step. Where its script has as many runs as it may, which are other nodes',
// it stays pending, and its caller waits.
func (a *aheadRun) store() {
	defer close(a.entered)
	n, r := a.node, a.record
	n.mu.Lock()
	a.waiter.entering = true
	n.waiters[r.ID] = a.waiter
	n.mu.Unlock()
	c := Creation{
		Executions: []ExecutionRecord{*r}, MaxPending: n.rt.maxPending, Revision: a.waiter.inv.script.Revision, Claim: n.newClaim(1),
		Begun: true,
	}
	created, err := n.rt.store.CreateExecutions(n.last, c)
	claimed := err == nil && len(created.Claimed) == 1
	own := claimed && !n.leaseIsOver()
	switch {
	case own:
		n.noteClaimed(r.ID)
		a.lease = created.Claimed[0].Lease
	case claimed: // others may have taken it over by now, which a run that begins anew finds out
		n.gate.overdraw()
		n.begin(&created.Claimed[0])
	}
	n.endClaim(c.Claim, err)
	n.mu.Lock()
	a.waiter.entering = false
	turned := err != nil && n.waiters[r.ID] == nil // it is on record all the same: its turn has come by now, or it was ended
	if own || err != nil {
		delete(n.waiters, r.ID)
	}
	n.mu.Unlock()
	switch {
	case turned:
		a.err = errQueued
	case own:
		started := *r
		started.StartedAt = a.started
		n.rt.publishStart(context.Background(), &started)
		return
	case errors.Is(err, ErrConflict):
		a.err = errStale
	case err != nil:
		a.err = err
	default:
		a.err = errQueued
		n.poke()
	}
	a.cancel(a.err)
}

// drop lets go of a run that may not go on, when it has ended. Its execution is pending, or was not stored.
func (a *aheadRun) drop() {
	n, w, r := a.node, a.waiter, a.record
	if !errors.Is(a.err, errQueued) {
		n.removeRun(r.ID, "")
		w.done <- settled{err: a.err}
		return
	}
	n.removeRun(r.ID, ExecutionPending)
	var err error
	reason := ""
	switch {
	case w.ctx.Err() != nil:
		err, reason = w.ctx.Err(), errCallerGone.Error()
	case n.loops.Err() != nil:
		err, reason = ErrNotStarted, "the runtime was stopped"
	case w.inv.maxWait > 0 && time.Since(w.since) >= w.inv.maxWait: // it was while the run had begun that its caller lost patience
		err, reason = errNoSlot, noSlot
	}
	if err != nil && n.stopWaiting(r.ID) {
		w.done <- settled{err: err}
		n.giveUp(*r, reason)
	}
}

// makeRoom has the runs of a script that are ahead of their record put on record, where there are more of its runs than most: the
// store, which decides about the next one, has to know of them. What it does not let run has ended when makeRoom returns.
func (n *node) makeRoom(ctx context.Context, scriptID uuid.UUID, most int) {
	if !n.gate.crowded(scriptID, most) {
		return
	}
	for _, a := range n.aheadOf(scriptID) {
		a.storeSoon() //nolint:contextcheck // likewise
		select {
		case <-a.entered:
			if a.err == nil {
				continue
			}
		case <-a.over:
		case <-ctx.Done():
			return
		}
		select {
		case <-a.over:
		case <-ctx.Done():
			return
		}
	}
}

// aheadWith returns the run of an execution that is ahead of its record, or may not go on and has not ended yet; nil for none.
func (n *node) aheadWith(id uuid.UUID) *aheadRun {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.running[id]; r != nil {
		return r.ahead
	}
	return nil
}

func (n *node) aheadOf(scriptID uuid.UUID) (runs []*aheadRun) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range n.running {
		if r.ahead != nil && r.ahead.record.ScriptID == scriptID {
			runs = append(runs, r.ahead)
		}
	}
	return runs
}
