package jsruntime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Wait returns an execution once it has come to its end, whichever Runtime on the store runs it: at once for one that has.
// Where the work is tried again, it goes on waiting, and returns the last attempt. It is for what was submitted; the callers of
// Execute and Call have waited already. The end of ctx ends the waiting, not the execution, and is an error, as is an execution
// that is not on record. It works before Start and after Stop too, and waits then for what others do.
func (rt *Runtime) Wait(ctx context.Context, tenantID, executionID uuid.UUID) (Execution, error) {
	for id := executionID; ; {
		record, err := rt.waitForEnd(ctx, tenantID, id)
		if err != nil {
			return nil, fmt.Errorf("wait for execution %s: %w", id, err)
		}
		if record.NextID == uuid.Nil {
			return RestoreExecution(record), nil
		}
		id = record.NextID
	}
}

// waitForEnd returns the execution when it has come to its end.
func (rt *Runtime) waitForEnd(ctx context.Context, tenantID, id uuid.UUID) (ExecutionRecord, error) {
	ended, forget := rt.watchers.add(id)
	defer forget()
	poll := time.NewTicker(rt.poll)
	defer poll.Stop()
	for {
		record, err := rt.store.Execution(ctx, tenantID, id)
		if err != nil || record.Status.IsTerminal() {
			return record, err
		}
		select {
		case <-ended:
		case <-poll.C: // another Runtime may have ended it
		case <-ctx.Done():
			return record, ctx.Err()
		}
	}
}

// watchers are the callers of Wait, by the execution that they wait for.
type watchers struct {
	mu sync.Mutex
	of map[uuid.UUID][]chan struct{}
}

// add returns a channel that holds a token once this Runtime has recorded the end of the execution.
func (w *watchers) add(id uuid.UUID) (ended <-chan struct{}, forget func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[uuid.UUID][]chan struct{}{}
	}
	w.of[id] = append(w.of[id], c)
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.of[id] = slices.DeleteFunc(w.of[id], func(other chan struct{}) bool { return other == c }); len(w.of[id]) == 0 {
			delete(w.of, id)
		}
	}
}

// tell wakes those who wait for the execution.
func (w *watchers) tell(id uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.of[id] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
