package jsruntime

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"
)

// How long a Stop whose context has ended goes on, in a store that does not answer.
const (
	// lastWords is how long the store gets to take the outcomes of what was cancelled. Then every call that the node has
	// made of it is cancelled.
	lastWords = 5 * time.Second
	// leaveAfter is how long calls get to return after they were cancelled. Then Stop leaves them behind.
	leaveAfter = 2 * time.Second
	// releaseWithin is how long a node that has given up tries to release its lease.
	releaseWithin = time.Second
)

// stop ends the node. It waits for what runs until ctx ends, or the context of another Stop; from then on for a bounded
// time.
func (n *node) stop(ctx context.Context) error {
	n.mu.Lock()
	n.stopping = true
	n.mu.Unlock()
	defer n.end()
	defer context.AfterFunc(ctx, n.cancel)()
	n.halt()
	done := make(chan error, 1)
	go func() { done <- n.windDown(ctx.Err) }() //nolint:contextcheck // it outlives ctx; where it hangs in the store, Stop leaves it behind
	select {
	case err := <-done:
		return err
	case <-n.ctx.Done():
	}
	if err, ok := within(lastWords, done); ok {
		return err
	}
	n.end()
	if err, ok := within(leaveAfter, done); ok {
		return err
	}
	n.rt.logger.Error("stopped, with goroutines left behind in calls that do not return")
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", err, ErrLeftBehind)
	}
	return ErrLeftBehind
}

// within waits for a value of the channel, at most for d.
func within(d time.Duration, c <-chan error) (err error, ok bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case err = <-c:
		return err, true
	case <-t.C:
		return nil, false
	}
}

// windDown ends the node's parts in the order in which work flows through them. It returns what impatient says when the last
// run has ended: the error of Stop's context, where that was over by then.
func (n *node) windDown(impatient func() error) error {
	if err := n.events.Close(); err != nil {
		n.rt.logger.Error("event subscription not closed", "error", err)
	}
	lease, stopRenewing := context.WithCancel(n.last)
	defer stopRenewing()
	var renewing sync.WaitGroup
	renewing.Go(func() { n.renewUntil(lease) })
	n.looped.Wait()
	n.dismissWaiters()
	n.runs.Wait()
	n.findLastClaimed()
	n.runs.Wait()
	err := impatient() // even where all runs have ended: it may have been what ended them
	n.cancel()
	stopRenewing()
	renewing.Wait()
	if releaseErr := n.releaseLease(n.last); releaseErr != nil {
		n.rt.logger.Error("lease not released", "error", releaseErr)
	}
	return err
}

// releaseLease ends the node's lease, so that others need not wait for its end to take over what is left. A node that has
// given up tries it once more: it may have been another call that did not return.
func (n *node) releaseLease(ctx context.Context) error {
	if ctx.Err() != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
		defer cancel()
	}
	return n.rt.store.ReleaseLease(ctx, n.name)
}

// dismissWaiters lets the callers go whose executions are pending, and ends these.
func (n *node) dismissWaiters() {
	n.mu.Lock()
	waiters := maps.Clone(n.waiters)
	maps.DeleteFunc(waiters, func(_ uuid.UUID, w *waiter) bool { return w.entering })
	maps.DeleteFunc(n.waiters, func(_ uuid.UUID, w *waiter) bool { return !w.entering })
	n.mu.Unlock()
	ids := make([]uuid.UUID, 0, len(waiters))
	for id, w := range waiters { // before the store is asked for anything
		w.done <- settled{err: ErrNotStarted}
		ids = append(ids, id)
	}
	_ = eachAtOnce(ids, func(id uuid.UUID) error {
		record, err := n.rt.store.Execution(n.last, waiters[id].inv.script.TenantID, id)
		if err == nil && record.Status == ExecutionPending {
			n.giveUp(record, "the runtime was stopped")
		}
		return nil
	})
}

// until returns a context that ends with ctx, and with another one.
func until(ctx, end context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(end, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// findLastClaimed begins what was claimed by calls that failed, such as those that Stop cut off: what was claimed is run. What
// it cannot find, because the store has a bad moment, is left to recovery.
func (n *node) findLastClaimed() {
	for range lastTries {
		if n.findClaimed(n.last) || sleep(n.last, lastWait) != nil {
			return
		}
	}
}
